//! What stores and modules share.

use super::Config;
use crate::exec::Prices;
use alloc::sync::Arc;

/// A configuration in the form that modules and stores use. Cheap to clone; clones are the same engine.
#[derive(Debug, Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    config: Config,
    prices: Prices,
}

impl Engine {
    /// An engine with these settings.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let prices = Prices::new(&config.fuel_costs);
        Self { inner: Arc::new(Inner { config: config.clone(), prices }) }
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    pub(crate) fn prices(&self) -> &Prices {
        &self.inner.prices
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
