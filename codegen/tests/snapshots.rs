//! The generated code of telling rows, for review: `snapshots/codegen/`. `TABLATURE_BLESS=1` writes it anew.

mod common;

use tablature_codegen::emit::{files, items_of};
use tablature_codegen::successors;

/// Compares `text` with the snapshot `name`.
fn snapshot(name: &str, description: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots/codegen");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_description(description);
    if common::bless() {
        // Read by insta at the first assertion of this process; tests of one binary all bless alike.
        let file = common::path("snapshots/codegen").join(format!("{name}.snap"));
        let text = text.trim_end();
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(
            &file,
            format!("---\nsource: codegen/tests/snapshots.rs\ndescription: {description:?}\n---\n{text}\n"),
        )
        .unwrap();
    }
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn generated_code_of_telling_rows() {
    let mut model = common::model();
    successors::read(&mut model, &common::source_of("spec/successors.toml"))
        .unwrap_or_else(|report| panic!("{report}"));
    let files = files(&model, &model, &[], |_| true);
    let private = common::PRIVATE.iter().map(|id| (*id, "an opcode of no standard"));
    let telling = [
        ("i32.add", "two operands, one result: what most rows look like"),
        ("i32.div_s", "a row that traps"),
        ("i32.load8_s", "a part of the machine selected by an immediate, and an address type that it determines"),
        ("local.tee", "a local that the function changes"),
        ("select", "a type that an operand determines"),
        ("call_indirect", "control flow by hand, validated by a rule beside the stack effect"),
        ("memory.copy", "two memories, and a price that depends on an operand"),
        ("br_if", "a branch, validated by hand"),
        ("table.grow", "a need: the owner of the machine does it"),
        ("f64.min", "floats"),
    ];
    for (id, why) in telling.into_iter().chain(private) {
        let op = model.op(id).unwrap_or_else(|| panic!("no row {id}"));
        // The row's line in the table changes with every row before it.
        let text = items_of(op, &files).replace(&format!("line: {}u32", op.line), "line: [line]");
        assert!(text.contains("visit_"), "{id} has no generated code");
        snapshot(id, &format!("{id}: {why}"), &text);
    }
}

#[test]
fn rows_with_code_by_hand_are_few() {
    let model = common::model();
    let rows: Vec<_> = model.ops.iter().filter(|op| op.is_hand_written()).collect();
    assert!(rows.len() <= 30, "{} rows with code by hand: the table has become decoration", rows.len());
    let lines: Vec<String> = rows
        .iter()
        .map(|op| {
            format!("{:22} {:8} {}", op.id, op.flow.name(), op.check.as_deref().unwrap_or("")).trim_end().to_owned()
        })
        .collect();
    let text = format!("{:22} {:8} {}\n{}", "row", "flow", "check", lines.join("\n"));
    snapshot("by_hand", "The rows with control flow or a validation rule by hand: id, flow, check", &text);
}
