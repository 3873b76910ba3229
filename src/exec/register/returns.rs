//! Where calls return to, while handlers without checks run.
//!
//! A return record in the machine's frames is numbers, which anybody may have written: to return there, the function is
//! looked up, and whether calls return to that place in it. So these handlers keep the records of calls that they make
//! themselves in their own terms, of which the types say that they are right, and change nothing else of the machine's
//! position. When they stop, the records are written to the frames as everybody knows them.

use super::super::frame::{Frame, Position};
use super::Cursor;
use super::state::RegisterCode;

/// Places for calls. The last one stays empty: it is where the call before the first would be.
const PLACES: usize = 32;

/// How many calls are kept before execution leaves the handlers, and their records are written. It also tells the compiler
/// that a place is one of the list.
const MOST: usize = PLACES - 1;
const _: () = assert!(PLACES.is_power_of_two());

/// A call: what it returns to, and the function that it entered.
#[derive(Clone, Copy)]
pub(super) struct Call<'m, C, F> {
    pub code: C,
    pub frame: F,
    callee: &'m RegisterCode,
}

/// The calls made since the handlers began.
pub(in super::super) struct Returns<'m, C, F> {
    list: [Option<Call<'m, C, F>>; PLACES],
    count: usize,
    /// How many can be kept: not more than there are frames for.
    limit: usize,
    /// The function that made the first of them, or runs if there are none; nothing where the machine knows it better.
    first: Option<&'m RegisterCode>,
}

impl<'m, C: Cursor<'m>, F: Copy> Returns<'m, C, F> {
    /// Of no function.
    pub(in super::super) const fn new() -> Self {
        Self { list: [const { None }; PLACES], count: 0, limit: 0, first: None }
    }

    /// The handlers begin, or go on, in `function`, and keep no record of its callers. `frames` is how many there are room for.
    #[inline(always)]
    pub(super) fn begin(&mut self, function: Option<&'m RegisterCode>, position: &Position, frames: usize) {
        let room = frames.saturating_sub(position.depth as usize).min(MOST);
        (self.count, self.first) = (0, function);
        self.limit = if function.is_some() { room } else { 0 };
    }

    /// Whether a call can be kept.
    #[inline(always)]
    pub(super) fn has_room(&self) -> bool {
        self.count < self.limit
    }

    /// Enters a function; the caller goes on at `code` in its `frame`.
    #[inline(always)]
    pub(super) fn push(&mut self, code: C, frame: F, callee: &'m RegisterCode) {
        if let Some(place) = self.list.get_mut(self.count & MOST) {
            *place = Some(Call { code, frame, callee });
        }
        self.count = self.count.wrapping_add(1);
    }

    /// Forgets the last call, whose function returns, if it is here; gives where the caller goes on, and its frame.
    #[inline(always)]
    pub(super) fn pop(&mut self) -> Option<(C, F)> {
        let last = self.count.wrapping_sub(1);
        let call = self.list.get(last & MOST)?.as_ref()?;
        self.count = last;
        Some((call.code, call.frame))
    }

    /// The calls, from the first one on.
    pub(super) fn calls(&self) -> impl Iterator<Item = &Call<'m, C, F>> {
        self.list.iter().take(self.count).flatten()
    }

    /// Writes the records to `frames`, which have room for them, and the current function with its `frame` to `position`, whose
    /// functions of this module are behind `imported` ones. `base` says which slot a frame's first parameter is. Gives that
    /// function; nothing if there are no records, and the machine knows all of this already.
    pub(super) fn settle(
        &mut self,
        frames: &mut [Frame],
        position: &mut Position,
        imported: u32,
        frame: F,
        base: impl Fn(F) -> u32,
    ) -> Option<&'m RegisterCode> {
        let mut function = self.first.filter(|_| self.count > 0)?;
        for call in self.calls() {
            if let Some(record) = frames.get_mut(position.depth as usize) {
                let ip = call.code.position(function.bytes()) as u32;
                let (function, base) = (imported.wrapping_add(function.own()), base(call.frame));
                *record = Frame { function, ip, base, side: 0, ..position.frame };
                position.depth = position.depth.wrapping_add(1);
            }
            function = call.callee;
        }
        position.frame.function = imported.wrapping_add(function.own());
        position.frame.base = base(frame);
        (self.count, self.first) = (0, Some(function));
        self.first
    }
}
