//! From register code back to the module's code: where a stopped frame stands there, and what must be written for the
//! in-place engine to go on.

use super::Core;
use super::frame::Frame;
#[cfg(feature = "register")]
use {
    super::core::Corrupt,
    super::prices::Prices,
    super::register::Runs,
    super::state::ModuleData,
    crate::translate::{ENTRY, Map, Pending, Site, Source},
};

impl Core<'_> {
    /// Whether there is an interruption that register code looks for itself.
    pub(super) fn is_interrupted(&self) -> bool {
        #[cfg(all(feature = "optimize", tail_calls))]
        return self.interruption.as_ref().is_some_and(|flag| flag.load(core::sync::atomic::Ordering::Relaxed));
        #[cfg(not(all(feature = "optimize", tail_calls)))]
        false
    }

    /// Stands in the module's code at the beginning of the function that was just entered, for which nothing is paid yet.
    pub(crate) fn stand_at_entry(&mut self) -> Result<(), super::core::Corrupt> {
        #[cfg(feature = "register")]
        if self.stack.position.frame.is_register() {
            self.stand_at_run()?;
            // It goes on there at the next loop.
            self.patience = 0;
        }
        Ok(())
    }

    /// The offset of the instruction that a frame stands at, or, of a return record, of its call.
    pub(crate) fn offset_of(&self, frame: &Frame, is_current: bool) -> u32 {
        #[cfg(feature = "register")]
        if frame.is_register() {
            return self.map_of(frame).and_then(|map| map.instruction(frame.ip)).map_or(0, |site| site.offset);
        }
        if is_current {
            return frame.ip;
        }
        let instance = self.instances.as_slice().get(frame.instance_index() as usize);
        instance.map_or(0, |instance| instance.module.data().instruction_before(frame.function, frame.ip))
    }
}

/// When register code hands over to the in-place engine at the start of a run.
#[cfg(feature = "register")]
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct HandOver {
    /// Beside where fuel does not suffice: wherever it comes to the start of a run, at every second entry of a function, and at
    /// one of so many runs behind calls that it is entered at. With 0 nowhere.
    every: u32,
    /// How often it was entered at a function's entry.
    called: u32,
    /// How often it was entered behind a call.
    entered: u32,
    /// How often it has handed over.
    pub count: u64,
}

#[cfg(feature = "register")]
impl HandOver {
    pub(crate) fn new(every: u32) -> Self {
        Self { every, ..Self::default() }
    }

    /// For how many runs register code pays that goes on in this frame, at a loop with `entry_price`: one, or none.
    pub(super) fn runs(&mut self, frame: Frame, entry_price: Option<u32>) -> Runs {
        if self.every == 0 || !frame.is_register() {
            return Runs::All;
        }
        let hands_over = if entry_price.is_some() {
            false
        } else if frame.ip == ENTRY as u32 {
            self.called = self.called.wrapping_add(1);
            self.called.is_multiple_of(2)
        } else {
            self.entered = self.entered.wrapping_add(1);
            self.entered.is_multiple_of(self.every)
        };
        if hands_over { Runs::None } else { Runs::One }
    }
}

#[cfg(feature = "register")]
impl Core<'_> {
    fn module_of(&self, frame: &Frame) -> Option<&ModuleData<'_>> {
        Some(self.instances.as_slice().get(frame.instance_index() as usize)?.module.data())
    }

    fn map_of(&self, frame: &Frame) -> Option<&Map> {
        let module = self.module_of(frame)?;
        let own = frame.function.checked_sub(module.parts.imported_functions)?;
        module.register.as_ref()?.map(own, source(module))
    }

    /// The frame of a function that is entered: in register code, if it has some and this store uses it.
    pub(super) fn in_register_code(&self, frame: Frame) -> Frame {
        let code = || {
            let module = self.module_of(&frame).filter(|_| self.warm_up.is_some())?;
            let own = frame.function.checked_sub(module.parts.imported_functions)?;
            let functions = module.register.as_ref().filter(|functions| functions.is_wanted(own))?;
            functions.translated(own, source(module))
        };
        if code().is_some() { frame.in_register_code(ENTRY as u32) } else { frame }
    }

    /// Goes on in register code at the loop that execution stands at, if its function has some and fuel pays for the run.
    pub(super) fn enter_loop(&mut self) {
        self.patience = self.warm_up.map_or(u32::MAX, |warm_up| warm_up.rounds);
        let frame = self.stack.position.frame;
        let entry = || {
            let module = self.module_of(&frame)?;
            let own = frame.function.checked_sub(module.parts.imported_functions)?;
            module.register.as_ref()?.translated(own, source(module))?;
            self.map_of(&frame)?.loop_at(frame.ip).copied()
        };
        let Some(site) = entry() else { return };
        let is_counted = self.fuel.is_some() || self.slice.is_some();
        if is_counted && self.granted() < site.price {
            return;
        }
        self.entry_price = u32::try_from(site.price).ok();
        if self.entry_price.is_some() {
            self.stack.position.frame = frame.in_register_code(site.position);
        }
    }

    /// The in-place engine goes on where a run of register code begins.
    pub(super) fn hand_over_run(&mut self) -> Result<(), Corrupt> {
        let price = self.stand_at_run()?;
        // A branch asks for its target's run less what it leaves of its own, which is given back now. That can be more, so
        // what was asked for may be less than nothing.
        self.refund(price.wrapping_sub(self.unpaid));
        self.hand_over.count = self.hand_over.count.saturating_add(1);
        Ok(())
    }

    /// Stands in the module's code where a run of register code begins. Gives its price.
    fn stand_at_run(&mut self) -> Result<u64, Corrupt> {
        let frame = self.stack.position.frame;
        let map = self.map_of(&frame).ok_or(Corrupt)?;
        let site = *map.run(frame.ip).ok_or(Corrupt)?;
        let pending = map.pending(&site).to_vec();
        self.hand_over(&site, &pending)?;
        Ok(site.price)
    }

    /// The in-place engine executes an instruction again that register code could not pay for.
    pub(super) fn hand_over_instruction(&mut self, prices: &Prices) -> Result<(), Corrupt> {
        self.stand_at_instruction()?;
        self.refund(self.base_price(prices));
        Ok(())
    }

    /// Stands in the module's code at the instruction that stopped, if that was in register code.
    pub(super) fn stand_at_instruction(&mut self) -> Result<(), Corrupt> {
        let frame = self.stack.position.frame;
        if !frame.is_register() {
            return Ok(());
        }
        let map = self.map_of(&frame).ok_or(Corrupt)?;
        let site = *map.instruction(frame.ip).filter(|site| site.has_state).ok_or(Corrupt)?;
        let pending = map.pending(&site).to_vec();
        self.hand_over(&site, &pending)
    }

    /// Writes what register code left out, and stands where `site` says.
    fn hand_over(&mut self, site: &Site, pending: &[Pending]) -> Result<(), Corrupt> {
        let position = &mut self.stack.position;
        position.frame = position.frame.in_place(site.offset, site.side);
        position.height = u32::from(site.height);
        let base = (position.frame.base as usize).saturating_sub(1);
        let cells = self.stack.values.as_mut_slice().get_mut(base..).ok_or(Corrupt)?;
        for operand in pending {
            let (slot, value) = match *operand {
                Pending::Local(slot, local) => (slot, *cells.get(local as usize).ok_or(Corrupt)?),
                Pending::Constant(slot, value) => (slot, value),
            };
            *cells.get_mut(slot as usize).ok_or(Corrupt)? = value;
        }
        Ok(())
    }

    /// After a trap: gives back the fuel of what did not happen, and stands at the instruction.
    pub(super) fn settle_trap(&mut self) -> Result<(), Corrupt> {
        let frame = self.stack.position.frame;
        if !frame.is_register() {
            return Ok(());
        }
        let site = *self.map_of(&frame).and_then(|map| map.instruction(frame.ip)).ok_or(Corrupt)?;
        self.refund(site.price);
        self.stack.position.frame = frame.in_place(site.offset, 0);
        Ok(())
    }
}

#[cfg(feature = "register")]
impl ModuleData<'_> {
    /// Translates every function, if the module has register code.
    pub(crate) fn translate_all(&self) {
        if let Some(functions) = &self.register {
            functions.translate_all(source(self));
        }
    }

    /// Makes the maps of all functions that are translated.
    pub(crate) fn map_all(&self) {
        if let Some(functions) = &self.register {
            (0..self.parts.own_functions() as u32).for_each(|own| _ = functions.map(own, source(self)));
        }
    }

    /// The names of the handlers that the register code of function `own` has, if it has such code.
    pub(crate) fn handlers_of(&self, own: u32) -> Option<alloc::vec::Vec<alloc::string::String>> {
        self.register.as_ref()?.handlers_of(own, source(self))
    }
}

impl super::state::ModuleData<'_> {
    /// Bytes of register code, and of maps, that have been made.
    #[cfg(feature = "alloc")]
    pub(crate) fn register_sizes(&self) -> (usize, usize) {
        #[cfg(feature = "register")]
        {
            self.register.as_ref().map_or((0, 0), super::register::Functions::sizes)
        }
        #[cfg(not(feature = "register"))]
        {
            (0, 0)
        }
    }
}

/// What translation reads of a module.
#[cfg(feature = "register")]
fn source<'t>(module: &'t ModuleData<'_>) -> Source<'t> {
    Source { bytes: module.bytes(), parts: &module.parts, features: module.features }
}
