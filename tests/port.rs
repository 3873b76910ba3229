//! `docs/port-from-wasmi.md` shows what changed in a program that was ported: what it says is there now stands in the
//! program, in this order.

use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_diff_is_that_of_the_program() {
    let page = read("docs/port-from-wasmi.md");
    let diff = page.split("```diff\n").nth(1).and_then(|rest| rest.split("```").next()).expect("it shows a diff");
    let mut hunks = diff.split("@@\n");
    let header = hunks.next().unwrap_or_default();
    let file = header.lines().find_map(|line| line.strip_prefix("+++ b/")).expect("it names the program");
    let program = read(file);
    let mut rest = program.as_str();
    let mut count = 0;
    for hunk in hunks {
        let now: Vec<&str> = hunk.lines().filter_map(|line| line.strip_prefix(['+', ' '])).collect();
        let now = now.join("\n") + "\n";
        let Some((_, after)) = rest.split_once(&now) else { panic!("{file} lacks, or has elsewhere:\n{now}") };
        rest = after;
        for line in hunk.lines().filter_map(|line| line.strip_prefix('-')) {
            assert!(!program.contains(line) || now.contains(line), "{file} still has:\n{line}");
        }
        count += 1;
    }
    assert!(count > 2, "{count} hunks");
}
