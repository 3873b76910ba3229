//! The instruction reference: the table as a page for people.

use super::opcode::{describe_imm, describe_price, stack_notation};
use crate::model::{Model, Op, Per};

/// The reference as Markdown.
#[must_use]
pub fn markdown(model: &Model) -> String {
    let mut page = String::from(
        "# Instructions\n\n\
         Generated from [`spec/instructions.toml`](../spec/instructions.toml): do not edit. A test keeps it fresh;\n\
         `TABLATURE_BLESS=1 cargo test -p tablature-codegen` writes it anew.\n\n\
         Prices are in units of fuel, as the default price list has them.\n",
    );
    traps(model, &mut page);
    prices(model, &mut page);
    for (index, proposal) in model.proposals.iter().enumerate() {
        let ops: Vec<&Op> = model.ops.iter().filter(|op| op.proposal == index).collect();
        page.push_str(&format!("\n## {}\n\n", proposal.title));
        if proposal.base {
            page.push_str("Part of every build.\n");
        } else {
            let feature = proposal.name.replace('_', "-");
            page.push_str(&format!("Cargo feature `{feature}`, switch `Config::wasm_{}`.\n", proposal.name));
        }
        if ops.is_empty() {
            page.push_str("\nIt has no opcodes of its own.\n");
            continue;
        }
        page.push_str("\n| instruction | encoding | stack | fuel | traps | what it does |\n|---|---|---|---|---|---|\n");
        for op in ops {
            row(model, op, &mut page);
        }
    }
    page
}

fn row(model: &Model, op: &Op, page: &mut String) {
    let imms: String =
        op.imms.iter().map(|imm| format!(" *{}: {}*", imm.name, describe_imm(&imm.kind).replace('|', "\\|"))).collect();
    let traps: Vec<&str> = op.traps.iter().map(|trap| model.traps[trap.trap].message.as_str()).collect();
    let constant = if op.const_expr.is_some() { " Constant." } else { "" };
    page.push_str(&format!(
        "| `{}`{imms} | `{}` | `{}` | {} | {} | {}{constant} |\n",
        op.name,
        op.code,
        stack_notation(op),
        describe_price(model, op),
        traps.join(", "),
        op.doc.replace('|', "\\|"),
    ));
}

fn traps(model: &Model, page: &mut String) {
    page.push_str("\n## Traps\n\n| trap | message | when |\n|---|---|---|\n");
    for trap in &model.traps {
        page.push_str(&format!("| `{}` | {} | {} |\n", trap.name, trap.message, trap.doc));
    }
}

fn prices(model: &Model, page: &mut String) {
    page.push_str("\n## Prices\n\n| class | base | and one unit more for every |\n|---|---|---|\n");
    for class in &model.fuel {
        let more = match &class.per {
            None => String::new(),
            Some((Per::Operand(name), every)) => format!("{every} of the operand `{name}`"),
            Some((Per::Locals, every)) => format!("{every} locals of the function that is entered"),
            Some((Per::Values, every)) => format!("{every} values that are carried"),
        };
        page.push_str(&format!("| `{}` | {} | {more} |\n", class.name, class.base));
    }
}
