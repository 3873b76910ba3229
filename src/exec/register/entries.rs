//! Where execution may begin in sealed code: whoever goes on there at a place that a frame names has to look it up here. What
//! `unchecked` relies on (2) is that these are what the verifier has found.

use super::number;
use super::verify::{Entry, Verified, bit_of};
use crate::translate::{ENTRY, Stops};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// Where execution may begin in sealed code, beside its entry.
#[derive(Debug, Default)]
pub(super) struct Entries {
    /// Behind which instructions calls return: a bit for every second byte, because instructions begin at these.
    returns: Box<[u64]>,
    /// Where loops begin, in their order.
    heads: Box<[u32]>,
}

impl Entries {
    pub(super) fn of(code: &Verified, stops: Stops) -> Self {
        let (heads, calls): (Vec<&Entry>, Vec<&Entry>) =
            code.entries.iter().partition(|at| at.number == number::LOOP_HEAD);
        let words = calls.last().map_or(0, |last| bit_of(last.next as usize).0.saturating_add(1));
        let mut returns = alloc::vec![0; words];
        for call in calls {
            let (word, bit) = bit_of(call.next as usize);
            returns.iter_mut().skip(word).take(1).for_each(|bits| *bits |= bit);
        }
        Self { returns: returns.into(), heads: heads.iter().map(|head| head.label(stops)).collect() }
    }

    /// Whether calls return to `position`.
    #[inline(always)]
    pub(super) fn is_returned_to(&self, position: usize) -> bool {
        let (word, bit) = bit_of(position);
        position & 1 == 0 && self.returns.get(word).is_some_and(|bits| bits & bit != 0)
    }

    /// Whether execution may begin at `position`.
    pub(super) fn contains(&self, position: usize) -> bool {
        position == ENTRY || self.is_returned_to(position) || self.heads.binary_search(&(position as u32)).is_ok()
    }
}
