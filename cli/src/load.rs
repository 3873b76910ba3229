//! Reading modules.

use crate::args::Cli;
use crate::suggest;
use anyhow::{Context as _, Result, bail};
use clap::CommandFactory as _;
use std::borrow::Cow;
use std::io::Read as _;
use std::path::Path;
use tablature::{Engine, Module};

/// With what every module in the binary format begins.
const MAGIC: &[u8] = b"\0asm";

/// The valid module in the file `path`; `-` is standard input.
pub fn module(engine: &Engine, path: &Path) -> Result<Module> {
    compile(engine, path, &bytes_of_module(path)?)
}

/// The bytes of the module in the file `path`; an error says which file it is about.
pub fn bytes_of_module(path: &Path) -> Result<Vec<u8>> {
    load(path).with_context(|| format!("cannot load {}{}", name_of(path), hint(path)))
}

/// The valid module of `bytes`, which are those of the file `path`.
pub fn compile(engine: &Engine, path: &Path, bytes: &[u8]) -> Result<Module> {
    Module::new(engine, bytes).with_context(|| format!("{} is not a valid module", name_of(path)))
}

/// What may have been meant by a file that is not there: a verb, or a file beside it.
fn hint(path: &Path) -> String {
    if is_stdin(path) || path.exists() {
        return String::new();
    }
    let command = Cli::command();
    let verbs: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).chain(["help"]).collect();
    let verb = suggest::did_you_mean(&path.to_string_lossy(), &verbs);
    if !verb.is_empty() {
        return verb;
    }
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beside = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let names: Vec<String> = beside.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let modules = |name: &&str| has_extension(Path::new(name), "wasm") || has_extension(Path::new(name), "wat");
    suggest::did_you_mean(&name, &names.iter().map(String::as_str).filter(modules).collect::<Vec<_>>())
}

/// The bytes of the module in `path`, translated from text where it is text. `-` is standard input.
pub fn load(path: &Path) -> Result<Vec<u8>> {
    let bytes = read(path)?;
    if bytes.starts_with(MAGIC) {
        return Ok(bytes);
    }
    if bytes.is_empty() {
        bail!("the file is empty: expected a WebAssembly module, binary or text");
    }
    if has_extension(path, "wast") {
        bail!("this is a script, not a module: run it with `tablature wast {}`", path.display());
    }
    if !has_extension(path, "wat") && !looks_like_text(&bytes) {
        let beginning = beginning(&bytes);
        bail!(
            "not a WebAssembly module: a binary begins with the bytes 00 61 73 6d, a text with \"(\", and this begins with \
             {beginning}"
        );
    }
    Ok(wat::parse_str(text(bytes)?).map_err(|mut error| {
        error.set_path(path);
        error
    })?)
}

/// The text of the file `path`; `-` is standard input.
pub fn read_text(path: &Path) -> Result<String> {
    text(read(path)?)
}

fn text(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).context("not text in UTF-8")
}

fn has_extension(path: &Path, wanted: &str) -> bool {
    path.extension().is_some_and(|extension| extension == wanted)
}

/// What to call `path` in messages.
pub fn name_of(path: &Path) -> Cow<'_, str> {
    if is_stdin(path) { "standard input".into() } else { path.to_string_lossy() }
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn read(path: &Path) -> Result<Vec<u8>> {
    if is_stdin(path) {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    if path.is_dir() {
        bail!("this is a directory: expected a file");
    }
    Ok(std::fs::read(path)?)
}

/// Whether the first character that is neither space nor comment can begin a text.
fn looks_like_text(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    bytes.starts_with(b"(") || bytes.starts_with(b";;")
}

fn beginning(bytes: &[u8]) -> String {
    let first: Vec<String> = bytes.iter().take(MAGIC.len()).map(|byte| format!("{byte:02x}")).collect();
    first.join(" ")
}
