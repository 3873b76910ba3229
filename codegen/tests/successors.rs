//! The list of what often follows a row: the one of the repository is sound, and each kind of mistake gets its message.

mod common;

use tablature_codegen::diag::Source;
use tablature_codegen::model::Model;
use tablature_codegen::successors;

fn read(text: &str) -> Result<Model, String> {
    let mut model = common::model();
    let source = Source { path: "s.toml".into(), text: text.into() };
    successors::read(&mut model, &source).map(|()| model).map_err(|report| report.to_string())
}

#[test]
fn the_repositorys_list_is_sound() {
    let model = read(&common::read("spec/successors.toml")).unwrap();
    let count = model.ops.iter().filter(|op| !op.successors.is_empty()).count();
    assert!(count >= 50, "{count} rows have successors");
}

#[test]
fn rows_have_their_successors_in_the_order_of_the_list() {
    let model = read("[successors]\n\"local.get\" = [\"i32.const i32.add\", \"local.get\"]\n").unwrap();
    assert_eq!(model.op("local.get").unwrap().successors, [vec!["i32.const", "i32.add"], vec!["local.get"]]);
    assert!(model.op("local.set").unwrap().successors.is_empty());
}

#[test]
fn mistakes_are_reported_together_with_their_places() {
    let report = read(
        "[successors]\n\"local.gt\" = [\"local.set\"]\n\"br\" = [\"local.get\"]\n\"i32.add\" = [\"call\", \"memory.copy\"]\n\
         \"i32.sub\" = \"local.get\"\n\"i32.mul\" = [1]\n\
         \"i32.eq\" = [\"br_if local.get\", \"local.set local.get local.get\"]\n[pairs]\n",
    )
    .unwrap_err();
    let expected = "\
s.toml:2:1: there is no row `local.gt`
    help: did you mean `local.get`?
s.toml:3:1: nothing can be done behind `br`: it does not go on to the next instruction
s.toml:4:14: `call` cannot be done behind another: it does not go on to the next instruction
s.toml:4:22: `memory.copy` cannot be done behind another: it has a prefix
s.toml:5:13: successors are a list of names of rows
s.toml:6:14: a successor is the name of a row, or of several, divided by spaces
s.toml:7:13: `br_if` may branch, so that nothing stands behind it
s.toml:7:32: a handler does at most 2 rows more
s.toml:8:2: unknown section `pairs`: there is only `[successors]`
";
    assert_eq!(report, expected);
    assert_eq!(
        read("successors = 1").unwrap_err(),
        "s.toml:1:1: unknown section `successors`: there is only `[successors]`\n"
    );
    assert!(read("[successors").unwrap_err().starts_with("s.toml:1:"));
}
