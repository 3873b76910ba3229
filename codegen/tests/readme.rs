//! What `spec/README.md` explains is complete, and its walk-through is true.

mod common;

use tablature_codegen::diag::Source;
use tablature_codegen::emit::{files, items_of};
use tablature_codegen::immediate::{KINDS, PARTS};
use tablature_codegen::load;
use tablature_codegen::model::Flow;
use tablature_codegen::table::{KEYS, PRICE_KEYS, PROPOSAL_KEYS, TRAP_KEYS};
use tablature_codegen::types::{ABSTRACT, CLASSES, CONSTRUCTORS};

const PAGE: &str = "spec/README.md";

#[test]
fn everything_that_a_table_can_say_is_explained() {
    let page = common::read(PAGE);
    let names = KEYS
        .into_iter()
        .chain(PROPOSAL_KEYS)
        .chain(TRAP_KEYS)
        .chain(PRICE_KEYS)
        .chain(KINDS)
        .chain(PARTS.map(|(name, ..)| name))
        .chain(CONSTRUCTORS.map(|(name, _)| name))
        .chain(ABSTRACT)
        .chain(CLASSES)
        .chain(Flow::ALL.map(Flow::name))
        .chain(["locals", "values", "null", "top", "exact", "mut"]);
    for name in names {
        let is_explained = ["`", "(", " `", "`ref("].iter().any(|before| {
            page.match_indices(&format!("{before}{name}")).any(|(at, found)| {
                let after = page[at + found.len()..].chars().next().unwrap_or(' ');
                !(after.is_ascii_alphanumeric() || after == '_')
            })
        });
        assert!(is_explained, "{PAGE} does not explain `{name}`");
    }
}

#[test]
fn the_grammar_is_that_of_the_parser() {
    let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let source = common::read("codegen/src/effect.rs");
    let grammar = source.split("//! ```text\n").nth(1).and_then(|rest| rest.split("//! ```").next()).unwrap();
    let page = squeeze(&common::read(PAGE));
    for rule in grammar.lines() {
        let rule = squeeze(rule.trim_start_matches("//!")).replace("`_`", "\"_\"");
        assert!(page.contains(&rule), "{PAGE} lacks the rule {rule:?}");
    }
}

/// The fenced blocks of a language, without their indentation.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let fence = format!("   ```{language}\n");
    let blocks = page.split(&fence).skip(1).map(|rest| rest.split("   ```").next().unwrap_or_default());
    blocks.map(|block| block.lines().map(|line| format!("{}\n", line.trim_start_matches("   "))).collect()).collect()
}

#[test]
fn the_walk_through_is_true() {
    let page = common::read(PAGE);
    let mut source = common::source();
    // Whoever follows it has the row already.
    if !source.text.contains("\"i32.average\"") {
        source.text.push_str(&format!("\n{}", blocks(&page, "toml")[0]));
    }
    let source = Source { path: "spec/instructions.toml".into(), text: source.text };
    let model = load(&source).unwrap_or_else(|report| panic!("{report}"));
    let code = items_of(model.op("i32.average").unwrap(), &files(&model, &model, &[], |_| true));
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let code = words(&code);
    let reference = words(&common::read("docs/instructions.md"));
    let shown = blocks(&page, "diff").pop().unwrap();
    for line in shown.lines().filter(|line| line.starts_with('+') && !line.starts_with("+++")) {
        // The row is in the reference only once somebody has followed the steps.
        let is_row = line.starts_with("+|") && !reference.contains("i32.average");
        assert!(is_row || reference.contains(&words(&line[1..])) || code.contains(&words(&line[1..])), "{line:?}");
    }
}
