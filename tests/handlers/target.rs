//! A handler, and the programs that should make translation choose it.

use crate::by_hand;
use crate::program::{Program, compose};
use crate::rows::Rows;
use crate::step::{Choice, Step};
use tablature::ValType;
use tablature_codegen::register::Instruction;

/// Settings that the translation to a handler depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Instructions, which must not become a part of a pair.
    Single,
    Pair,
    /// Instructions that there are only where NaNs are made canonical.
    Canonical,
}

impl Group {
    pub const ALL: [Self; 3] = [Self::Single, Self::Pair, Self::Canonical];
}

/// A handler.
pub struct Target<'r> {
    /// With `_repeats`, if it goes to the head of the innermost loop.
    pub name: String,
    instructions: Vec<&'r Instruction>,
    repeats: bool,
}

/// What stands behind the name of a handler that goes to the head of the innermost loop.
const REPEATS: &str = "_repeats";

impl<'r> Target<'r> {
    /// The handler of this name; nothing if its instructions are not those of the table.
    pub fn of(rows: &'r Rows, name: &str) -> Option<Self> {
        let plain = without_repeats(name);
        let instructions: Option<Vec<_>> = plain.split("_then_").map(|name| rows.instruction(name)).collect();
        Some(Self { name: name.to_owned(), instructions: instructions?, repeats: plain != name })
    }

    pub fn group(&self) -> Group {
        match self.instructions[..] {
            [single] if single.name.starts_with("canonical_") => Group::Canonical,
            [_] => Group::Single,
            _ => Group::Pair,
        }
    }

    /// Programs, with different immediates if it has some.
    pub fn programs(&self, rows: &Rows) -> Vec<Program> {
        let mut programs = Vec::new();
        for immediate in 0..3 {
            let found = any_types(self.instructions.len()).find_map(|types| self.program(rows, immediate, &types));
            let Some((program, has_immediates)) = found else { continue };
            programs.push(program);
            if !has_immediates {
                break;
            }
        }
        programs
    }

    fn program(&self, rows: &Rows, immediate: usize, types: &[ValType]) -> Option<(Program, bool)> {
        let step = |(instruction, any): (&&Instruction, &ValType)| {
            let choice = Choice { immediate, any: *any };
            let of_row = Step::of_row(&rows.model.ops, instruction, choice);
            of_row.or_else(|| by_hand::step(&instruction.name, choice))
        };
        let steps: Vec<Step> = self.instructions.iter().zip(types).map(step).collect::<Option<_>>()?;
        Some((compose(rows, &steps, self.repeats)?, steps.iter().any(Step::has_immediates)))
    }
}

/// What stands behind the name of a handler that looks for interruptions.
pub const INTERRUPTIBLE: &str = "_interruptible";

/// The name of a handler that does the same but goes elsewhere.
pub fn without_repeats(name: &str) -> &str {
    name.strip_suffix(REPEATS).unwrap_or(name)
}

/// The types to try for what may have several, a list for each of `count` steps.
fn any_types(count: usize) -> impl Iterator<Item = Vec<ValType>> {
    const TYPES: [ValType; 4] = [ValType::I64, ValType::I32, ValType::F32, ValType::F64];
    let number = TYPES.len().pow(count as u32);
    let digit = |number: usize, at: usize| TYPES[number / TYPES.len().pow(at as u32) % TYPES.len()];
    (0..number).map(move |number| (0..count).map(|at| digit(number, at)).collect())
}
