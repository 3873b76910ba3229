//! The workloads beside the checkout: commands that compute for a while, and whose output is known.

use crate::engines::{ENGINES, Engine};
use crate::shared;
use std::fs;
use std::path::Path;
use tablature_wasi::{MemoryOutput, WasiCtx};

/// Each program, and the argument that its known output belongs to.
const WORKLOADS: [(&str, Option<&str>); 13] = [
    ("binarytrees", Some("15")),
    ("fib", Some("37")),
    ("hashmap", Some("2000000")),
    ("json", Some("4")),
    ("mandelbrot", Some("1200")),
    ("matmul", None),
    ("nbody", Some("1000000")),
    ("qsort", None),
    ("sha256", Some("8")),
    ("sieve", None),
    ("simd_mandel", Some("2000")),
    ("statemachine", Some("60")),
    ("vcall", Some("10000000")),
];

/// The workload that consists of SIMD instructions.
const SIMD: &str = "simd_mandel";

#[test]
#[cfg_attr(debug_assertions, ignore = "takes minutes without optimization")]
fn workloads_print_what_is_expected() {
    let Some(folder) = shared("workloads") else {
        return;
    };
    for engine in ENGINES {
        let workloads = WORKLOADS.iter().filter(|(name, _)| engine.simd || *name != SIMD);
        let failures: Vec<String> =
            workloads.filter_map(|(name, arg)| check(engine, &folder, name, *arg).err()).collect();
        assert!(failures.is_empty(), "with {}:\n{}", engine.name, failures.join("\n"));
    }
}

fn check(engine: &Engine, folder: &Path, name: &str, arg: Option<&str>) -> Result<(), String> {
    let read = |extension| {
        let file = folder.join(name).with_extension(extension);
        fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))
    };
    let stdout = MemoryOutput::new(1 << 20);
    let ctx = WasiCtx::builder().arg(name).args(arg).stdout(&stdout).build();
    let code = engine.run(&read("wasm")?, ctx.map_err(|error| error.to_string())?);
    let got = stdout.contents();
    if code == Ok(0) && got == read("out")? {
        return Ok(());
    }
    Err(format!("{name}: {code:?}, {:?}", String::from_utf8_lossy(&got)))
}
