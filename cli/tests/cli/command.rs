//! Running the command.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The command with arguments, in the repository's root.
pub fn tablature(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tablature"));
    command.args(args).current_dir(root()).env_clear().stdin(Stdio::null());
    command
}

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Runs the command with `text` as standard input, and shows what came of it.
pub fn with_input(args: &[&str], text: &str) -> String {
    let mut command = tablature(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command starts");
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("the command reads");
    show(&child.wait_with_output().expect("the command ends"))
}

/// Runs the command, and shows what came of it.
pub fn shown(args: &[&str]) -> String {
    show(&tablature(args).output().expect("the command starts"))
}

/// The exit code and both outputs.
fn show(output: &Output) -> String {
    let code = output.status.code().map_or("none".to_string(), |code| code.to_string());
    let mut text = format!("exit code: {code}\n");
    for (name, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
        if !bytes.is_empty() {
            text.push_str(&format!("----- {name} -----\n{}", String::from_utf8_lossy(bytes)));
        }
    }
    text
}

/// Compares with the snapshot `name`, without what differs between machines and runs.
pub fn check(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(root().join("snapshots/cli"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.add_filter(r"/\S*/(\w+\.\w+)", "[DIRECTORY]/$1");
    settings.add_filter(r"tablature\.exe", "tablature");
    settings.add_filter(r"time( +)\d+\.\d+ s", "time$1[TIME] s");
    // Where handlers jump to each other, counting fuel takes more.
    settings.add_filter(r"side table    \d+ bytes", "side table    [SIZE] bytes");
    settings.add_filter(r"(instructions\.toml):\d+", "$1:[LINE]");
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// A file of its own for a test.
pub struct File {
    directory: tempfile::TempDir,
    name: String,
}

impl File {
    pub fn new(name: &str, content: impl AsRef<[u8]>) -> Self {
        let file = Self { directory: tempfile::tempdir().expect("a directory"), name: name.to_string() };
        std::fs::write(file.path(), content).expect("the file is written");
        file
    }

    pub fn path(&self) -> String {
        self.directory.path().join(&self.name).to_string_lossy().into_owned()
    }
}
