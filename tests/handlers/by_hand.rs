//! The steps of the instructions that are written by hand, because they move values and control.

use crate::step::{Choice, End, IF, Operand, Output, Role, Source, Step};
use crate::values::constant;
use tablature::ValType::{self, F32, F64, I32, I64};
use tablature_codegen::register::Accumulator;

/// The step of an instruction that has no row; nothing for one that is not known here.
pub fn step(name: &str, choice: Choice) -> Option<Step> {
    let constant = Source::Constant(constant(I32, true, choice.immediate));
    let any = choice.any;
    Some(match name {
        "copy" | "count" => plain(vec![slot(any)], "", any),
        "copy_several" => plain(vec![slot(I64), slot(I64)], COPY_SEVERAL, I64),
        "constant" => plain(vec![operand(I32, constant)], "", I32),
        "constant_long" => plain(vec![], "i64.const 0x123456789A", I64),
        "canonical_f32" => plain(vec![slot(F32), slot(F32)], "f32.div", F32),
        "canonical_f64" => plain(vec![slot(F64), slot(F64)], "f64.div", F64),
        "loop_head" => Step { output: None, ..plain(vec![], "loop\nend", I32) },
        "reserve" => Step { output: None, ..plain(vec![index(I32), slot(I32), index(I32)], "memory.fill", I32) },
        "br" => branch(vec![], "br $to"),
        "br_if_s" => branch(vec![slot(I32)], "br_if $to"),
        "br_if_a" => branch(vec![last(I32)], "br_if $to"),
        "br_unless_s" => branch(vec![slot(I32)], IF),
        "br_unless_a" => branch(vec![last(I32)], IF),
        "br_table_s" => branch(vec![slot(I32)], "br_table $exit $to $exit $to"),
        "br_table_a" => branch(vec![last(I32)], "br_table $exit $to $exit $to"),
        "return_nothing" => leaving(vec![], "return", &[]),
        "return_s" => leaving(vec![slot(any)], "return", &[any]),
        "return_i" => leaving(vec![operand(I32, constant)], "return", &[I32]),
        "return_a" => leaving(vec![in_accumulator(any, Accumulator::Integer)], "return", &[any]),
        "return_single" => leaving(vec![last(F32)], "return", &[F32]),
        "return_double" => leaving(vec![last(F64)], "return", &[F64]),
        "return_several" => leaving(vec![slot(F64), slot(I32)], "return", &[F64, I32]),
        "call" => plain(vec![slot(I64)], "call $identity", I64),
        "call_import" => plain(vec![slot(I64)], "call $host", I64),
        "call_indirect" => plain(vec![slot(I64), index(I32)], "call_indirect (type $identity)", I64),
        "return_call" => leaving(vec![slot(I64)], "return_call $identity", &[I64]),
        "return_call_indirect" => leaving(vec![slot(I64), index(I32)], "return_call_indirect (type $identity)", &[I64]),
        "memory_grow" => plain(vec![slot(I32)], "memory.grow $grown", I32),
        "table_grow" => plain(vec![slot(ValType::FUNCREF), slot(I32)], "table.grow $grown_table", I32),
        _ => return None,
    })
}

/// The two values that a branch carries move over one below them.
const COPY_SEVERAL: &str = "block (param i64 i64) (result i64 i64)\ni64.const 3\nbr 0\nend\ni64.sub";

fn plain(operands: Vec<Operand>, code: &str, ty: ValType) -> Step {
    let output = Output { ty, accumulator: None, in_slot: true };
    Step { operands, code: code.to_owned(), output: Some(output), end: End::Next, nans: false }
}

fn branch(operands: Vec<Operand>, code: &str) -> Step {
    Step { operands, code: code.to_owned(), output: None, end: End::Branch, nans: false }
}

fn leaving(operands: Vec<Operand>, code: &str, results: &[ValType]) -> Step {
    Step { operands, code: code.to_owned(), output: None, end: End::Return(results.to_vec()), nans: false }
}

fn operand(ty: ValType, source: Source) -> Operand {
    let accumulator = match ty {
        F32 => Accumulator::Single,
        F64 => Accumulator::Double,
        _ => Accumulator::Integer,
    };
    Operand { ty, source, accumulator, role: Role::Value }
}

/// What nothing has written lately.
fn slot(ty: ValType) -> Operand {
    operand(ty, Source::Parameter)
}

/// The same, of which small numbers are of interest.
fn index(ty: ValType) -> Operand {
    Operand { role: Role::Address, ..slot(ty) }
}

/// What has been computed last.
fn last(ty: ValType) -> Operand {
    operand(ty, Source::Accumulator)
}

fn in_accumulator(ty: ValType, accumulator: Accumulator) -> Operand {
    Operand { accumulator, ..last(ty) }
}
