//! The instruction reference: the table as a page for people.

use super::opcode::{describe_imm, describe_price, stack_notation};
use crate::model::{Flow, Model, Op, Per, Proposal};
use std::fmt::Write;

/// The reference as Markdown.
#[must_use]
pub fn markdown(model: &Model) -> String {
    let mut page = Page { model, text: String::new() };
    page.introduction();
    page.contents();
    for (index, proposal) in model.proposals.iter().enumerate() {
        page.proposal(index, proposal);
    }
    page.traps();
    page.prices();
    page.text
}

/// Whether an opcode stands below a heading.
type Belongs = fn(&Op) -> bool;

/// Headings below which the opcodes of a proposal stand, each opcode below the first that takes it.
const GROUPS: [(&str, Belongs); 10] = [
    ("Control", |op| op.flow.is_control() || matches!(op.id.as_str(), "unreachable" | "nop")),
    ("Parametric", |op| matches!(op.name.as_str(), "drop" | "select")),
    ("Variables", |op| op.id.starts_with("local.") || op.id.starts_with("global.")),
    ("Tables and references", |op| ["table.", "elem.", "ref."].iter().any(|prefix| op.id.starts_with(prefix))),
    ("Memory", |op| ["memory.", "data."].iter().any(|prefix| op.id.starts_with(prefix)) || op.align.is_some()),
    ("32-bit integers", |op| op.id.starts_with("i32.")),
    ("64-bit integers", |op| op.id.starts_with("i64.")),
    ("32-bit floats", |op| op.id.starts_with("f32.")),
    ("64-bit floats", |op| op.id.starts_with("f64.")),
    ("Others", |_| true),
];

struct Page<'m> {
    model: &'m Model,
    text: String,
}

impl Page<'_> {
    /// Adds a line.
    fn line(&mut self, line: impl AsRef<str>) {
        self.text.push_str(line.as_ref());
        self.text.push('\n');
    }

    fn introduction(&mut self) {
        self.line(
            "# Instructions\n\n\
             Every opcode of the instruction table: how it is written, what it takes and leaves, what it costs, what\n\
             can come after it and which function computes it.\n\n\
             Generated from [`spec/instructions.toml`](../spec/instructions.toml), so do not edit it. A test keeps it\n\
             fresh, and `TABLATURE_BLESS=1 cargo test -p tablature-codegen` writes it anew.\n\n\
             How to read the columns:\n\n\
             * **instruction**: the name in the text format, with the immediates in the order of their bytes. The marker\n\
             \x20 *const* stands where a constant expression may have it too.\n\
             * **encoding**: the opcode's byte, or its prefix and the number behind that.\n\
             * **stack**: what it pops `->` what it pushes, the top at the right. `!` means that the next instruction is\n\
             \x20 not reached. [`spec/README.md`](../spec/README.md) has the whole notation.\n\
             * **fuel**: the price in units of fuel, as the default [price list](#prices) has it.\n\
             * **then**: how it goes on: at the *next* instruction, or by a branch, a call, a return or a need (it asks\n\
             \x20 the owner of the machine); or the [traps](#traps) that end it.\n",
        );
    }

    fn contents(&mut self) {
        self.line("## Contents\n");
        for (index, proposal) in self.model.proposals.iter().enumerate() {
            let count = self.model.ops.iter().filter(|op| op.proposal == index).count();
            let amount = match count {
                0 => "no opcodes of its own".to_owned(),
                1 => "1 opcode".to_owned(),
                many => format!("{many} opcodes"),
            };
            self.line(format!("* [{}](#{}): {amount}", proposal.title, anchor(&proposal.title)));
        }
        self.line(format!("* [Traps](#traps): {}", self.model.traps.len()));
        self.line(format!("* [Prices](#prices): {} classes", self.model.fuel.len()));
    }

    fn proposal(&mut self, index: usize, proposal: &Proposal) {
        self.line(format!("\n## {}\n", proposal.title));
        let origin = match &proposal.part_of {
            Some(whole) => format!("A part of `{whole}`, divided off here. "),
            None => String::new(),
        };
        let needs: Vec<String> = proposal.needs.iter().map(|name| format!("`{}`", name.replace('_', "-"))).collect();
        let needs = if needs.is_empty() { String::new() } else { format!(" It needs {}.", needs.join(", ")) };
        if proposal.base {
            self.line(format!("{origin}Part of every build.{needs}"));
        } else {
            let feature = proposal.name.replace('_', "-");
            self.line(format!("{origin}Cargo feature `{feature}`, switch `Config::wasm_{}`.{needs}", proposal.name));
        }
        let ops: Vec<&Op> = self.model.ops.iter().filter(|op| op.proposal == index).collect();
        if ops.is_empty() {
            self.line("\nIt has no opcodes of its own.");
        }
        let group_of = |op: &Op| GROUPS.iter().position(|(_, has)| has(op)).unwrap_or(GROUPS.len() - 1);
        let groups = (0..GROUPS.len()).filter(|group| ops.iter().any(|op| group_of(op) == *group)).count();
        for (group, (title, _)) in GROUPS.iter().enumerate() {
            let members: Vec<&Op> = ops.iter().copied().filter(|op| group_of(op) == group).collect();
            if members.is_empty() {
                continue;
            }
            if groups > 1 {
                self.line(format!("\n### {title}"));
            }
            self.line("\n| instruction | encoding | stack | fuel | then | what it does |\n|---|---|---|---|---|---|");
            members.into_iter().for_each(|op| self.row(op));
        }
    }

    fn row(&mut self, op: &Op) {
        let mut name = format!("`{}`", op.name);
        for imm in &op.imms {
            let _ = write!(name, " *{}: {}*", imm.name, describe_imm(&imm.kind));
        }
        if let Some(proposal) = op.const_expr {
            let proposal = &self.model.proposals[proposal];
            name.push_str(" (*const*");
            if !proposal.base {
                let _ = write!(name, " with {}", proposal.title);
            }
            name.push(')');
        }
        let columns = [
            name,
            format!("`{}`", op.code),
            format!("`{}`", stack_notation(op)),
            describe_price(self.model, op),
            self.transitions(op),
            format!("{}{}", op.doc, computed_by(op)),
        ];
        let cells: Vec<String> = columns.iter().map(|cell| cell.replace('|', "\\|")).collect();
        self.line(format!("| {} |", cells.join(" | ")));
    }

    /// What can come after an instruction.
    fn transitions(&self, op: &Op) -> String {
        let mut outcomes = Vec::new();
        match op.flow {
            Flow::Next if op.diverges => {}
            Flow::Next | Flow::Block => outcomes.push("next".to_owned()),
            Flow::Branch if !op.diverges => outcomes.push("next, branch".to_owned()),
            flow => outcomes.push(flow.name().to_owned()),
        }
        outcomes.extend(op.traps.iter().map(|trap| format!("*{}*", self.model.traps[trap.trap].message)));
        outcomes.join(", ")
    }

    fn traps(&mut self) {
        self.line("\n## Traps\n\n| trap | message | when | of |\n|---|---|---|---|");
        for (index, trap) in self.model.traps.iter().enumerate() {
            let raising = self.model.ops.iter().filter(|op| op.traps.iter().any(|row| row.trap == index));
            self.line(format!("| `{}` | {} | {} | {} |", trap.name, trap.message, trap.doc, list(raising)));
        }
    }

    fn prices(&mut self) {
        self.line("\n## Prices\n\n| class | base | and one unit more for every | of |\n|---|---|---|---|");
        for (index, class) in self.model.fuel.iter().enumerate() {
            let more = match &class.per {
                None => String::new(),
                Some((Per::Operand(name), 1)) => format!("unit of the operand `{name}`"),
                Some((Per::Operand(name), every)) => format!("{every} of the operand `{name}`"),
                Some((Per::Locals, every)) => format!("{every} locals of the function that is entered"),
                Some((Per::Values, every)) => format!("{every} values that are carried"),
            };
            let paying = self.model.ops.iter().filter(|op| op.fuel == index);
            self.line(format!("| `{}` | {} | {more} | {} |", class.name, class.base, list(paying)));
        }
    }
}

/// Who computes it: a link to the module that has the function, or the hand-written part.
fn computed_by(op: &Op) -> String {
    let check = op.check.as_ref().map(|check| format!(" Validation has a rule for it, `{check}`.")).unwrap_or_default();
    let Some(sem) = &op.sem else { return check };
    let module = sem.split("::").next().unwrap_or_default();
    format!("{check} [`{sem}`](../src/semantics/{module}.rs)")
}

/// The first opcodes, and how many there are.
fn list<'m>(ops: impl Iterator<Item = &'m Op>) -> String {
    let names: Vec<String> = ops.map(|op| format!("`{}`", op.id)).collect();
    match names.len() {
        0..=6 => names.join(", "),
        more => format!("{} and {} more", names[..5].join(", "), more - 5),
    }
}

/// The anchor that renderers of Markdown give a heading.
fn anchor(title: &str) -> String {
    let letters = title.to_lowercase();
    letters
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_those_of_markdown() {
        assert_eq!(anchor("WebAssembly 1.0"), "webassembly-10");
        assert_eq!(anchor("Non-trapping float-to-int conversions"), "non-trapping-float-to-int-conversions");
    }
}
