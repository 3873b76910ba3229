//! Calling one exported function with arguments from the command line.

use crate::suggest;
use anyhow::{Context as _, Result, anyhow, bail};
use std::ffi::OsString;
use tablature::{ExternType, FuncType, Module, Val, ValType};

/// The exported functions of a module with their types, in order.
pub fn functions(module: &Module) -> Vec<(String, FuncType)> {
    let exports = module.exports().filter_map(|export| match export.ty() {
        ExternType::Func(ty) => Some((export.name().to_string(), ty.clone())),
        _ => None,
    });
    exports.collect()
}

/// The type of the exported function `name`.
pub fn find(module: &Module, name: &str) -> Result<FuncType> {
    let functions = functions(module);
    if let Some((_, ty)) = functions.iter().find(|(other, _)| other == name) {
        return Ok(ty.clone());
    }
    if let Some(other) = module.get_export(name) {
        bail!("\"{name}\" is a {}, not a function", other.kind());
    }
    let names: Vec<&str> = functions.iter().map(|(name, _)| name.as_str()).collect();
    bail!("there is no exported function \"{name}\"{}{}", suggest::did_you_mean(name, &names), list(&functions))
}

/// Lines that tell which functions there are; begins on a new line.
pub fn list(functions: &[(String, FuncType)]) -> String {
    if functions.is_empty() {
        return "\n  The module exports no functions.".to_string();
    }
    let lines: Vec<String> = functions.iter().map(|(name, ty)| format!("\n    {name} {ty}")).collect();
    format!("\n  It exports:{}", lines.concat())
}

/// The arguments of a function of type `ty`.
pub fn arguments(name: &str, ty: &FuncType, args: &[OsString]) -> Result<Vec<Val>> {
    let params = ty.params();
    if params.len() != args.len() {
        let count = params.len();
        bail!("{name} {ty} takes {count} argument{}, found {}", if count == 1 { "" } else { "s" }, args.len());
    }
    let parsed = params.iter().zip(args).enumerate().map(|(place, (ty, text))| {
        let context = || format!("argument {} of {name}", place + 1);
        let text = text.to_str().ok_or_else(|| anyhow!("not text in UTF-8")).with_context(context)?;
        parse(text, *ty).with_context(context)
    });
    parsed.collect()
}

/// A value of type `ty`.
fn parse(text: &str, ty: ValType) -> Result<Val> {
    let value = match ty {
        ValType::I32 => integer(text, 32).map(|value| Val::I32(value as i32)),
        ValType::I64 => integer(text, 64).map(|value| Val::I64(value as i64)),
        ValType::F32 => float(text, &F32).map(|bits| Val::F32(bits as u32)),
        ValType::F64 => float(text, &F64).map(Val::F64),
        ValType::FUNCREF if text == "null" => Some(Val::FuncRef(None)),
        ValType::EXTERNREF if text == "null" => Some(Val::ExternRef(None)),
        _ => None,
    };
    let expected = match ty {
        ValType::I32 => "an i32 from -2147483648 to 4294967295, such as 7, -7 or 0xff",
        ValType::I64 => "an i64 from -2^63 to 2^64-1, such as 7, -7 or 0xff",
        ValType::F32 | ValType::F64 => "a float such as 1.5, -1e3, inf or nan",
        _ => "null: other references cannot be written",
    };
    value.ok_or_else(|| anyhow!("expected {expected}, found \"{text}\""))
}

/// Signed or unsigned, decimal or hexadecimal; two's complement in the low `width` bits.
fn integer(text: &str, width: u32) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let value = sign * magnitude(digits)?;
    let range = -(1i128 << (width - 1))..1 << width;
    range.contains(&value).then_some(value)
}

fn magnitude(digits: &str) -> Option<i128> {
    let (digits, radix) = match digits.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None => (digits, 10),
    };
    // A second sign is none of the digits, and `from_str_radix` would take it.
    let digits = digits.replace('_', "");
    if digits.starts_with(['+', '-']) { None } else { i128::from_str_radix(&digits, radix).ok() }
}

/// The form of a float type.
struct Form {
    width: u32,
    /// Bits of the fraction.
    fraction: u32,
    parse: fn(&str) -> Option<u64>,
}

const F32: Form =
    Form { width: 32, fraction: 23, parse: |text| text.parse().ok().map(|value: f32| u64::from(value.to_bits())) };
const F64: Form = Form { width: 64, fraction: 52, parse: |text| text.parse().ok().map(f64::to_bits) };

impl Form {
    fn infinity(&self) -> u64 {
        ((1 << (self.width - 1 - self.fraction)) - 1) << self.fraction
    }

    fn canonical_payload(&self) -> u64 {
        1 << (self.fraction - 1)
    }

    fn payload_mask(&self) -> u64 {
        (1 << self.fraction) - 1
    }
}

/// The bits of a float.
fn float(text: &str, form: &Form) -> Option<u64> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (1 << (form.width - 1), rest),
        None => (0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest.starts_with(['+', '-']) {
        return None;
    }
    let nan = |payload: u64| Some(sign | form.infinity() | payload);
    if rest == "nan" {
        return nan(form.canonical_payload());
    }
    if let Some(payload) = rest.strip_prefix("nan:0x") {
        let payload = u64::from_str_radix(payload, 16).ok()?;
        return if payload == 0 || payload > form.payload_mask() { None } else { nan(payload) };
    }
    Some(sign | (form.parse)(rest)?)
}

/// A value as [`arguments`] would read it.
pub fn show(value: &Val) -> String {
    match value {
        Val::I32(value) => value.to_string(),
        Val::I64(value) => value.to_string(),
        Val::F32(bits) => show_float(f32::from_bits(*bits), f32::is_nan, u64::from(*bits), &F32),
        Val::F64(bits) => show_float(f64::from_bits(*bits), f64::is_nan, *bits, &F64),
        Val::FuncRef(None) | Val::ExternRef(None) => "null".to_string(),
        Val::FuncRef(Some(_)) => "funcref".to_string(),
        Val::ExternRef(Some(_)) => "externref".to_string(),
        other => format!("{other:?}"),
    }
}

fn show_float<F: std::fmt::Debug + Copy>(value: F, is_nan: fn(F) -> bool, bits: u64, form: &Form) -> String {
    if !is_nan(value) {
        return format!("{value:?}");
    }
    let sign = if bits >> (form.width - 1) == 1 { "-" } else { "" };
    let payload = bits & form.payload_mask();
    if payload == form.canonical_payload() { format!("{sign}nan") } else { format!("{sign}nan:0x{payload:x}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, ty: ValType) -> String {
        parse(text, ty).map_or_else(|error| error.to_string(), |value| show(&value))
    }

    #[test]
    fn integers_are_read_in_both_signs_and_radixes() {
        let all = ["7", "-7", "+7", "0xff", "-0x1", "4294967295", "-2147483648", "1_000"];
        let shown = all.map(|text| read(text, ValType::I32));
        assert_eq!(shown, ["7", "-7", "7", "255", "-1", "-1", "-2147483648", "1000"]);
        assert_eq!(read("0xffffffffffffffff", ValType::I64), "-1");
        for wrong in ["", "-", "--1", "0x", "4294967296", "-2147483649", "1.5", "x"] {
            assert!(parse(wrong, ValType::I32).is_err(), "{wrong}");
        }
    }

    #[test]
    fn floats_are_read_with_their_special_values() {
        let all = ["1.5", "-1e3", "inf", "-inf", "nan", "-nan", "nan:0x1", "-0.0", "1e300", "3"];
        let shown = all.map(|text| read(text, ValType::F64));
        assert_eq!(shown, ["1.5", "-1000.0", "inf", "-inf", "nan", "-nan", "nan:0x1", "-0.0", "1e300", "3.0"]);
        assert_eq!(read("nan:0x200000", ValType::F32), "nan:0x200000");
        for wrong in ["", "-", "--1", "nan:0x0", "nan:0x800000", "one"] {
            assert!(parse(wrong, ValType::F32).is_err(), "{wrong}");
        }
    }

    #[test]
    fn of_references_only_null_is_read() {
        assert_eq!(read("null", ValType::FUNCREF), "null");
        assert!(parse("1", ValType::EXTERNREF).is_err());
    }
}
