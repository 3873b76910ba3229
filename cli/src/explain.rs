//! The instruction table, for people.

use crate::args::Explain;
use crate::{report, suggest};
use anyhow::{Result, bail};
use tablature::{FuelClass, Opcode, OpcodeInfo, Proposal};

/// Explains an instruction, or lists all.
pub fn explain(options: &Explain) -> Result<i32> {
    let Some(name) = &options.name else {
        report::print(&list())?;
        return Ok(0);
    };
    let entries: Vec<String> = Opcode::named(name).map(entry).collect();
    if entries.is_empty() {
        let names: Vec<&str> = Opcode::ALL.into_iter().map(|opcode| opcode.info().name).collect();
        let hint = suggest::did_you_mean(name, &names);
        bail!("there is no instruction \"{name}\"{hint}\n  `tablature explain` lists all of them.");
    }
    report::print(&entries.join("\n"))?;
    Ok(0)
}

fn list() -> String {
    let mut text = String::new();
    for proposal in Proposal::ALL {
        let infos = || Opcode::ALL.into_iter().map(|opcode| opcode.info()).filter(|info| info.proposal == proposal);
        if infos().next().is_some() {
            let space = if text.is_empty() { "" } else { "\n" };
            text.push_str(&format!("{space}{} ({})\n", proposal.title(), proposal.id()));
            let lines = infos().map(|info| format!("  {:<8} {:<22} {}\n", encoding(info), info.id, info.stack));
            text.extend(lines.map(|line| line.trim_end().to_string() + "\n"));
        }
    }
    text
}

fn entry(opcode: Opcode) -> String {
    let info = opcode.info();
    let mut text = String::new();
    let mut line = |label: &str, value: &str| {
        text.push_str(format!("  {label:<12} {value}").trim_end());
        text.push('\n');
    };
    line("encoding", &encoding(info));
    line("immediates", &list_or_none(info.immediates));
    line("stack", info.stack);
    line("fuel", &price(info.fuel));
    for (place, trap) in traps(info).iter().enumerate() {
        line(if place == 0 { "traps" } else { "" }, trap);
    }
    line("proposal", &format!("{} ({})", info.proposal.title(), info.proposal.id()));
    line("constant", &constant(info));
    line("computed by", &computed_by(opcode));
    line("row", &format!("spec/instructions.toml:{}", info.line));
    let id = if info.id == info.name { String::new() } else { format!(" (row {})", info.id) };
    format!("{}{id}: {}\n\n{text}", info.name, info.doc)
}

/// The opcode's bytes as far as they are fixed: the byte, or the prefix and the number after it.
fn encoding(info: &OpcodeInfo) -> String {
    match info.prefix {
        Some(prefix) => format!("{prefix:02x} {}", info.number),
        None => format!("{:02x}", info.number),
    }
}

fn list_or_none(items: &[&str]) -> String {
    if items.is_empty() { "none".to_string() } else { items.join(", ") }
}

fn price(class: FuelClass) -> String {
    let (base, rate, every) = (class.default_base(), class.default_rate(), class.every());
    let more = match (rate, every) {
        (0, _) => String::new(),
        (rate, 1) => format!(", and {rate} more for each unit of its variable work"),
        (rate, every) => format!(", and {rate} more for every {every} units of its variable work"),
    };
    format!("{base}{more} (class {})", class.id())
}

/// Each trap, with operands that raise it.
fn traps(info: &OpcodeInfo) -> Vec<String> {
    let described = info.transitions.traps.iter().map(|trap| {
        let example = info.trap_examples.iter().find(|(other, _)| other == trap);
        let operands = example.map_or_else(String::new, |(_, operands)| format!(", as with {}", operands.join(" ")));
        format!("{}{operands}", trap.message())
    });
    let described: Vec<String> = described.collect();
    if described.is_empty() { vec!["none".to_string()] } else { described }
}

fn constant(info: &OpcodeInfo) -> String {
    match info.constant {
        Some(Proposal::Mvp) => "allowed in constant expressions".to_string(),
        Some(proposal) => format!("allowed in constant expressions by {} ({})", proposal.title(), proposal.id()),
        None => "not allowed in constant expressions".to_string(),
    }
}

fn computed_by(opcode: Opcode) -> String {
    let info = opcode.info();
    match info.semantics {
        Some(path) => format!("the function {path} in src/semantics"),
        None if opcode.is_hand_written() => "control flow written by hand".to_string(),
        None => "the generator alone".to_string(),
    }
}
