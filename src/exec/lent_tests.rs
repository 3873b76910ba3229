//! That a guest runs in memory that was lent: module, lists and stacks stand in arrays, and overflow is an error.

use super::frame::SLACK;
use super::state::{Bytes, ModuleData, ModuleRef};
use super::{Core, Exit, Frame, PADDING, Prices, Stack};
use crate::binary::parts::{Body, FunctionEntry, TypeEntry};
use crate::binary::{ErrorKind, Parts, parse};
use crate::buf::Buf;
use crate::features::Features;
use crate::fuel::FuelCosts;
use crate::limits::ModuleLimits;
use crate::trap::Trap;
use crate::types::Type;
use crate::validate::Scratch;

const FACTORIAL: &str = r#"(module
    (func (export "fac") (param i64) (result i64)
        (if (result i64) (i64.eqz (local.get 0))
            (then (i64.const 1))
            (else (i64.mul (local.get 0) (call 0 (i64.sub (local.get 0) (i64.const 1))))))))"#;

/// The module and the zeros behind it, as they would stand in flash.
fn flash() -> Vec<u8> {
    let mut bytes = wat::parse_str(FACTORIAL).unwrap();
    bytes.extend([0; PADDING]);
    bytes
}

fn parts<'a>(
    types: &'a mut [TypeEntry],
    pool: &'a mut [Type],
    functions: &'a mut [FunctionEntry],
    bodies: &'a mut [Body],
) -> Parts<'a> {
    Parts {
        types: Buf::lent(types),
        type_pool: Buf::lent(pool),
        functions: Buf::lent(functions),
        bodies: Buf::lent(bodies),
        ..Parts::default()
    }
}

#[test]
fn a_guest_runs_in_lent_memory() {
    let bytes = flash();
    let module_bytes = &bytes[..bytes.len() - PADDING];
    let (mut types, mut pool) = ([TypeEntry { start: 0, params: 0, results: 0 }; 1], [Type::I32; 2]);
    let (mut functions, mut bodies) = ([FunctionEntry { ty: 0, declared: false }; 1], [Body::default(); 1]);
    let mut parts = parts(&mut types, &mut pool, &mut functions, &mut bodies);
    let features = Features::default();
    parse(module_bytes, features, &ModuleLimits::default(), &mut parts, &mut Scratch::default()).unwrap();
    let module = ModuleData { bytes: Bytes::Lent(&bytes), parts, features };

    let (mut values, mut frames) = ([0; 256 + SLACK], [Frame::default(); 16]);
    let mut core = Core::default();
    core.stack = Stack {
        values: Buf::lent(&mut values),
        frames: Buf::lent(&mut frames),
        max_values: 256,
        max_frames: 16,
        ..Stack::default()
    };
    let prices = Prices::new(&FuelCosts::default());
    core.instantiate(&ModuleRef::Lent(&module), &[], &prices).unwrap();

    let outer = core.begin(0, &[10]).unwrap().unwrap();
    assert_eq!(core.run(&prices), Ok(Exit::Finished));
    assert_eq!(core.results(), [3_628_800]);
    core.end(outer);

    // Sixteen return records are too few for this.
    core.begin(0, &[20]).unwrap().unwrap();
    assert_eq!(core.run(&prices), Ok(Exit::Trap(Trap::CallStackExhausted)));
}

#[test]
fn a_list_that_is_too_short_is_an_error() {
    let bytes = flash();
    let module_bytes = &bytes[..bytes.len() - PADDING];
    let (mut types, mut pool) = ([TypeEntry { start: 0, params: 0, results: 0 }; 1], [Type::I32; 1]);
    let mut parts = parts(&mut types, &mut pool, &mut [], &mut []);
    let limits = ModuleLimits::default();
    let error = parse(module_bytes, Features::default(), &limits, &mut parts, &mut Scratch::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutOfMemory);
}
