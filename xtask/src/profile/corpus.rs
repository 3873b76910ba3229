//! The training corpus: builds it, and runs it in register code that counts.

use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The compiler: Zig's of C and C++, with a C library for WASI, from PyPI.
const COMPILER: &str = "ziglang==0.17.1";

/// Ways to compile each program: what people use, and a target with and without newer instructions.
const SETTINGS: [(&str, &[&str]); 5] =
    [("O1", &["-O1"]), ("O2", &["-O2"]), ("O3", &["-O3"]), ("Os", &["-Os"]), ("mvp", &["-O2", "-mcpu=mvp"])];

/// Programs of scripts/programs that are in the corpus. The others are not, so that there are real ones to judge by.
pub const PROGRAMS: [&str; 5] = ["clang", "gcc", "yosys", "esbuild", "resvg"];

/// Runs everything; each program's profile is a file in `profiles`.
pub fn take_profiles(root: &Path, place: &Path, profiles: &Path) -> Result<()> {
    if profiles.exists() {
        fs::remove_dir_all(profiles)?;
    }
    fs::create_dir_all(profiles)?;
    let command = build_command(root, place)?;
    let compiler = compiler(place)?;
    for source in sources(&root.join("corpus"))? {
        let name = source.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        println!("{name}");
        for (setting, options) in SETTINGS {
            let module = place.join(format!("{name}.{setting}.wasm"));
            compile(&compiler, &source, options, &module)?;
            let mut guest = Command::new(&command);
            guest.args(["--engine", "register"]).arg(&module);
            run(guest.env("TABLATURE_PROFILE", profiles.join(format!("{name}.profile"))))?;
        }
    }
    for name in PROGRAMS {
        println!("{name}");
        let mut script = Command::new(root.join("scripts/programs"));
        script.arg(name).env("TABLATURE", format!("{} --engine register", command.display()));
        run(script.env("TABLATURE_PROFILE", profiles.join(format!("{name}.profile"))))?;
    }
    Ok(())
}

/// The command with what counts.
fn build_command(root: &Path, place: &Path) -> Result<PathBuf> {
    println!("building the command that counts");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.current_dir(root).args(["build", "--quiet", "--release", "-p", "tablature-cli", "--features", "profile"]);
    run(build.env("CARGO_TARGET_DIR", place).env("CARGO_PROFILE_RELEASE_LTO", "off"))?;
    Ok(place.join("release/tablature"))
}

/// The Python that has the compiler.
fn compiler(place: &Path) -> Result<PathBuf> {
    let environment = place.join("python");
    let python = environment.join("bin/python");
    if !python.exists() {
        println!("fetching {COMPILER}");
        run(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
    }
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", COMPILER]))?;
    Ok(python)
}

fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "c" || extension == "cpp"));
    paths.sort();
    Ok(paths)
}

fn compile(python: &Path, source: &Path, options: &[&str], module: &Path) -> Result<()> {
    let is_cpp = source.extension().is_some_and(|extension| extension == "cpp");
    let mut compiler = Command::new(python);
    compiler.args(["-m", "ziglang", if is_cpp { "c++" } else { "cc" }, "-target", "wasm32-wasi", "-s"]);
    if is_cpp {
        compiler.arg("-fno-exceptions");
    }
    run(compiler.args(options).arg("-o").arg(module).arg(source).arg("-lm"))
}

/// Runs a command; what it prints is shown if it fails.
fn run(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    if !output.status.success() {
        let text = [output.stdout, output.stderr].concat();
        bail!("{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&text).trim());
    }
    Ok(())
}
