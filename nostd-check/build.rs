//! Translates the guest into the binary format.

use std::{env, fs, path::Path};

fn main() {
    println!("cargo::rerun-if-changed=src/guest.wat");
    let bytes = wat::parse_file("src/guest.wat").expect("the guest is a module");
    let directory = env::var_os("OUT_DIR").expect("Cargo sets OUT_DIR");
    fs::write(Path::new(&directory).join("guest.wasm"), bytes).expect("OUT_DIR can be written to");
}
