//! Canonical NaNs.

use super::instance;
use tablature::{Config, Engine, Store, Val};

/// Every instruction of the table whose result may be a NaN of any bits, as a function of operands that make it one.
fn text() -> (String, Vec<(String, usize)>) {
    let mut text = String::from("(module");
    let mut names = Vec::new();
    for opcode in tablature::Opcode::ALL.iter().map(|opcode| opcode.info()).filter(|info| info.nans) {
        let operands: Vec<&str> = opcode.stack.split("->").next().unwrap().split_whitespace().collect();
        let types: Vec<&str> = operands.iter().map(|operand| operand.rsplit(':').next().unwrap()).collect();
        let gets: String = (0..types.len()).map(|index| format!(" (local.get {index})")).collect();
        let (params, result) = (types.join(" "), &opcode.name[..3]);
        text += &format!("(func (export \"{0}\") (param {params}) (result {result}) ({0}{gets}))", opcode.name);
        names.push((opcode.name.to_string(), types.len()));
    }
    (text + ")", names)
}

#[test]
fn arithmetic_gives_the_canonical_nan_only_where_it_is_wanted() {
    let (text, names) = text();
    assert_eq!(names.len(), 24);
    for probe_fails in [false, true] {
        let engine = Engine::new(Config::new().canonical_nans(true).probe_fails(probe_fails));
        let mut store = Store::new(&engine, ());
        let instance = instance(&mut store, &text);
        for (name, count) in &names {
            let is_double = name.starts_with("f64") != name.contains("mote");
            // A negative NaN with a payload of its own.
            let nan = if is_double { Val::F64(0xFFF8_0000_0000_1234) } else { Val::F32(0xFFC0_1234) };
            let results = instance.invoke(&mut store, name, &vec![nan; *count]).unwrap();
            let canonical =
                if name.starts_with("f64") { Val::F64(0x7FF8_0000_0000_0000) } else { Val::F32(0x7FC0_0000) };
            assert_eq!(results, [canonical], "{name}");
        }
    }
}

#[test]
fn what_only_moves_bits_keeps_them() {
    let engine = Engine::new(Config::new().canonical_nans(true));
    let mut store = Store::new(&engine, ());
    let text = r#"(module
        (func (export "neg") (param f64) (result f64) (f64.neg (local.get 0)))
        (func (export "same") (param f64) (result f64) (local.get 0)))"#;
    let instance = instance(&mut store, text);
    let nan = Val::F64(0xFFF0_0000_0000_0001);
    assert_eq!(instance.invoke(&mut store, "same", &[nan]).unwrap(), [nan]);
    assert_eq!(instance.invoke(&mut store, "neg", &[nan]).unwrap(), [Val::F64(0x7FF0_0000_0000_0001)]);
}
