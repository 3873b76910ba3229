//! What a runner is set to: the engine's configuration, the proposals, and slices of fuel.

use tablature::{Config, Proposal};

/// What a [`Runner`](crate::Runner) is set to. The default is every proposal that is compiled in, without slices.
#[derive(Debug, Clone)]
pub struct Settings {
    pub(crate) config: Config,
    pub(crate) proposals: Vec<Proposal>,
    pub(crate) slice: Option<u64>,
    pub(crate) older: Vec<(String, usize)>,
}

impl Default for Settings {
    fn default() -> Self {
        let proposals = Proposal::ALL.into_iter().filter(|proposal| proposal.is_compiled()).collect();
        Self { config: Config::new(), proposals, slice: None, older: Vec::new() }
    }
}

impl Settings {
    /// The engine's configuration, but for the proposals and fuel, which the runner sets.
    #[must_use]
    pub fn config(mut self, config: &Config) -> Self {
        self.config = config.clone();
        self
    }

    /// Leaves only the proposals that satisfy `keep`; what WebAssembly 1.0 began with stays.
    #[must_use]
    pub fn retain(mut self, keep: impl Fn(Proposal) -> bool) -> Self {
        self.proposals.retain(|proposal| matches!(proposal.id(), "mvp" | "floats") || keep(*proposal));
        self
    }

    /// The proposals of WebAssembly 1.0.
    #[must_use]
    pub fn wasm1(self) -> Self {
        self.retain(|proposal| is_in_1(proposal.id()))
    }

    /// The proposals of WebAssembly 2.0.
    #[must_use]
    pub fn wasm2(self) -> Self {
        self.retain(|proposal| is_in_1(proposal.id()) || is_in_2(proposal.id()))
    }

    /// Cuts every call into slices of `fuel` units: a call is stopped when a slice is used up, and resumed.
    #[must_use]
    pub fn slices(mut self, fuel: u64) -> Self {
        self.slice = Some(fuel.max(1));
        self
    }

    /// Skips the directive at `line` of the script `name`, which asks for what later versions of the specification have
    /// changed.
    #[must_use]
    pub fn older(mut self, name: &str, line: usize) -> Self {
        self.older.push((name.to_string(), line));
        self
    }

    /// The engine's configuration with everything set.
    pub(crate) fn engine_config(&self) -> Config {
        let mut config = self.config.clone();
        for proposal in Proposal::ALL {
            config.wasm_proposal(proposal, self.proposals.contains(&proposal));
        }
        config.consume_fuel(self.slice.is_some());
        config
    }
}

fn is_in_1(id: &str) -> bool {
    id == "mutable_global"
}

fn is_in_2(id: &str) -> bool {
    matches!(
        id,
        "sign_extension" | "saturating_float_to_int" | "multi_value" | "bulk_memory" | "reference_types" | "simd"
    )
}
