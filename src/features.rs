//! The proposals that a configuration lets modules use.

use crate::proposal::Proposal;
use core::fmt;

/// A set of proposals: what a module may use. The default is everything that is compiled in.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Features(u32);

impl Features {
    /// No proposal, not even WebAssembly 1.0: of no module.
    pub(crate) const NONE: Self = Self(0);

    /// Whether `proposal` may be used.
    #[must_use]
    #[inline]
    pub const fn contains(self, proposal: Proposal) -> bool {
        self.0 >> proposal as u32 & 1 != 0
    }

    /// Switches `proposal` on, as far as it is compiled in, or off; WebAssembly 1.0 itself stays on.
    pub fn set_proposal(&mut self, proposal: Proposal, enable: bool) -> &mut Self {
        let bit = 1 << proposal as u32;
        if enable && proposal.is_compiled() {
            self.0 |= bit;
        } else if !matches!(proposal, Proposal::Mvp) {
            self.0 &= !bit;
        }
        self
    }

    /// The proposals of the set, in the table's order.
    pub fn iter(self) -> impl Iterator<Item = Proposal> {
        Proposal::ALL.into_iter().filter(move |proposal| self.contains(*proposal))
    }
}

impl Default for Features {
    fn default() -> Self {
        let mut features = Self(0);
        for proposal in Proposal::ALL {
            features.set_proposal(proposal, true);
        }
        features
    }
}

impl fmt::Debug for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(Proposal::id)).finish()
    }
}
