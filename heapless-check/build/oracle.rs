//! Which proposals a module needs: asks wasmparser, the reference for what modules other engines take.

use wasmparser::{Validator, WasmFeatures};

/// Proposals that modules may need: the engine's feature, or what it would be called, and wasmparser's; simpler ones
/// first.
const PROPOSALS: [(&str, WasmFeatures); 23] = [
    ("floats", WasmFeatures::FLOATS),
    ("mutable-global", WasmFeatures::MUTABLE_GLOBAL),
    ("sign-extension", WasmFeatures::SIGN_EXTENSION),
    ("saturating-float-to-int", WasmFeatures::SATURATING_FLOAT_TO_INT),
    ("multi-value", WasmFeatures::MULTI_VALUE),
    ("bulk-memory", WasmFeatures::BULK_MEMORY),
    ("reference-types", WasmFeatures::REFERENCE_TYPES),
    ("extended-const", WasmFeatures::EXTENDED_CONST),
    ("multi-memory", WasmFeatures::MULTI_MEMORY),
    ("memory64", WasmFeatures::MEMORY64),
    ("tail-call", WasmFeatures::TAIL_CALL),
    ("custom-page-sizes", WasmFeatures::CUSTOM_PAGE_SIZES),
    ("simd", WasmFeatures::SIMD),
    ("relaxed-simd", WasmFeatures::RELAXED_SIMD),
    ("function-references", WasmFeatures::FUNCTION_REFERENCES),
    ("gc", WasmFeatures::GC),
    ("exceptions", WasmFeatures::EXCEPTIONS),
    ("threads", WasmFeatures::THREADS),
    ("wide-arithmetic", WasmFeatures::WIDE_ARITHMETIC),
    ("compact-imports", WasmFeatures::COMPACT_IMPORTS),
    ("stack-switching", WasmFeatures::STACK_SWITCHING),
    ("custom-descriptors", WasmFeatures::CUSTOM_DESCRIPTORS),
    ("shared-everything-threads", WasmFeatures::SHARED_EVERYTHING_THREADS),
];

type Proposals = Vec<(&'static str, WasmFeatures)>;

/// Answers what a module needs beyond what is compiled in.
pub struct Oracle {
    own: WasmFeatures,
    lacking: Proposals,
}

impl Oracle {
    /// With the proposals whose features are on.
    pub fn new(is_on: impl Fn(&str) -> bool) -> Self {
        let (own, lacking): (Proposals, Proposals) = PROPOSALS.into_iter().partition(|(name, _)| is_on(name));
        Self { own: own.iter().fold(WasmFeatures::GC_TYPES, |all, (_, features)| all | *features), lacking }
    }

    /// Whether the module is valid with the proposals that are on.
    pub fn accepts(&self, module: &[u8]) -> bool {
        error(module, self.own).is_none()
    }

    /// A smallest set of proposals that are off and would make the module valid; nothing where none does.
    pub fn waits_for(&self, module: &[u8]) -> Option<Vec<&'static str>> {
        let with = |more: &[(&'static str, WasmFeatures)]| {
            let features = more.iter().fold(self.own, |all, (_, features)| all | *features);
            error(module, features).is_none()
        };
        if let Some((name, _)) = self.lacking.iter().find(|one| with(&[**one])) {
            return Some(vec![name]);
        }
        if !with(&self.lacking) {
            return None;
        }
        // What is left when nothing can be taken away; the more special ones are taken away first.
        let mut needed = self.lacking.clone();
        for one in self.lacking.iter().rev() {
            let fewer: Proposals = needed.iter().copied().filter(|other| other.0 != one.0).collect();
            if with(&fewer) {
                needed = fewer;
            }
        }
        Some(needed.iter().map(|(name, _)| *name).collect())
    }

    /// Whether what is wrong with the module has to do with a proposal that is off.
    pub fn concerns_lacking(&self, module: &[u8]) -> bool {
        let all = self.lacking.iter().fold(self.own, |all, (_, features)| all | *features);
        error(module, self.own) != error(module, all)
    }
}

fn error(module: &[u8], features: WasmFeatures) -> Option<String> {
    Validator::new_with_features(features).validate_all(module).err().map(|error| error.to_string())
}
