//! What stores and modules share.

use super::Config;
#[cfg(feature = "register")]
use super::Dispatch;
use crate::exec::Prices;
#[cfg(feature = "register")]
use crate::{
    exec::RegisterFunctions,
    translate::{Settings, Stops},
};
use alloc::sync::Arc;

/// A configuration in the form that modules and stores use. Cheap to clone; clones are the same engine.
#[derive(Debug, Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    config: Config,
    prices: Arc<Prices>,
    #[cfg(feature = "profile")]
    profile: crate::translate::profile::Profile,
}

impl Engine {
    /// An engine with these settings.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let prices = Arc::new(Prices::new(&config.fuel_costs));
        let config = config.clone();
        #[cfg(feature = "profile")]
        let profile = crate::translate::profile::Profile::default();
        Self {
            inner: Arc::new(Inner {
                config,
                prices,
                #[cfg(feature = "profile")]
                profile,
            }),
        }
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    pub(crate) fn prices(&self) -> &Prices {
        &self.inner.prices
    }

    #[cfg(tail_calls)]
    pub(crate) fn shared_prices(&self) -> Arc<Prices> {
        Arc::clone(&self.inner.prices)
    }

    /// The register code of a module with `count` functions, none of which is translated yet; nothing where all functions
    /// run in place.
    #[cfg(feature = "register")]
    pub(crate) fn register_functions(&self, count: usize) -> Option<RegisterFunctions> {
        let config = self.config();
        let warm_up = config.warm_up_of_strategy()?;
        let settings = Settings {
            stops: self.stops(),
            costs: config.fuel_costs.clone(),
            canonical_nans: config.canonical_nans,
            fuses: config.fusion,
            unchecked: self.is_unchecked(),
            #[cfg(feature = "profile")]
            profile: self.inner.profile.clone(),
        };
        Some(RegisterFunctions::new(settings, warm_up.calls, count))
    }

    /// Whether handlers without checks run register code.
    #[cfg(feature = "register")]
    fn is_unchecked(&self) -> bool {
        let may_be_unchecked = self.config().dispatch != Dispatch::Checked;
        may_be_unchecked && RegisterFunctions::can_be_unchecked(self.config().probe_fails)
    }

    /// How register code finds out that it is to stop.
    #[cfg(feature = "register")]
    pub(crate) fn stops(&self) -> Stops {
        let config = self.config();
        match config.counts_in_place() {
            false => Stops::Never,
            true if config.consume_fuel || !self.is_unchecked() => Stops::ByFuel,
            true => Stops::ByInterruption,
        }
    }

    /// The names of all handlers that register code may have with these settings: for tests.
    #[cfg(feature = "register")]
    #[doc(hidden)]
    #[must_use]
    pub fn handlers(&self) -> alloc::vec::Vec<alloc::string::String> {
        self.register_functions(0).map_or_else(alloc::vec::Vec::new, |functions| functions.handlers())
    }

    /// Whether guests are executed by handlers that jump to each other, and not by loops; nothing where the build has no
    /// such handlers. For tests and measurements.
    #[doc(hidden)]
    #[must_use]
    pub fn has_handlers(&self) -> Option<bool> {
        crate::exec::handlers_jump(self.config().probe_fails)
    }

    /// The sequences of register instructions that were executed: how often each was, the instructions, and the rows that
    /// they were made of. For maintainers.
    #[cfg(feature = "profile")]
    #[doc(hidden)]
    #[must_use]
    pub fn profile(&self) -> alloc::vec::Vec<(u64, alloc::vec::Vec<&'static str>, alloc::vec::Vec<&'static str>)> {
        let name = |number: &u16| crate::exec::INSTRUCTIONS.get(*number as usize).map_or("", |info| info.name);
        let sequences = self.inner.profile.sequences();
        let named = sequences.iter().map(|one| {
            let rows = one.rows.iter().map(|row| row.info().id).collect();
            (one.count, one.instructions.iter().map(name).collect(), rows)
        });
        named.collect()
    }

    /// Whether both are the same engine.
    #[must_use]
    pub fn same(a: &Self, b: &Self) -> bool {
        Arc::ptr_eq(&a.inner, &b.inner)
    }
}

impl Default for Engine {
    fn default() -> Self {
        Self::new(&Config::default())
    }
}
