//! Everything that a guest has of the world.

use crate::args::Strings;
use crate::clock::{Clocks, nanoseconds};
use crate::descriptors::Descriptors;
use crate::interrupt::Interrupts;
use crate::random::Random;
use std::time::Duration;

/// The state behind the functions of one guest: its arguments, clocks, open files and whatever else it has.
///
/// Made by a [`WasiCtxBuilder`](crate::WasiCtxBuilder).
#[derive(Debug)]
pub struct WasiCtx {
    pub(crate) args: Strings,
    pub(crate) env: Strings,
    pub(crate) clocks: Clocks,
    pub(crate) random: Random,
    pub(crate) descriptors: Descriptors,
    pub(crate) interrupts: Interrupts,
}

impl WasiCtx {
    /// Starts to describe a context.
    pub fn builder() -> crate::WasiCtxBuilder {
        crate::WasiCtxBuilder::new()
    }

    /// Moves the guest's clock on, and says whether it has one of its own ([`VirtualClock`](crate::VirtualClock)).
    ///
    /// A host that counts what its guest executes can let the guest's time follow from it.
    pub fn advance_clock(&mut self, time: Duration) -> bool {
        self.clocks.advance(nanoseconds(time))
    }

    /// Sets the hook that ends calls which wait, in place of the one from
    /// [`WasiCtxBuilder::interrupt_when`](crate::WasiCtxBuilder::interrupt_when).
    ///
    /// For hosts whose engine tells only after the context was made how it wants to be interrupted.
    pub fn interrupt_when(&mut self, condition: impl FnMut() -> bool + Send + 'static) {
        self.interrupts.hook = Some(Box::new(condition));
    }
}
