//! The conformance programs beside the checkout: programs with a JSON file that says what they are given and do. Each
//! engine runs all of them.

use crate::engines::{Engine, WASMI};
use crate::{programs, shared};
use serde_json::Value;
use std::fs;
use std::io;
use std::path::Path;
use tablature_wasi::{MemoryOutput, WasiCtx};

#[test]
fn c_with_wasmi() {
    run_all(&WASMI, "c");
}

#[test]
fn assemblyscript_with_wasmi() {
    run_all(&WASMI, "assemblyscript");
}

#[test]
#[cfg(feature = "tablature")]
fn c_with_tablature() {
    run_all(&crate::engines::TABLATURE, "c");
}

#[test]
#[cfg(feature = "tablature")]
fn assemblyscript_with_tablature() {
    run_all(&crate::engines::TABLATURE, "assemblyscript");
}

fn run_all(engine: &Engine, language: &str) {
    let Some(folder) = shared(&format!("conformance/wasi-p1/{language}")) else {
        return;
    };
    let programs = programs(&folder);
    assert!(!programs.is_empty(), "no programs in {}", folder.display());
    let failures: Vec<String> = programs.iter().filter_map(|program| check(engine, program).err()).collect();
    assert!(failures.is_empty(), "with {}:\n{}", engine.name, failures.join("\n"));
    println!("{} programs passed with {}", programs.len(), engine.name);
}

/// Runs a program, and compares what it did with what its JSON file expects.
fn check(engine: &Engine, program: &Path) -> Result<(), String> {
    let name = program.display();
    let fail = |what: String| Err(format!("{name}: {what}"));
    let spec: Value = match fs::read(program.with_extension("json")) {
        Ok(json) => serde_json::from_slice(&json).map_err(|error| format!("{name}: {error}"))?,
        Err(_) => Value::Null,
    };
    let known = ["args", "env", "root", "exit_code", "stdout", "stderr"];
    for key in spec.as_object().into_iter().flat_map(|spec| spec.keys()) {
        if !known.contains(&key.as_str()) {
            return fail(format!("nobody here knows what {key:?} demands"));
        }
    }
    // Programs write into their directory: each gets a copy.
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    if let Some(root) = spec["root"].as_str() {
        let from = program.with_file_name(root);
        copy_tree(&from, scratch.path()).map_err(|error| format!("{name}: {error}"))?;
    }
    let (stdout, stderr) = (MemoryOutput::new(1 << 20), MemoryOutput::new(1 << 20));
    let ctx = context(program, &spec, scratch.path(), &stdout, &stderr).map_err(|error| format!("{name}: {error}"))?;
    let wasm = fs::read(program).map_err(|error| format!("{name}: {error}"))?;
    let code = engine.run(&wasm, ctx).map_err(|error| format!("{name}: {error}"))?;
    let stdout = String::from_utf8_lossy(&stdout.contents()).into_owned();
    let stderr = String::from_utf8_lossy(&stderr.contents()).into_owned();
    if u64::from(code) != spec["exit_code"].as_u64().unwrap_or(0) {
        return fail(format!("exit code {code}\n{stdout}{stderr}"));
    }
    if stdout != spec["stdout"].as_str().unwrap_or("") {
        return fail(format!("stdout {stdout:?}"));
    }
    if stderr != spec["stderr"].as_str().unwrap_or("") {
        return fail(format!("stderr {stderr:?}"));
    }
    Ok(())
}

fn context(
    program: &Path,
    spec: &Value,
    root: &Path,
    stdout: &MemoryOutput,
    stderr: &MemoryOutput,
) -> io::Result<WasiCtx> {
    let mut builder = WasiCtx::builder();
    builder.stdout(stdout).stderr(stderr);
    builder.arg(program.file_name().unwrap_or_default().as_encoded_bytes());
    for arg in spec["args"].as_array().into_iter().flatten() {
        builder.arg(arg.as_str().unwrap_or(""));
    }
    for (name, value) in spec["env"].as_object().into_iter().flatten() {
        builder.env(name, value.as_str().unwrap_or(""));
    }
    if spec["root"].is_string() {
        builder.preopened_dir(root, "/");
    }
    builder.build()
}

/// Copies a directory, without the permissions: the original may be read-only.
fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir(&target)?;
            copy_tree(&entry.path(), &target)?;
        } else {
            fs::write(&target, fs::read(entry.path())?)?;
        }
    }
    Ok(())
}
