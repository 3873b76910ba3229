//! Tables with mistakes, each with exactly the report that it must get: `bad/*.toml`, where the report stands at the
//! end behind `#>`. `TABLATURE_BLESS=1` writes the reports anew; read what it changed.

mod common;

use std::fs;
use tablature_codegen::{diag::Source, generate, load};

const MARK: &str = "#>";

#[test]
fn every_mistake_gets_its_report() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for path in common::files_in("codegen/tests/bad", "toml") {
        count += 1;
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let table: String =
            text.lines().filter(|line| !line.starts_with(MARK)).map(|line| format!("{line}\n")).collect();
        let table = table.trim_end().to_owned() + "\n";
        let source = Source { path: name.clone(), text: table.clone() };
        // A table that is sound may still be one that the generator cannot turn into code.
        let report = match (load(&source).err(), generate(&source, &Source::default(), 0, &Source::default(), |_| true))
        {
            (Some(report), Err(again)) => {
                assert_eq!(report.entries, again.entries, "{name}: `load` and `generate` report alike");
                report
            }
            (None, Err(report)) => report,
            (_, Ok(_)) => panic!("{name} has no mistake"),
        };
        assert!(!report.entries.is_empty(), "{name}: a report says something");
        let mut expected = table + "\n";
        for line in report.to_string().lines() {
            expected.push_str(format!("{MARK} {line}").trim_end());
            expected.push('\n');
        }
        if common::bless() {
            fs::write(&path, expected).unwrap();
        } else if text != expected {
            wrong.push(format!("{name} gets:\n{report}"));
        }
    }
    assert!(count >= 32, "only {count} tables");
    assert!(wrong.is_empty(), "{}\nTABLATURE_BLESS=1 accepts this.", wrong.join("\n"));
}
