//! What an engine is set to.

use crate::features::Features;
use crate::fuel::FuelCosts;
use crate::limits::ModuleLimits;
use crate::proposal::Proposal;

/// The settings of an [`Engine`](crate::Engine).
///
/// ```
/// use tablature::{Config, Engine};
///
/// let mut config = Config::new();
/// config.consume_fuel(true).wasm_multi_memory(false).max_call_depth(1_000);
/// let engine = Engine::new(&config);
/// # let _ = engine;
/// ```
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) features: Features,
    pub(crate) limits: ModuleLimits,
    pub(crate) fuel_costs: FuelCosts,
    pub(crate) consume_fuel: bool,
    pub(crate) max_stack_size: usize,
    pub(crate) max_call_depth: usize,
    pub(crate) max_host_depth: usize,
    pub(crate) only_loop: bool,
}

/// Bytes of value stack that an execution may take if nothing else is said.
const DEFAULT_STACK_SIZE: usize = 8 << 20;
/// Calls inside each other that an execution may have if nothing else is said.
const DEFAULT_CALL_DEPTH: usize = 100_000;
/// Calls of guests from host functions inside each other: each takes space on the host's own stack.
const DEFAULT_HOST_DEPTH: usize = 64;

impl Default for Config {
    fn default() -> Self {
        Self {
            features: Features::default(),
            limits: ModuleLimits::default(),
            fuel_costs: FuelCosts::default(),
            consume_fuel: false,
            max_stack_size: DEFAULT_STACK_SIZE,
            max_call_depth: DEFAULT_CALL_DEPTH,
            max_host_depth: DEFAULT_HOST_DEPTH,
            only_loop: false,
        }
    }
}

impl Config {
    /// The default settings: every proposal that is compiled in, no fuel.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts fuel: guests stop when it runs out, and start with none
    /// ([`Store::set_fuel`](crate::Store::set_fuel)). Off if nothing is said.
    pub fn consume_fuel(&mut self, enable: bool) -> &mut Self {
        self.consume_fuel = enable;
        self
    }

    /// What instructions cost, in units of fuel.
    pub fn fuel_costs(&mut self, costs: FuelCosts) -> &mut Self {
        self.fuel_costs = costs;
        self
    }

    /// How large modules may be; values above the default's are lowered to it.
    pub fn module_limits(&mut self, limits: ModuleLimits) -> &mut Self {
        self.limits = limits;
        self
    }

    /// Bytes of value stack that an execution may take: 8 MiB if nothing is said. Memory is taken as it is needed.
    pub fn max_stack_size(&mut self, bytes: usize) -> &mut Self {
        self.max_stack_size = bytes;
        self
    }

    /// Calls inside each other that an execution may have: 100,000 if nothing is said.
    pub fn max_call_depth(&mut self, calls: usize) -> &mut Self {
        self.max_call_depth = calls;
        self
    }

    /// How deep host functions may call guests that call host functions: 64 if nothing is said.
    pub fn max_host_depth(&mut self, calls: usize) -> &mut Self {
        self.max_host_depth = calls;
        self
    }

    /// Executes with the plain loop, also where handlers that jump to each other could: for tests and measurements. The
    /// results are the same.
    #[doc(hidden)]
    pub fn only_loop(&mut self, enable: bool) -> &mut Self {
        self.only_loop = enable;
        self
    }

    /// Switches a proposal on, as far as it is compiled in, or off.
    pub fn wasm_proposal(&mut self, proposal: Proposal, enable: bool) -> &mut Self {
        self.features.set_proposal(proposal, enable);
        self
    }

    pub(crate) fn set_proposal(&mut self, proposal: Proposal, enable: bool) -> &mut Self {
        self.wasm_proposal(proposal, enable)
    }
}

include!(concat!(env!("OUT_DIR"), "/config.rs"));
