//! Modules of some size: one that has each kernel often, and programs compiled from C where they lie beside the repository.

use crate::kernels;
use std::path::{Path, PathBuf};

/// A module, and what tables call it.
pub struct Measured {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// All that there are.
pub fn modules() -> Vec<Measured> {
    let mut modules = vec![Measured { name: "kernels".into(), bytes: repeated(200) }];
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/workloads");
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "wasm"));
    paths.sort();
    modules.extend(paths.iter().filter_map(|path| {
        let name = path.file_stem()?.to_string_lossy().into_owned();
        Some(Measured { name, bytes: std::fs::read(path).ok()? })
    }));
    modules
}

/// A module with `times` copies of each kernel's function.
fn repeated(times: usize) -> Vec<u8> {
    let mut text = String::from("(module (memory 2)");
    for name in ["calls", "memory", "floats"] {
        let kernel = kernels::text(name);
        let function = function_of(&kernel);
        for copy in 0..times {
            let export = format!("\"{name} {copy}\"");
            text.push_str(&function.replace("\"run\"", &export).replace("$calls", &format!("$calls_{copy}")));
        }
    }
    text.push(')');
    wat::parse_str(text).expect("copies of kernels are a module")
}

/// The function of a kernel's text: from where it begins to the end of the module.
fn function_of(text: &str) -> &str {
    let start = text.find("(func").expect("a kernel has a function");
    let end = text.rfind(')').expect("a module ends");
    &text[start..end]
}
