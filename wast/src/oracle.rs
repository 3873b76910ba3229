//! Which proposals a module needs: asks wasmparser, the reference for what modules other engines take.

use tablature::Proposal;
use wasmparser::{Validator, WasmFeatures};

/// Proposals that modules may wait for: the table's identifier and wasmparser's switches, simpler ones first.
const PROPOSALS: [(&str, WasmFeatures); 24] = [
    ("mutable_global", WasmFeatures::MUTABLE_GLOBAL),
    ("sign_extension", WasmFeatures::SIGN_EXTENSION),
    ("saturating_float_to_int", WasmFeatures::SATURATING_FLOAT_TO_INT),
    ("multi_value", WasmFeatures::MULTI_VALUE),
    ("bulk_memory", WasmFeatures::BULK_MEMORY),
    ("reference_types", WasmFeatures::REFERENCE_TYPES),
    ("extended_const", WasmFeatures::EXTENDED_CONST),
    ("multi_memory", WasmFeatures::MULTI_MEMORY),
    ("memory64", WasmFeatures::MEMORY64),
    ("tail_call", WasmFeatures::TAIL_CALL),
    ("simd", WasmFeatures::SIMD),
    ("relaxed_simd", WasmFeatures::RELAXED_SIMD),
    ("function_references", WasmFeatures::FUNCTION_REFERENCES),
    ("gc", WasmFeatures::GC),
    ("exceptions", WasmFeatures::EXCEPTIONS),
    ("threads", WasmFeatures::THREADS),
    ("custom_page_sizes", WasmFeatures::CUSTOM_PAGE_SIZES),
    ("wide_arithmetic", WasmFeatures::WIDE_ARITHMETIC),
    ("compact_imports", WasmFeatures::COMPACT_IMPORTS),
    ("legacy_exceptions", WasmFeatures::LEGACY_EXCEPTIONS),
    ("stack_switching", WasmFeatures::STACK_SWITCHING),
    ("custom_descriptors", WasmFeatures::CUSTOM_DESCRIPTORS),
    ("shared_everything_threads", WasmFeatures::SHARED_EVERYTHING_THREADS),
    ("memory_control", WasmFeatures::MEMORY_CONTROL),
];

/// Answers what a module needs beyond what the engine is set to.
#[derive(Debug)]
pub(crate) struct Oracle {
    /// What the engine is set to.
    own: WasmFeatures,
    /// What the engine lacks: not what a suite's version switches off.
    lacking: Vec<(&'static str, WasmFeatures)>,
}

impl Oracle {
    pub(crate) fn new(proposals: &[Proposal]) -> Self {
        let is_on = |id: &str| proposals.iter().any(|proposal| proposal.id() == id);
        let is_compiled =
            |id: &str| Proposal::ALL.into_iter().any(|proposal| proposal.id() == id && proposal.is_compiled());
        let mut own = WasmFeatures::GC_TYPES;
        own.set(WasmFeatures::FLOATS, is_on("floats"));
        for (id, features) in PROPOSALS {
            if is_on(id) {
                own |= features;
            }
        }
        let lacking = PROPOSALS.into_iter().filter(|(id, _)| !is_compiled(id)).collect();
        Self { own, lacking }
    }

    /// Why the module is not valid with the engine's proposals; nothing where it is.
    pub(crate) fn refuses(&self, module: &[u8]) -> Option<String> {
        error(module, self.own)
    }

    /// The smallest set of lacking proposals that makes a module valid which is not valid without; nothing where none
    /// does.
    pub(crate) fn waits_for(&self, module: &[u8]) -> Option<String> {
        let with = |ids: &[(&'static str, WasmFeatures)]| {
            let features = ids.iter().fold(self.own, |all, (_, features)| all | *features);
            error(module, features).is_none()
        };
        if let Some((id, _)) = self.lacking.iter().find(|one| with(&[**one])) {
            return Some(describe(&[id]));
        }
        if !with(&self.lacking) {
            return None;
        }
        // What is left when nothing can be taken away; the more special ones are taken away first.
        let mut needed = self.lacking.clone();
        for one in self.lacking.iter().rev() {
            let fewer: Vec<_> = needed.iter().copied().filter(|other| other.0 != one.0).collect();
            if with(&fewer) {
                needed = fewer;
            }
        }
        let ids: Vec<&str> = needed.iter().map(|(id, _)| *id).collect();
        Some(describe(&ids))
    }

    /// Whether what is wrong with the module has to do with a proposal that the engine lacks.
    pub(crate) fn concerns_lacking(&self, module: &[u8]) -> bool {
        let all = self.lacking.iter().fold(self.own, |all, (_, features)| all | *features);
        error(module, self.own) != error(module, all)
    }
}

/// The reason for which something is skipped that needs these proposals.
pub(crate) fn describe(ids: &[&str]) -> String {
    format!("waits for {}", ids.join(" + "))
}

fn error(module: &[u8], features: WasmFeatures) -> Option<String> {
    Validator::new_with_features(features).validate_all(module).err().map(|error| error.to_string())
}
