//! Values: from scripts to the engine, and the comparison of results with what scripts expect.

use tablature::{ExternRef, RefType, Store, Val, ValType};
use wast::core::{AbstractHeapType, HeapType, NanPattern, WastArgCore, WastRetCore};
use wast::token::{F32, F64};
use wast::{WastArg, WastRet};

/// An argument as the engine takes it; an error names the proposal that it waits for.
pub(crate) fn argument(store: &mut Store<()>, arg: &WastArg<'_>) -> Result<Val, &'static str> {
    let WastArg::Core(arg) = arg else { return Err("component_model") };
    Ok(match arg {
        WastArgCore::I32(value) => Val::I32(*value),
        WastArgCore::I64(value) => Val::I64(*value),
        WastArgCore::F32(value) => Val::F32(value.bits),
        WastArgCore::F64(value) => Val::F64(value.bits),
        WastArgCore::RefNull(ty) => Val::default_for_ty(ValType::Ref(ref_type(ty).ok_or("gc")?)),
        WastArgCore::RefExtern(number) => Val::ExternRef(Some(ExternRef::new(store, *number))),
        WastArgCore::V128(_) => return Err("simd"),
        WastArgCore::RefHost(_) => return Err("gc"),
    })
}

fn ref_type(ty: &HeapType<'_>) -> Option<RefType> {
    match ty {
        HeapType::Abstract { shared: false, ty: AbstractHeapType::Func } => Some(RefType::Func),
        HeapType::Abstract { shared: false, ty: AbstractHeapType::Extern } => Some(RefType::Extern),
        _ => None,
    }
}

/// Whether `found` is what `expected` asks for.
pub(crate) fn matches(store: &Store<()>, found: &Val, expected: &WastRet<'_>) -> bool {
    match expected {
        WastRet::Core(expected) => matches_core(store, found, expected),
        _ => false,
    }
}

fn matches_core(store: &Store<()>, found: &Val, expected: &WastRetCore<'_>) -> bool {
    match (expected, found) {
        (WastRetCore::I32(expected), Val::I32(found)) => expected == found,
        (WastRetCore::I64(expected), Val::I64(found)) => expected == found,
        (WastRetCore::F32(expected), Val::F32(found)) => matches_f32(expected, *found),
        (WastRetCore::F64(expected), Val::F64(found)) => matches_f64(expected, *found),
        (WastRetCore::RefNull(None), Val::FuncRef(None) | Val::ExternRef(None)) => true,
        (WastRetCore::RefNull(Some(ty)), Val::FuncRef(None)) => {
            ref_type(ty) == Some(RefType::Func) || is_bottom(ty, AbstractHeapType::NoFunc)
        }
        (WastRetCore::RefNull(Some(ty)), Val::ExternRef(None)) => {
            ref_type(ty) == Some(RefType::Extern) || is_bottom(ty, AbstractHeapType::NoExtern)
        }
        (WastRetCore::RefFunc(_), Val::FuncRef(Some(_))) => true,
        (WastRetCore::RefExtern(None), Val::ExternRef(Some(_))) => true,
        (WastRetCore::RefExtern(Some(number)), Val::ExternRef(Some(found))) => {
            found.data::<u32>(&store) == Some(number)
        }
        (WastRetCore::Either(cases), found) => cases.iter().any(|case| matches_core(store, found, case)),
        _ => false,
    }
}

fn is_bottom(ty: &HeapType<'_>, bottom: AbstractHeapType) -> bool {
    matches!(ty, HeapType::Abstract { shared: false, ty } if *ty == bottom)
}

fn matches_f32(expected: &NanPattern<F32>, found: u32) -> bool {
    match expected {
        NanPattern::CanonicalNan => found & 0x7fff_ffff == 0x7fc0_0000,
        NanPattern::ArithmeticNan => found & 0x7fc0_0000 == 0x7fc0_0000,
        NanPattern::Value(value) => value.bits == found,
    }
}

fn matches_f64(expected: &NanPattern<F64>, found: u64) -> bool {
    match expected {
        NanPattern::CanonicalNan => found & 0x7fff_ffff_ffff_ffff == 0x7ff8_0000_0000_0000,
        NanPattern::ArithmeticNan => found & 0x7ff8_0000_0000_0000 == 0x7ff8_0000_0000_0000,
        NanPattern::Value(value) => value.bits == found,
    }
}
