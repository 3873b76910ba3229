//! Reading modules.

use anyhow::{Context, Result, bail};
use std::borrow::Cow;
use std::io::Read as _;
use std::path::Path;

/// With what every module in the binary format begins.
const MAGIC: &[u8] = b"\0asm";

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
