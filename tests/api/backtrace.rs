//! Where a failed guest stood.

use super::{instance, module};
use tablature::{Config, Engine, Instance, Store, Trap};

const DEEP: &str = r#"(module $m
    (func $down (export "down") (param i32)
        (if (i32.eqz (local.get 0)) (then unreachable))
        (call $down (i32.sub (local.get 0) (i32.const 1)))))"#;

#[test]
fn frames_name_module_function_and_offset() {
    let mut store = Store::new(&Engine::default(), ());
    let instance = instance(&mut store, DEEP);
    let error = instance.invoke(&mut store, "down", &[tablature::Val::I32(2)]).unwrap_err();
    assert_eq!(error.trap(), Some(Trap::Unreachable));
    assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::Unreachable));
    let frames = error.backtrace().unwrap().frames();
    let names: Vec<_> = frames.iter().map(|frame| (frame.module_name(), frame.func_name())).collect();
    assert_eq!(names, [(Some("m"), Some("down")); 3]);
    assert!(frames[0].module_offset() < frames[1].module_offset());
    assert_eq!(frames[1].module_offset(), frames[2].module_offset());
}

#[test]
fn the_middle_of_deep_stacks_is_left_out_as_configured() {
    for (most, shown) in [(0, None), (4, Some((4, 97))), (1_000, Some((101, 0)))] {
        let engine = Engine::new(Config::new().wasm_backtrace_max_frames(most));
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module(&engine, DEEP), &[]).unwrap();
        let error = instance.invoke(&mut store, "down", &[tablature::Val::I32(100)]).unwrap_err();
        let found = error.backtrace().map(|backtrace| (backtrace.frames().len(), backtrace.omitted()));
        assert_eq!(found, shown);
    }
}

/// What the lines of the text format say, through the DWARF sections that its parser writes.
#[cfg(feature = "addr2line")]
#[test]
fn lines_come_from_dwarf_where_the_module_has_it() {
    let text = "(module\n  (func $inner\n    nop\n    unreachable)\n  (func (export \"f\")\n    call $inner))";
    let mut parser = wat::Parser::new();
    parser.generate_dwarf(wat::GenerateDwarf::Full);
    let binary = parser.parse_str(Some("dir/source.wat".as_ref()), text).unwrap();
    for wanted in [true, false] {
        let engine = Engine::new(Config::new().wasm_backtrace_details(wanted));
        let mut store = Store::new(&engine, ());
        let module = tablature::Module::new(&engine, &binary).unwrap();
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let error = instance.invoke(&mut store, "f", &[]).unwrap_err();
        let symbols = error.backtrace().unwrap().frames().iter().flat_map(tablature::FrameInfo::symbols);
        let places: Vec<_> = symbols.map(|symbol| (symbol.file().map(str::to_owned), symbol.line())).collect();
        if wanted {
            let at = |line| (Some("dir/source.wat".to_string()), Some(line));
            assert_eq!(places, [at(4), at(6)]);
            assert!(format!("{error:?}").contains("at dir/source.wat:4:5"), "{error:?}");
        } else {
            assert!(places.is_empty());
        }
    }
}
