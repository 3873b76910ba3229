//! Disassembly: against the text format, and against the validator.

use super::*;
use crate::{Caller, Config, Engine, Error, FuelCosts, Instance, Linker, Store, Strategy, Val};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

fn module(text: &str) -> Module {
    Module::new(&Engine::default(), wat::parse_str(text).unwrap()).unwrap()
}

fn lines(module: &Module, function: u32) -> Vec<String> {
    module.instructions(function).map(|instruction| instruction.to_string()).collect()
}

/// Each is written as the text format has it, and is read back as the same.
const SAME: &[&str] = &[
    "i32.const -7",
    "i64.const -9223372036854775808",
    "f32.const 1.5",
    "f32.const nan",
    "f32.const -nan:0x1",
    "f32.const nan:0x200000",
    "f64.const -0.0",
    "f64.const 1e300",
    "f64.const 5e-324",
    "f64.const -inf",
    "f64.const nan",
    "f64.const nan:0x4000000000000",
    "i32.load",
    "i32.load offset=8 align=2",
    "i32.load8_u 1 offset=4294967295",
    "i64.store 1 align=1",
    "memory.size",
    "memory.size 1",
    "memory.copy",
    "memory.copy 0 1",
    "memory.init 1 2",
    "memory.init 2",
    "data.drop 2",
    "table.get",
    "table.set 1",
    "table.copy 1 0",
    "table.init 1 0",
    "elem.drop 0",
    "table.grow 1",
    "local.get 0",
    "global.get 0",
    "call 3",
    "call_indirect (type 1)",
    "call_indirect 1 (type 1)",
    "return_call 3",
    "br_table 0 0 0",
    "br_table 0",
    "block",
    "block (result i32)",
    "loop (type 1) (param i32 i64) (result f32 f64)",
    "if",
    "select",
    "select (result externref)",
    "ref.null func",
    "ref.null extern",
    "ref.func 0",
    "i32.trunc_sat_f64_u",
    "f64.reinterpret_i64",
];

/// A module around an instruction that is valid after `unreachable`.
fn around(instruction: &str) -> String {
    let opens = ["block", "loop", "if"].iter().any(|name| instruction.starts_with(name));
    let (body, end) = (if opens { "unreachable" } else { "" }, if opens { "end" } else { "" });
    alloc::format!(
        r#"(module (type (func)) (type (func (param i32 i64) (result f32 f64)))
             (memory 1) (memory 1) (table 1 funcref) (table 1 funcref) (global i32 (i32.const 0))
             (data "a") (data "b") (data "c") (elem func 0)
             (func (local i32) unreachable {instruction} {body} {end} unreachable) (func) (func) (func))"#
    )
}

#[test]
fn instructions_are_written_as_the_text_format_has_them() {
    for instruction in SAME {
        let first = module(&around(instruction));
        let written = lines(&first, 0);
        assert_eq!(written[1], *instruction);
        let again = module(&around(&written[1]));
        assert!(first.instructions(0).map(|i| i.bytes()).eq(again.instructions(0).map(|i| i.bytes())), "{written:?}");
    }
}

#[test]
fn what_an_instruction_names_is_known() {
    let named = |instruction: &str| {
        let module = module(&around(instruction));
        module.instructions(0).nth(1).unwrap().indices().collect::<Vec<_>>()
    };
    use IndexSpace::{Data, Function, Local, Memory, Table, Type};
    assert_eq!(named("memory.copy 0 1"), [(Memory, 0), (Memory, 1)]);
    assert_eq!(named("memory.init 1 2"), [(Memory, 1), (Data, 2)]);
    assert_eq!(named("i32.load"), [(Memory, 0)]);
    assert_eq!(named("call_indirect 1 (type 1)"), [(Table, 1), (Type, 1)]);
    assert_eq!(named("local.get 0"), [(Local, 0)]);
    assert_eq!(named("ref.func 0"), [(Function, 0)]);
    assert_eq!(named("br_table 0 0 0"), []);
}

/// What stands before each instruction is what the validator has there.
fn check_operands(module: &Module) {
    for function in module.functions() {
        let mut end = function.code().start;
        for instruction in function.instructions() {
            assert_eq!(instruction.offset(), end);
            end += instruction.bytes().len() as u32;
            let types = module.types_at(function.index(), instruction.offset()).unwrap().unwrap();
            assert_eq!(instruction.operands() as usize, types.operands.len(), "{instruction} at {}", end);
        }
        assert_eq!(end, function.code().end);
    }
}

#[test]
fn operands_are_counted_as_the_validator_counts_them() {
    check_operands(&module(
        r#"(module (table 1 funcref) (memory 1)
            (func $two (param i32) (result i32 i64) (i32.const 1) (i64.const 2))
            (func $f (param i32) (result i64) (local f32)
              block (result i64)
                (call $two (local.get 0))
                local.get 0
                if (param i32 i64) (result i64)
                  i64.const 3  i32.const 1  br_if 1
                  drop  drop  drop  i64.const 4  return
                  unreachable  i32.add  drop
                else
                  loop (param i32 i64) (result i32 i64)
                    i32.const 0  br_if 0
                  end
                  br 1
                end
              end
              (call_indirect (param i32) (result i32 i64) (i32.const 5) (i32.const 0))
              i32.const 1  br_table 0 0 0
              drop  select)
            (func (result i64) i32.const 1  return_call $f  i32.eqz  drop  block  br 0  end  unreachable))"#,
    ));
}

#[test]
fn operands_of_generated_modules_are_counted_as_the_validator_counts_them() {
    use arbitrary::{Arbitrary as _, Unstructured};
    for seed in 0u64..40 {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let noise: Vec<u8> = core::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        })
        .take(2_000)
        .collect();
        let Ok(generated) = wasm_smith::Module::arbitrary(&mut Unstructured::new(&noise)) else { continue };
        if let Ok(module) = Module::new(&Engine::default(), generated.to_bytes()) {
            check_operands(&module);
        }
    }
}

#[test]
fn nesting_follows_blocks() {
    let module = module("(module (func block loop nop end i32.const 1 if nop else nop end end br 0))");
    let depths: Vec<u32> = module.instructions(0).map(|instruction| instruction.depth()).collect();
    assert_eq!(depths, [0, 1, 2, 1, 1, 1, 2, 1, 2, 1, 0, 0, 0]);
    let reachable: Vec<bool> = module.instructions(0).map(|instruction| instruction.is_reachable()).collect();
    assert_eq!(reachable.iter().filter(|reachable| !**reachable).count(), 1);
}

#[test]
fn names_of_all_spaces_are_read() {
    let module = module(
        r#"(module $m (type $t (func (param i32))) (memory $mem 1) (table $tab 1 funcref) (global $g i32 (i32.const 0))
            (elem $e func) (data $d "") (func $f (type $t) (param $p i32) (local $l i64)))"#,
    );
    let names: Vec<String> = module
        .names()
        .map(|name| alloc::format!("{:?} {:?} {} {}", name.space, name.function, name.index, name.name))
        .collect();
    assert_eq!(
        names,
        [
            "Function None 0 f",
            "Local Some(0) 0 p",
            "Local Some(0) 1 l",
            "Type None 0 t",
            "Table None 0 tab",
            "Memory None 0 mem",
            "Global None 0 g",
            "Element None 0 e",
            "Data None 0 d",
        ]
    );
}

#[test]
fn what_is_not_there_has_no_instructions() {
    let module = module(r#"(module (import "a" "b" (func)) (func))"#);
    assert_eq!(module.instructions(0).count(), 0);
    assert_eq!(module.instructions(7).count(), 0);
    assert!(module.function(0).is_none() && module.function(1).is_some());
    let body = module.function(1).unwrap().body();
    assert_eq!(module.function_at(body.end - 1).map(|function| function.index()), Some(1));
    assert!(module.function_at(body.end).is_none() && module.function_at(u32::MAX).is_none());
}

/// Calls, loops, branches, variable prices, growth, and a host function that calls back.
const BUSY: &str = r#"(module
    (import "host" "back" (func $back (param i32) (result i32)))
    (memory (export "memory") 1 3)
    (table $t 1 10 funcref)
    (elem (i32.const 0) $leaf)
    (type $leaf (func (param i32) (result i32)))
    (func $leaf (export "leaf") (type $leaf) (local i64 i64 i64 i64 i64 i64 i64 i64) (i32.add (local.get 0) (i32.const 1)))
    (func (export "busy") (param $n i32) (result i32) (local $sum i32)
      (loop $again
        (local.set $sum (i32.add (local.get $sum) (call $leaf (local.get $n))))
        (local.set $sum (i32.add (local.get $sum) (call_indirect (type $leaf) (local.get $n) (i32.const 0))))
        (local.set $sum (i32.div_u (local.get $sum) (i32.const 2)))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (memory.fill (i32.const 0) (i32.const 7) (i32.const 1000))
      (drop (memory.grow (i32.const 1)))
      (drop (table.grow $t (ref.null func) (i32.const 9)))
      (block $out (result i32) (br_if $out (call $back (local.get $sum)) (i32.const 1)))
      (return_call $leaf)))"#;

/// A store and the function `busy`. The host function calls `leaf`.
fn busy(config: &Config) -> (Store<u32>, crate::Func) {
    let engine = Engine::new(config);
    let module = Module::new(&engine, wat::parse_str(BUSY).unwrap()).unwrap();
    let mut linker = Linker::new(&engine);
    let back = |mut caller: Caller<'_, u32>, n: i32| -> crate::Result<i32> {
        *caller.data_mut() += 1;
        let leaf = caller.get_export("leaf").and_then(crate::Extern::into_func).unwrap();
        leaf.typed::<i32, i32>(&caller)?.call(&mut caller, n)
    };
    linker.func_wrap("host", "back", back).unwrap();
    let mut store = Store::new(&engine, 0);
    if config.consume_fuel {
        store.set_fuel(1_000_000).unwrap();
    }
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let function = instance.get_func(&store, "busy").unwrap();
    (store, function)
}

/// Outcome, result and fuel of calling `busy`, in steps or not; and how many steps there were.
fn call_busy(config: &Config, fuel: Option<u64>, stepping: bool) -> (String, Val, Option<u64>, u64) {
    let (mut store, function) = busy(config);
    if let Some(fuel) = fuel {
        store.set_fuel(fuel).unwrap();
    }
    let (mut results, mut steps) = ([Val::I32(0)], 0);
    let outcome = if stepping {
        function.call_stepping(&mut store, &[Val::I32(3)], &mut results, |_| {
            steps += 1;
            Ok(())
        })
    } else {
        function.call(&mut store, &[Val::I32(3)], &mut results)
    };
    let outcome = outcome.map_or_else(|error| alloc::format!("{error:?}"), |()| "finished".to_string());
    (outcome, results[0], store.get_fuel().ok(), steps)
}

#[test]
fn a_call_in_steps_does_the_same_for_the_same_fuel() {
    let mut config = Config::new();
    assert_eq!(call_busy(&config, None, true).1, call_busy(&config, None, false).1);
    config.consume_fuel(true);
    let whole = call_busy(&config, Some(10_000), false);
    let needed = 10_000 - whole.2.unwrap();
    for fuel in (0..needed).step_by(7).chain(needed - 3..needed + 3) {
        let (plain, stepped) = (call_busy(&config, Some(fuel), false), call_busy(&config, Some(fuel), true));
        assert_eq!((plain.0, plain.1, plain.2), (stepped.0, stepped.1, stepped.2), "{fuel}");
    }
    // With the unit prices there is a step for each unit, but for those of the guest that the host calls.
    config.fuel_costs(FuelCosts::unit());
    let (outcome, _, left, steps) = call_busy(&config, Some(10_000), true);
    assert_eq!((outcome.as_str(), steps), ("finished", 10_000 - left.unwrap() - 3));
}

#[test]
fn a_call_in_steps_runs_in_place() {
    let mut config = Config::new();
    let in_place = call_busy(config.strategy(Strategy::InPlace), None, true);
    assert_eq!(in_place, call_busy(config.strategy(Strategy::Auto).warm_up(0, 0), None, true));
    assert!(in_place.3 > 10, "{in_place:?}");
}

#[test]
fn a_call_in_steps_can_be_interrupted() {
    let mut config = Config::new();
    config.interruptible(true);
    let (mut store, function) = busy(&config);
    let handle = store.interrupt_handle().unwrap();
    let mut steps = 0;
    let error = function.call_stepping(&mut store, &[Val::I32(3)], &mut [Val::I32(0)], |_| {
        steps += 1;
        if steps == 10 {
            handle.interrupt();
        }
        Ok(())
    });
    assert!(error.unwrap_err().is_interrupted());
    assert_eq!(steps, 10);
    // And so can the plain call after it.
    assert!(function.call(&mut store, &[Val::I32(3)], &mut [Val::I32(0)]).is_ok());
}

#[test]
fn an_error_of_the_observer_ends_the_call_where_it_stands() {
    let (mut store, function) = busy(&Config::new());
    let error = function.call_stepping(&mut store, &[Val::I32(3)], &mut [Val::I32(0)], |step| {
        if step.opcode() == Opcode::I32DivU { Err(Error::msg("enough")) } else { Ok(()) }
    });
    let error = error.unwrap_err();
    assert_eq!((error.to_string().as_str(), error.backtrace().unwrap().frames().len()), ("enough", 1));
}

#[test]
fn steps_show_values_names_and_callees() {
    let text = r#"(module $m (import "a" "b" (func (param f32))) (func $g (param i64) (local f64) (nop))
        (func (export "f") (param i32) (call $g (i64.const 5)) (call 0 (f32.const 1.5))))"#;
    let engine = Engine::default();
    let module = Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
    let mut store = Store::new(&engine, ());
    let host = crate::Func::wrap(&mut store, |_: f32| {});
    let instance = Instance::new(&mut store, &module, &[host.into()]).unwrap();
    let mut lines = Vec::new();
    let f = instance.get_func(&store, "f").unwrap();
    f.call_stepping(&mut store, &[Val::I32(1)], &mut [], |step| {
        let (index, depth, first) = (step.func_index(), step.call_depth(), step.is_first());
        let name = step.function_name(index).unwrap_or_default();
        let callee = step.host_callee().and_then(|index| step.function_name(index));
        let (locals, operands) = (step.locals(), step.operands());
        lines.push(alloc::format!("{depth} {name} {first} {step} {locals:?} {operands:?} {callee:?}"));
        assert_eq!(step.module_name(), Some("m"));
        Ok(())
    })
    .unwrap();
    let f64_zero = "F64(0)";
    assert_eq!(
        lines,
        [
            "0 f true i64.const 5 [I32(1)] [] None".to_string(),
            "0 f false call 1 [I32(1)] [I64(5)] None".to_string(),
            alloc::format!("1 g true nop [I64(5), {f64_zero}] [] None"),
            "0 f false f32.const 1.5 [I32(1)] [] None".to_string(),
            "0 f false call 0 [I32(1)] [F32(1069547520)] Some(\"a.b\")".to_string(),
        ]
    );
}
