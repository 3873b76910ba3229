//! The instruction reference in `docs/` is what the table says. `TABLATURE_BLESS=1` writes it anew.

mod common;

use tablature_codegen::emit::reference::markdown;

const PAGE: &str = "docs/instructions.md";

#[test]
fn the_page_is_fresh() {
    let page = markdown(&common::model());
    if common::bless() {
        std::fs::create_dir_all(common::path("docs")).unwrap();
        std::fs::write(common::path(PAGE), &page).unwrap();
    }
    let found = common::read(PAGE);
    let line = page.lines().zip(found.lines()).position(|(new, old)| new != old);
    assert!(page == found, "{PAGE} is stale from line {line:?} on: TABLATURE_BLESS=1 writes it anew");
}

#[test]
fn the_page_has_every_opcode_and_whole_tables() {
    let model = common::model();
    let page = markdown(&model);
    for op in &model.ops {
        assert!(page.contains(&format!("| `{}`", op.name)), "{} is missing", op.id);
    }
    // Links within the page lead to headings, and links out of it to files.
    for link in page.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        if let Some(anchor) = link.strip_prefix('#') {
            let is_heading = |line: &str| {
                line.starts_with("## ")
                    && line.to_lowercase().replace(['.', ','], "").replace(' ', "-").ends_with(anchor)
            };
            assert!(page.lines().any(is_heading), "no heading for {link}");
        } else {
            assert!(common::path(link.trim_start_matches("../")).exists(), "no file {link}");
        }
    }
    let mut columns = 0;
    for line in page.lines() {
        let bars = line.matches('|').count() - line.matches("\\|").count();
        let continues = columns > 0 && bars > 0;
        assert!(!continues || bars == columns, "a row with other columns: {line}");
        columns = bars;
    }
}
