//! The operand stack of the type checker.

use super::{Invalid, Result, Validator};
use crate::binary::ErrorKind;
use crate::types::Type;

impl Validator<'_, '_, '_> {
    #[inline]
    pub(super) fn push(&mut self, ty: Type) -> Result<()> {
        let operands = &mut self.scratch.operands;
        if cfg!(feature = "alloc") && operands.len() < self.max_height && operands.has_room() {
            return operands.push(ty).map_err(|full| self.error(full.into()));
        }
        self.push_higher(ty)
    }

    /// Higher than there were operands before, or where there is no room yet.
    #[cfg_attr(feature = "alloc", cold)]
    fn push_higher(&mut self, ty: Type) -> Result<()> {
        self.scratch.operands.push(ty).map_err(|full| self.error(full.into()))?;
        let height = self.scratch.operands.len();
        if height > self.max_height { self.raise_height(height) } else { Ok(()) }
    }

    fn raise_height(&mut self, height: usize) -> Result<()> {
        if height > self.limits.operands as usize {
            let limit = self.limits.operands as usize;
            return Err(self.error(ErrorKind::TooMany { what: "operands", limit }));
        }
        self.max_height = height;
        Ok(())
    }

    /// Takes an operand of type `expected` off the stack.
    #[inline]
    pub(super) fn pop(&mut self, expected: Type) -> Result<()> {
        if self.scratch.operands.len() <= self.floor {
            return self.underflow(Some(expected)).map(|_| ());
        }
        match self.scratch.operands.pop() {
            Some(found) if fits(found, expected) => Ok(()),
            found => Err(self.mismatch(expected, found.unwrap_or(Type::BOTTOM))),
        }
    }

    /// Takes operands of the types `pops` off the stack, and puts some of the types `pushes` there.
    #[cfg_attr(feature = "alloc", inline(always))]
    #[cfg_attr(not(feature = "alloc"), inline)]
    pub(super) fn replace<const P: usize, const R: usize>(&mut self, pops: [Type; P], pushes: [Type; R]) -> Result<()> {
        // Mostly just these are there, and there is room.
        if cfg!(feature = "alloc")
            && let Some((below, top)) = self.scratch.operands.as_mut_slice().split_last_chunk_mut()
            && below.len() >= self.floor
            && *top == pops
            && R <= P
        {
            let len = below.len().wrapping_add(R);
            top.iter_mut().zip(pushes).for_each(|(place, ty)| *place = ty);
            self.scratch.operands.truncate(len);
            return Ok(());
        }
        self.replace_one_by_one(pops, pushes)
    }

    #[cfg_attr(feature = "alloc", cold)]
    #[cfg_attr(feature = "alloc", inline(never))]
    fn replace_one_by_one<const P: usize, const R: usize>(&mut self, pops: [Type; P], pushes: [Type; R]) -> Result<()> {
        self.pop_all(&pops)?;
        self.push_all(&pushes)
    }

    /// Takes an operand of any type off the stack.
    pub(super) fn pop_any(&mut self) -> Result<Type> {
        if self.scratch.operands.len() <= self.floor {
            return self.underflow(None);
        }
        Ok(self.scratch.operands.pop().unwrap_or(Type::BOTTOM))
    }

    /// Takes a number off the stack.
    pub(super) fn pop_numeric(&mut self) -> Result<Type> {
        let found = self.pop_any()?;
        if found.is_numeric() { Ok(found) } else { Err(self.error(ErrorKind::NumericExpected(found))) }
    }

    /// Takes a reference off the stack.
    pub(super) fn pop_reference(&mut self) -> Result<Type> {
        let found = self.pop_any()?;
        if found.is_reference() { Ok(found) } else { Err(self.error(ErrorKind::ReferenceExpected(found))) }
    }

    /// Takes an operand of the same type as `other`; gives the one of both that says more.
    pub(super) fn pop_same(&mut self, other: Type) -> Result<Type> {
        let found = self.pop_any()?;
        if !fits(found, other) {
            return Err(self.mismatch(other, found));
        }
        Ok(if other == Type::BOTTOM { found } else { other })
    }

    pub(super) fn pop_all(&mut self, types: &[Type]) -> Result<()> {
        types.iter().rev().try_for_each(|ty| self.pop(*ty))
    }

    pub(super) fn push_all(&mut self, types: &[Type]) -> Result<()> {
        types.iter().try_for_each(|ty| self.push(*ty))
    }

    /// Control does not reach what follows in this block.
    pub(super) fn set_unreachable(&mut self) {
        self.scratch.operands.truncate(self.floor);
        self.unreachable = true;
        if let Some(frame) = self.scratch.control.as_mut_slice().last_mut() {
            frame.unreachable = true;
        }
    }

    /// The block has no operand: after an unconditional branch any type is there.
    #[cold]
    fn underflow(&self, expected: Option<Type>) -> Result<Type> {
        if self.unreachable { Ok(Type::BOTTOM) } else { Err(self.error(ErrorKind::NothingOnStack { expected })) }
    }

    #[cold]
    fn mismatch(&self, expected: Type, found: Type) -> Invalid {
        self.error(ErrorKind::TypeMismatch { expected, found })
    }
}

#[inline]
fn fits(found: Type, expected: Type) -> bool {
    found == expected || found == Type::BOTTOM || expected == Type::BOTTOM
}
