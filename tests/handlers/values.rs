//! The values that programs are run with: those at which something changes.

use crate::step::Role;
use tablature::{Func, Val, ValType};

const I32: [i32; 7] = [0, -1, 7, 1, i32::MIN, i32::MAX, 32];
const I64: [i64; 8] = [0, -1, 7, 1, i64::MIN, i64::MAX, 1 << 32, i32::MIN as i64];
const F32: [f32; 8] = [0.0, f32::NAN, 1.5, -0.0, f32::INFINITY, f32::NEG_INFINITY, -1.5, 3e9];
const F64: [f64; 9] = [0.0, f64::NAN, 1.5, -0.0, f64::INFINITY, f64::NEG_INFINITY, -1.5, 3e9, 1e19];
/// Addresses and indices: in all of tables and memories, at their ends, and beyond.
const ADDRESSES: [i64; 8] = [0, 3, 4, 6, 65_528, 65_535, 65_536, -1];

/// A constant in the text format, of those that can stand in the code of an instruction: of 64 bits what 32 can show, with
/// or without a sign.
pub fn constant(ty: ValType, is_signed: bool, choice: usize) -> String {
    let integer = I32[choice % I32.len()];
    let number = match ty {
        ValType::F32 => float(F32[choice % F32.len()].into()),
        ValType::F64 => float(F64[choice % F64.len()]),
        ValType::I64 if !is_signed => (integer as u32).to_string(),
        _ => integer.to_string(),
    };
    format!("{ty}.const {number}")
}

/// A NaN in the text format.
pub const NAN: &str = "nan";

/// A float in the text format.
fn float(value: f64) -> String {
    if value.is_nan() { NAN.to_owned() } else { value.to_string() }
}

/// What an argument can be.
pub fn arguments(ty: ValType, role: Role, function: Func) -> Vec<Val> {
    let may_be = |value: &f64| role != Role::Number || !value.is_nan();
    match (ty, role) {
        (ValType::I32, Role::Address) => ADDRESSES.iter().map(|value| Val::I32(*value as i32)).collect(),
        (ValType::I64, Role::Address) => ADDRESSES.iter().map(|value| Val::I64(*value)).collect(),
        (ValType::I32, _) => I32.iter().map(|value| Val::I32(*value)).collect(),
        (ValType::I64, _) => I64.iter().map(|value| Val::I64(*value)).collect(),
        (ValType::F32, _) => {
            F32.iter().filter(|value| may_be(&f64::from(**value))).map(|value| Val::F32(value.to_bits())).collect()
        }
        (ValType::F64, _) => F64.iter().filter(|value| may_be(value)).map(|value| Val::F64(value.to_bits())).collect(),
        _ => vec![Val::FuncRef(None), Val::FuncRef(Some(function))],
    }
}

/// As many combinations as a program is run with, at most.
const MOST_COMBINATIONS: usize = 40;

/// Combinations of arguments: all of them, or some where there are many.
pub fn combinations(choices: &[Vec<Val>]) -> Vec<Vec<Val>> {
    let all: usize = choices.iter().map(Vec::len).product();
    let count = all.min(MOST_COMBINATIONS);
    // A step without a divisor in common with the number of combinations comes to each of them.
    let step = (0..).map(|more| all / count + more).find(|step| divisor(*step, all) == 1).unwrap_or(1);
    (0..count).map(|at| combination(choices, at * step % all)).collect()
}

/// The combination with this number.
fn combination(choices: &[Vec<Val>], number: usize) -> Vec<Val> {
    let mut rest = number;
    let mut next = |values: &Vec<Val>| {
        let value = values[rest % values.len()];
        rest /= values.len();
        value
    };
    choices.iter().map(&mut next).collect()
}

/// The greatest common divisor.
fn divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { divisor(b, a % b) }
}
