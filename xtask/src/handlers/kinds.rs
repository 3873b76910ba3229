//! Which handlers may use the host's stack, by kinds of instructions: each has a reason, and what has none stands out.

/// Handlers of a kind, and why they use the stack.
pub struct Kind {
    pub name: &'static str,
    /// Names of instructions, with `*` at either end for anything.
    instructions: &'static [&'static str],
}

const fn kind(name: &'static str, instructions: &'static [&'static str]) -> Kind {
    Kind { name, instructions }
}

/// What calls functions that return, or needs more registers than the convention leaves to a handler, in every engine.
const EVERYWHERE: [Kind; 4] = [
    kind("calls, returns", &["call*", "return*"]),
    kind("memories and tables as a whole", &["memory_*", "table_*", "prefix_*"]),
    kind("rounding and cutting of floats", &["*_ceil*", "*_floor*", "*_nearest*", "*_trunc*"]),
    kind("signed division", &["*_div_s*"]),
];

/// Beside these in place.
pub const IN_PLACE: [Kind; 3] = [
    kind("immediates of several bytes", &["*_long", "*_wide"]),
    kind("indices that linkers leave room for", &["global_*", "ref_func"]),
    kind("branches by the side table", &["br_table", "end_elsewhere"]),
];

/// Beside these in register code with checks.
pub const CHECKED: [Kind; 5] = [
    kind("branches, which pay for what comes next", &["br", "br_if*", "br_unless*", "br_table*"]),
    kind("64-bit addresses, further memories", &["*_far"]),
    kind("several operands", &["copy_several"]),
    kind("pairs with a store", &["*_store*"]),
    kind("globals, which are looked for in the store", &["global_*"]),
];

/// Beside these in register code without checks, which has memory 0 in two of the registers.
pub const UNCHECKED: [Kind; 5] = [
    kind("stores", &["*_store*"]),
    kind("globals, which are looked for in the store", &["global_*"]),
    kind("64-bit addresses, further memories", &["*_far"]),
    kind("several operands", &["copy_several"]),
    kind("floats as bits", &["*_copysign*", "*_reinterpret*", "f32_load*", "f64_load*"]),
];

/// How many handlers of an engine may use the stack for a reason of their own: that of a compiler's version.
pub const OTHERS: usize = 20;

impl Kind {
    /// The first kind that a handler is of: of a pair, one of its instructions.
    pub fn of(handler: &str, own: &'static [Self]) -> Option<&'static Self> {
        EVERYWHERE.iter().chain(own).find(|kind| handler.split("_then_").any(|part| kind.has(part)))
    }

    fn has(&self, instruction: &str) -> bool {
        self.instructions.iter().any(|pattern| fits(pattern, instruction))
    }
}

/// Whether a name fits a pattern with `*` at either end.
fn fits(pattern: &str, name: &str) -> bool {
    let (start, end) = (pattern.strip_suffix('*'), pattern.strip_prefix('*'));
    match (start, end) {
        (None, None) => name == pattern,
        (Some(start), None) => name.starts_with(start),
        (None, Some(end)) => name.ends_with(end),
        (Some(_), Some(_)) => name.contains(pattern.trim_matches('*')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_open_where_a_star_is() {
        assert!(fits("br", "br") && !fits("br", "br_if"));
        assert!(fits("br_if*", "br_if_i32_eqz_a") && fits("*_long", "br_long") && fits("*_store*", "i32_store_ss"));
        assert!(!fits("*_long", "br_longer") && !fits("call*", "recall"));
    }

    #[test]
    fn a_pair_is_of_the_kind_of_one_of_its_instructions() {
        let name = |handler| Kind::of(handler, &UNCHECKED).map(|kind| kind.name);
        assert_eq!(name("i32_add_si_a_then_return_a"), Some("calls, returns"));
        assert_eq!(name("i32_store_ss_then_i32_load_s_s"), Some("stores"));
        assert_eq!(name("i32_add_ss_s"), None);
    }
}
