//! What a module is made from, and what it says of itself.

use super::module;
use tablature::{Config, Engine, Error, ExternType, Module, ModuleError, Store, Val};

const NAMED: &str = r#"(module $counter
    (import "env" "limit" (global $limit i32))
    (func $next (export "next") (result i32) (i32.const 1))
    (memory (export "memory") 1 2))"#;

#[test]
fn imports_exports_and_names_are_told() {
    let module = module(&Engine::default(), NAMED);
    assert_eq!(
        (module.name(), module.function_name(0), module.function_name(1)),
        (Some("counter"), Some("next"), None)
    );
    let imports: Vec<_> = module.imports().map(|import| format!("{}.{}", import.module(), import.name())).collect();
    let exports: Vec<_> = module.exports().map(|export| export.name().to_string()).collect();
    assert_eq!((imports, exports), (vec!["env.limit".to_string()], vec!["next".to_string(), "memory".to_string()]));
    let Some(ExternType::Memory(ty)) = module.get_export("memory") else { panic!("it is a memory") };
    assert_eq!((ty.minimum(), ty.maximum(), ty.page_size()), (1, Some(2), 65_536));
    assert_eq!(module.custom_sections().map(|section| section.name().to_string()).collect::<Vec<_>>(), ["name"]);
}

#[test]
fn an_invalid_module_is_refused_with_its_place() {
    let engine = Engine::default();
    let invalid = wat::parse_str("(module (func (result i32) (i64.const 1)))").unwrap();
    let error: Error = Module::new(&engine, &invalid).unwrap_err();
    let place: &ModuleError = error.downcast_ref().expect("it is an error of the module");
    assert_eq!(place.offset(), invalid.len() - 1);
    assert_eq!(error.to_string(), Module::validate(&engine, &invalid).unwrap_err().to_string());
    assert!(error.to_string().starts_with("type mismatch: expected i32, found i64"), "{error}");
}

#[test]
fn a_proposal_that_is_off_is_named() {
    let engine = Engine::new(Config::new().wasm_tail_call(false));
    let text = wat::parse_str("(module (func $f (return_call $f)))").unwrap();
    let error = Module::new(&engine, text).unwrap_err();
    assert!(error.to_string().contains("\"Tail calls\" is not enabled"), "{error}");
}

#[test]
fn the_short_forms_do_the_same() {
    let engine = Engine::default();
    let bytes = wat::parse_str(r#"(module (func (export "f") (param i32) (result i32) (local.get 0)))"#).unwrap();
    let path = std::env::temp_dir().join(format!("tablature-{}.wasm", std::process::id()));
    std::fs::write(&path, &bytes).unwrap();
    let of_file = Module::from_file(&engine, &path);
    std::fs::remove_file(&path).unwrap();
    for module in [Module::from_bytes(&engine, &bytes).unwrap(), of_file.unwrap()] {
        let mut store = Store::new(&engine, ());
        let instance = tablature::Instance::new(&mut store, &module, &[]).unwrap();
        assert_eq!(instance.invoke(&mut store, "f", &[Val::I32(7)]).unwrap(), [Val::I32(7)]);
        let message = instance.invoke(&mut store, "g", &[]).unwrap_err().to_string();
        assert_eq!(message, "there is no exported function \"g\"");
    }
    let message = Module::from_file(&engine, "no/such/file.wasm").unwrap_err().to_string();
    assert!(message.starts_with("cannot read no/such/file.wasm: "), "{message}");
}

#[cfg(feature = "wat")]
#[test]
fn text_is_taken_where_the_feature_is_on() {
    let engine = Engine::default();
    assert_eq!(Module::new(&engine, NAMED).unwrap().name(), Some("counter"));
    assert!(Module::new(&engine, "(module (func").unwrap_err().to_string().contains("expected"));
}
