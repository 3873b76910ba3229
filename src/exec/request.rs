//! What an instruction leaves to the machine's owner: calls that leave the instance, or find no room
//! or too little fuel, and growth.

use super::exit::Stop;
use super::machine::Machine;
use crate::semantics::Reference;
use crate::trap::Trap;

/// What an instruction that leaves the engine wants done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Request {
    /// The store's index of the function to call, or of the memory or table to grow.
    pub index: u32,
    /// Where the code goes on after it, and the entry of the side table to use there.
    pub next: u32,
    pub next_side: u32,
    /// How many operands on top of the stack it has used up already: the index of an indirect call.
    pub consumed: u32,
    /// What is to be done.
    pub kind: RequestKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum RequestKind {
    #[default]
    Call,
    TailCall,
    GrowMemory,
    GrowTable,
}

/// Where an indirect call leads.
pub(super) enum Callee {
    /// To the function that the instance's module defines in this place.
    Own(u32),
    /// To this function of the store.
    Other(u32),
}

// Written out in the handlers: one that called a function would save registers for it each time.
impl Machine<'_, '_> {
    /// The function at `index` of a table, which must have the module's type `ty`.
    #[inline(always)]
    pub(super) fn find_indirect(&mut self, ty: u32, table: u32, index: u64) -> Result<Callee, Stop> {
        let index = usize::try_from(index).map_err(|_| Trap::UndefinedElement)?;
        let entries: &[Reference] = self.table(table)?;
        let reference = *entries.get(index).ok_or(Trap::UndefinedElement)?;
        let address = reference.index().ok_or(Trap::UninitializedElement)?;
        let record = self.functions.get(address as usize).ok_or(Stop::Corrupt)?;
        if self.types.get(ty as usize) != Some(&record.signature) {
            return Err(Stop::Trap(Trap::IndirectCallTypeMismatch));
        }
        let is_own = record.instance == Some(self.position.frame.instance_index());
        Ok(match record.index.checked_sub(self.imported_functions) {
            Some(own) if is_own => Callee::Own(own),
            _ => Callee::Other(address),
        })
    }

    /// Has the owner call a function of the module.
    #[inline(always)]
    pub(super) fn request_function(&mut self, function: u32, next: u32, kind: RequestKind, consumed: u32) -> Stop {
        match self.function_map.get(function as usize) {
            Some(address) => self.request_call(*address, next, kind, consumed),
            None => Stop::Corrupt,
        }
    }

    /// Has the owner call the store's function `address`.
    #[inline(always)]
    pub(super) fn request_call(&mut self, address: u32, next: u32, kind: RequestKind, consumed: u32) -> Stop {
        let next_side = self.side_after_call() as u32;
        self.request = Request { index: address, next, next_side, consumed, kind };
        Stop::Call
    }

    /// Has the owner grow a memory or a table of the module.
    #[inline(always)]
    pub(super) fn request_growth(&mut self, index: u32, next: u32, kind: RequestKind) -> Stop {
        let map = if kind == RequestKind::GrowMemory { self.memory_map } else { self.table_map };
        let Some(address) = map.get(index as usize) else { return Stop::Corrupt };
        let next_side = self.side_index as u32;
        self.request = Request { index: *address, next, next_side, consumed: 0, kind };
        Stop::Grow
    }
}
