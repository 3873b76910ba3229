//! The list of pairs: the one of the repository is sound, and each kind of mistake gets its message.

mod common;

use tablature_codegen::diag::Source;
use tablature_codegen::fusion;

fn read(text: &str) -> Result<Vec<(String, String)>, String> {
    let source = Source { path: "f.toml".into(), text: text.into() };
    fusion::read(&common::model(), &source).map_err(|report| report.to_string())
}

#[test]
fn the_repositorys_list_is_sound() {
    let text = common::read("spec/fusions.toml");
    let pairs = read(&text).unwrap();
    assert!(pairs.len() >= 100, "{} pairs", pairs.len());
    assert_eq!(fusion::select(&common::model(), &pairs).len(), pairs.len());
}

#[test]
fn pairs_whose_instructions_are_not_in_the_build_are_left_out() {
    let all = common::model();
    let pairs = read("[pairs]\n\"f64_add_ss_a f64_mul_as_a\" = 1.5\n\"copy copy\" = 1\n").unwrap();
    let selected = fusion::select(&all.restrict(|proposal| proposal != "floats"), &pairs);
    assert_eq!(selected.iter().map(|pair| pair.name.as_str()).collect::<Vec<_>>(), ["copy_then_copy"]);
}

#[test]
fn mistakes_are_reported_together_with_their_places() {
    let report = read(
        "[pairs]\n\"copy\" = 1\n\"copy cpy\" = 1\n\"copy copy\" = \"much\"\n\"br copy\" = 1\n\"copy call\" = 1\n\
         \"i32_div_s_ss_a i32_trunc_f32_s_a_a\" = 1\n[triples]\n",
    )
    .unwrap_err();
    let expected = "\
f.toml:2:1: `copy` are not two instructions, divided by a space
f.toml:3:1: there is no register instruction `cpy`
    help: `cargo run --release -p xtask -- profile` derives this file anew
f.toml:4:15: the share of what the pair saves is a number, in per cent
f.toml:5:1: `br copy` cannot be one: the first does not always go on to the next instruction
f.toml:6:1: `copy call` cannot be one: the second is executed again where it stops
f.toml:7:1: `i32_div_s_ss_a i32_trunc_f32_s_a_a` cannot be one: both trap, and the second has no fields, so that nobody would know which of them did
f.toml:8:2: unknown section `triples`: there is only `[pairs]`
";
    assert_eq!(report, expected);
    assert_eq!(read("pairs = 1").unwrap_err(), "f.toml:1:1: unknown section `pairs`: there is only `[pairs]`\n");
    assert!(read("[pairs").unwrap_err().starts_with("f.toml:1:"));
}
