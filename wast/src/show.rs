//! Values as scripts write them, for messages.

use tablature::{ExternRef, Store, Val};
use wast::WastRet;
use wast::core::{HeapType, NanPattern, V128Pattern, WastRetCore};
use wast::token::{F32, F64, Index};

/// What a script expects: `(i32.const 7)`.
pub(crate) fn expected(values: &[WastRet<'_>]) -> String {
    list(values.iter().map(|value| match value {
        WastRet::Core(value) => core(value),
        _ => "(a value of a component)".to_string(),
    }))
}

/// What the engine gave: `(i32.const 7)`.
pub(crate) fn found(store: &Store<()>, values: &[Val]) -> String {
    list(values.iter().map(|value| match value {
        Val::I32(value) => constant("i32", value),
        Val::I64(value) => constant("i64", value),
        Val::F32(bits) => constant("f32", &f32(*bits)),
        Val::F64(bits) => constant("f64", &f64(*bits)),
        Val::FuncRef(None) => "(ref.null func)".to_string(),
        Val::FuncRef(Some(_)) => "(ref.func)".to_string(),
        Val::ExternRef(None) => "(ref.null extern)".to_string(),
        Val::ExternRef(Some(reference)) => host(store, reference),
        other => format!("(a value of type {})", other.ty()),
    }))
}

fn list(values: impl Iterator<Item = String>) -> String {
    let values: Vec<String> = values.collect();
    if values.is_empty() { "no values".to_string() } else { values.join(" ") }
}

fn constant(ty: &str, value: &impl std::fmt::Display) -> String {
    format!("({ty}.const {value})")
}

fn host(store: &Store<()>, reference: &ExternRef) -> String {
    match reference.data::<u32>(&store) {
        Some(number) => format!("(ref.extern {number})"),
        None => "(ref.extern)".to_string(),
    }
}

fn core(value: &WastRetCore<'_>) -> String {
    match value {
        WastRetCore::I32(value) => constant("i32", value),
        WastRetCore::I64(value) => constant("i64", value),
        WastRetCore::F32(pattern) => constant("f32", &f32_pattern(pattern)),
        WastRetCore::F64(pattern) => constant("f64", &f64_pattern(pattern)),
        WastRetCore::V128(pattern) => format!("(v128.const {})", lanes(pattern)),
        WastRetCore::RefNull(None) => "(ref.null)".to_string(),
        WastRetCore::RefNull(Some(ty)) => format!("(ref.null {})", heap_type(ty)),
        WastRetCore::RefExtern(number) => format!("(ref.extern{})", optional(*number)),
        WastRetCore::RefHost(number) => format!("(ref.host {number})"),
        WastRetCore::RefFunc(Some(Index::Num(number, _))) => format!("(ref.func {number})"),
        WastRetCore::RefFunc(Some(Index::Id(id))) => format!("(ref.func ${})", id.name()),
        WastRetCore::RefFunc(None) => "(ref.func)".to_string(),
        WastRetCore::RefAny => "(ref.any)".to_string(),
        WastRetCore::RefEq => "(ref.eq)".to_string(),
        WastRetCore::RefArray => "(ref.array)".to_string(),
        WastRetCore::RefStruct => "(ref.struct)".to_string(),
        WastRetCore::RefI31 => "(ref.i31)".to_string(),
        WastRetCore::RefI31Shared => "(ref.i31_shared)".to_string(),
        WastRetCore::Either(cases) => {
            format!("(either {})", cases.iter().map(core).collect::<Vec<_>>().join(" "))
        }
    }
}

fn optional(number: Option<u32>) -> String {
    number.map_or_else(String::new, |number| format!(" {number}"))
}

/// The names of abstract heap types are those of their variants in small letters.
fn heap_type(ty: &HeapType<'_>) -> String {
    match ty {
        HeapType::Abstract { shared, ty } => {
            let name = format!("{ty:?}").to_lowercase();
            if *shared { format!("(shared {name})") } else { name }
        }
        _ => "of a type of the module".to_string(),
    }
}

fn f32_pattern(pattern: &NanPattern<F32>) -> String {
    match pattern {
        NanPattern::CanonicalNan => "nan:canonical".to_string(),
        NanPattern::ArithmeticNan => "nan:arithmetic".to_string(),
        NanPattern::Value(value) => f32(value.bits),
    }
}

fn f64_pattern(pattern: &NanPattern<F64>) -> String {
    match pattern {
        NanPattern::CanonicalNan => "nan:canonical".to_string(),
        NanPattern::ArithmeticNan => "nan:arithmetic".to_string(),
        NanPattern::Value(value) => f64(value.bits),
    }
}

/// The shortest number that is read as these bits.
fn f32(bits: u32) -> String {
    let value = f32::from_bits(bits);
    if value.is_nan() { nan(bits >> 31 != 0, u64::from(bits & 0x7F_FFFF)) } else { format!("{value:?}") }
}

/// The shortest number that is read as these bits.
fn f64(bits: u64) -> String {
    let value = f64::from_bits(bits);
    if value.is_nan() { nan(bits >> 63 != 0, bits & 0xF_FFFF_FFFF_FFFF) } else { format!("{value:?}") }
}

fn nan(negative: bool, payload: u64) -> String {
    format!("{}nan:0x{payload:x}", if negative { "-" } else { "" })
}

fn lanes(pattern: &V128Pattern) -> String {
    let join = |shape: &str, lanes: Vec<String>| format!("{shape} {}", lanes.join(" "));
    match pattern {
        V128Pattern::I8x16(lanes) => join("i8x16", lanes.iter().map(i8::to_string).collect()),
        V128Pattern::I16x8(lanes) => join("i16x8", lanes.iter().map(i16::to_string).collect()),
        V128Pattern::I32x4(lanes) => join("i32x4", lanes.iter().map(i32::to_string).collect()),
        V128Pattern::I64x2(lanes) => join("i64x2", lanes.iter().map(i64::to_string).collect()),
        V128Pattern::F32x4(lanes) => join("f32x4", lanes.iter().map(f32_pattern).collect()),
        V128Pattern::F64x2(lanes) => join("f64x2", lanes.iter().map(f64_pattern).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tablature::{Engine, Store};
    use wast::parser::{ParseBuffer, parse};
    use wast::{Wast, WastDirective};

    /// What an assertion expects, shown.
    fn shown(results: &str) -> String {
        let text = format!("(assert_return (invoke \"f\") {results})");
        let buffer = ParseBuffer::new(&text).unwrap();
        let wast: Wast<'_> = parse(&buffer).unwrap();
        match wast.directives.first() {
            Some(WastDirective::AssertReturn { results, .. }) => expected(results),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn expected_values_are_shown_as_they_are_written() {
        for written in [
            "(i32.const -7)",
            "(i64.const 9)",
            "(f32.const 1.5) (f64.const -0.0)",
            "(f32.const nan:canonical)",
            "(f64.const -nan:0x1)",
            "(f64.const inf)",
            "(v128.const i16x8 0 1 2 3 4 5 6 -7)",
            "(v128.const f32x4 1.0 nan:arithmetic 0.0 -1.5)",
            "(ref.null)",
            "(ref.null func)",
            "(ref.null nofunc)",
            "(ref.extern 3)",
            "(ref.func)",
            "(either (i32.const 1) (i32.const 2))",
        ] {
            assert_eq!(shown(written), written);
        }
        assert_eq!(shown(""), "no values");
    }

    #[test]
    fn found_values_are_shown_alike() {
        let mut store = Store::new(&Engine::default(), ());
        let reference = ExternRef::new(&mut store, 5u32);
        let values = [
            Val::I32(-7),
            Val::F32(1.5f32.to_bits()),
            Val::F64(0x7FF8_0000_0000_0000),
            Val::FuncRef(None),
            Val::ExternRef(Some(reference)),
        ];
        assert_eq!(
            found(&store, &values),
            "(i32.const -7) (f32.const 1.5) (f64.const nan:0x8000000000000) (ref.null func) (ref.extern 5)"
        );
    }
}
