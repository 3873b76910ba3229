//! Shows what the generator makes of a row.

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use std::fs;
use tablature_codegen::{
    diag::Source,
    emit::{self, File},
    fusion, load,
    model::Model,
    register, successors,
};

/// Prints the code that the generator makes of a row, such as `i32.add`; of a register instruction, such as
/// `i32_add_ss_a`, or a pair of two, such as `i32_add_ss_a_then_i32_load_a_s`; of a file, such as `decode.rs`; or, without a name, the list of files.
#[derive(Args)]
pub struct Generated {
    /// A row of spec/instructions.toml, a register instruction, or a generated file.
    name: Option<String>,
}

/// The table, and the lists of pairs and successors, from the repository's root.
const TABLE: &str = "spec/instructions.toml";
const FUSIONS: &str = "spec/fusions.toml";
const SUCCESSORS: &str = "spec/successors.toml";

impl Generated {
    /// Prints it.
    pub fn run(self) -> Result<()> {
        let Generator { model, pairs, files } = Generator::run()?;
        let Some(name) = self.name else {
            for file in &files {
                println!("{:14} {:>6} lines", file.name, file.text.lines().count());
            }
            return Ok(());
        };
        if let Some(file) = files.iter().find(|file| file.name == name) {
            print!("{}", file.text);
        } else if let Some(op) = model.op(&name) {
            print!("{}", emit::items_of(op, &files));
        } else if register::instructions(&model).iter().any(|instruction| instruction.name == name)
            || fusion::select(&model, &pairs).iter().any(|pair| pair.name == name)
        {
            print!("{}", emit::items_named(&name, &files));
        } else {
            bail!("`{name}` is neither a row of {TABLE}, nor a register instruction, nor a generated file");
        }
        Ok(())
    }
}

/// This repository's table, with its list of successors.
pub fn table() -> Result<Model> {
    let mut model = load(&read(TABLE)?).map_err(|report| anyhow!("{report}"))?;
    successors::read(&mut model, &read(SUCCESSORS)?).map_err(|report| anyhow!("{report}"))?;
    Ok(model)
}

fn read(path: &str) -> Result<Source> {
    let text = fs::read_to_string(format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"))).context(path.to_owned())?;
    Ok(Source { path: path.into(), text })
}

/// What the generator reads and makes.
pub struct Generator {
    model: Model,
    pairs: Vec<(String, String)>,
    /// The generated files.
    pub files: Vec<File>,
}

impl Generator {
    /// Runs it on this repository's table and lists, with every proposal.
    pub fn run() -> Result<Self> {
        let model = table()?;
        let pairs = fusion::read(&model, &read(FUSIONS)?).map_err(|report| anyhow!("{report}"))?;
        let files = emit::files(&model, &model, &pairs, |_| true);
        Ok(Self { model, pairs, files })
    }

    /// A generated file's text.
    pub fn text(&self, file: &str) -> Option<&str> {
        self.files.iter().find(|made| made.name == file).map(|made| made.text.as_str())
    }
}
