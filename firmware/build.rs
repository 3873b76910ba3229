//! Compiles the guests, finds out how long the lists for the first of them must be, and chooses the linker script.

use std::fmt::Write as _;
use std::{env, fs, path::Path};
use tablature::heapless::Module;

fn main() {
    println!("cargo::rerun-if-changed=guests");
    println!("cargo::rerun-if-changed=link");
    let out = env::var("OUT_DIR").expect("Cargo sets OUT_DIR");
    let out = Path::new(&out);
    let architecture = env::var("CARGO_CFG_TARGET_ARCH").expect("Cargo sets it");
    let folder = env::var("CARGO_MANIFEST_DIR").expect("Cargo sets it");
    println!("cargo::rustc-link-arg-bins=-T{folder}/link/{architecture}.ld");
    println!("cargo::rustc-link-search={folder}/link");

    for name in ["guest", "too_deep"] {
        let bytes = wat::parse_file(format!("guests/{name}.wat")).unwrap_or_else(|error| panic!("{error}"));
        fs::write(out.join(format!("{name}.wasm")), &bytes).expect("OUT_DIR can be written to");
        if name == "guest" {
            fs::write(out.join("lengths.rs"), lengths(&bytes)).expect("OUT_DIR can be written to");
        }
    }
}

/// Constants with the lengths of the lists.
fn lengths(bytes: &[u8]) -> String {
    let needed = Module::requirements(bytes).unwrap_or_else(|error| panic!("guest.wat: {error}"));
    let lengths = [
        ("TYPES", needed.types),
        ("VALUE_TYPES", needed.value_types),
        ("IMPORTS", needed.imports),
        ("FUNCTIONS", needed.functions),
        ("MEMORIES", needed.memories),
        ("GLOBALS", needed.globals),
        ("EXPORTS", needed.exports),
        ("DATA_SEGMENTS", needed.data_segments),
        ("BODIES", needed.bodies),
        ("SIDE_TABLE", needed.side_table),
        ("LOCALS", needed.locals),
        ("OPERANDS", needed.operands),
        ("BLOCKS", needed.blocks),
        ("INDICES", needed.indices),
        ("MEMORY", needed.memory_bytes as usize),
    ];
    let rest = [needed.tables, needed.element_segments, needed.wide_branches, needed.references];
    assert_eq!(rest, [0; 4], "the firmware has no lists for these");
    lengths.iter().fold(String::new(), |mut text, (name, length)| {
        let _ = writeln!(text, "pub const {name}: usize = {length};");
        text
    })
}
