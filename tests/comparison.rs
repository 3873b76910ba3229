//! `docs/comparison.md` says what stands here for items of other engines: what it names exists, and where it says that
//! nothing does, nothing of that name has come since.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use tablature::Proposal;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Calls `each` with the text of every Rust file below `folder`.
fn each_source(folder: &Path, each: &mut impl FnMut(&str)) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("it can be listed").path();
        if path.is_dir() {
            each_source(&path, each);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            each(&fs::read_to_string(&path).expect("it is UTF-8"));
        }
    }
}

/// The word at the beginning of `text`.
fn word(text: &str) -> &str {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default()
}

/// `text` without the list of type parameters at its beginning.
fn without_parameters(text: &str) -> &str {
    let mut depth = 0;
    let mut before = ' ';
    for (place, c) in text.char_indices() {
        match c {
            '<' => depth += 1,
            '>' if before != '-' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return if c == '>' { &text[place + 1..] } else { text };
        }
        before = c;
    }
    text
}

/// Public types, and their functions, variants, fields and constants as `Type::name`, by the layout that rustfmt gives.
fn public_items(source: &str, items: &mut BTreeSet<String>) {
    /// What the lines between two braces at the margin belong to.
    enum Owner<'s> {
        Impl(&'s str),
        /// A trait or an enum, whose parts need not be called public.
        Open(&'s str),
        Nothing,
    }
    let mut owner = Owner::Nothing;
    for line in source.lines() {
        if let Some(rest) = line.strip_prefix("impl") {
            let of = without_parameters(rest).trim_start();
            owner = if of.contains(" for ") { Owner::Nothing } else { Owner::Impl(word(of)) };
        } else if let Some(item) = line.strip_prefix("pub ") {
            let (kind, name) = item.split_once(' ').unwrap_or_default();
            let name = word(name);
            items.insert(name.to_string());
            owner = match kind {
                "enum" | "trait" => Owner::Open(name),
                "struct" => Owner::Impl(name),
                _ => Owner::Nothing,
            };
        } else if line.starts_with('}') {
            owner = Owner::Nothing;
        }
        let Some(part) = line.strip_prefix("    ").filter(|part| !part.starts_with(' ')) else { continue };
        let (of, part) = match owner {
            Owner::Impl(of) => (of, part.strip_prefix("pub ")),
            Owner::Open(of) => (of, Some(part)),
            Owner::Nothing => continue,
        };
        let Some(part) = part else { continue };
        let name = ["const fn ", "fn ", "const "].iter().find_map(|kind| part.strip_prefix(kind)).unwrap_or(part);
        items.insert(format!("{of}::{}", word(name)));
    }
}

/// All that the crates have and the document may name.
fn known() -> BTreeSet<String> {
    let mut items = BTreeSet::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["src/api", "wasi/src"] {
        each_source(&root.join(folder), &mut |source| public_items(source, &mut items));
    }
    for file in ["src/fuel.rs", "src/limits.rs"] {
        public_items(&read(file), &mut items);
    }
    // What the build makes from the table: a function for each proposal, and the traps.
    items.extend(Proposal::ALL.iter().map(|proposal| format!("Config::wasm_{}", proposal.id())));
    items.extend(tablature::Trap::ALL.iter().map(|trap| format!("Trap::{trap:?}")));
    items.extend(["Trap::ALL", "Trap::message"].map(String::from));
    // The command's options are fields of structures, its verbs variants of an enumeration.
    let mut declares = |line: &str| {
        let field = line.trim().strip_prefix("pub ").and_then(|field| field.split_once(':'));
        if let Some((name, _)) = field {
            items.insert(format!("--{}", word(name).replace('_', "-")));
        }
        if let Some((_, long)) = line.split_once("long = \"") {
            items.insert(format!("--{}", long.split('"').next().unwrap_or_default()));
        }
        if let Some(verb) = line.strip_prefix("    ").filter(|rest| rest.starts_with(char::is_uppercase)) {
            items.insert(format!("tablature {}", word(verb).to_lowercase()));
        }
    };
    for line in read("cli/src/args.rs").lines() {
        declares(line);
    }
    each_source(&root.join("cli/src/args"), &mut |source| source.lines().for_each(&mut declares));
    items
}

/// What stands between backticks.
fn names(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn what_it_names_exists_and_what_it_misses_does_not() {
    let page = read("docs/comparison.md");
    let known = known();
    assert!(known.contains("Config::consume_fuel") && known.contains("ResourceLimiter::memory_growing"));
    let (mut section, mut rows, mut wrong) = ("", 0, Vec::new());
    for (number, line) in (1..).zip(page.lines()) {
        section = line.strip_prefix("## ").unwrap_or(section);
        let Some(row) = line.strip_prefix('|').and_then(|row| row.strip_suffix('|')) else { continue };
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        if cells[0] == "wasmtime" || cells[0].starts_with("---") {
            continue;
        }
        rows += 1;
        let [wasmtime, wasmi, here, remark] = cells[..] else { panic!("line {number}: not four columns") };
        if here == "—" {
            if remark.is_empty() {
                wrong.push(format!("line {number}: it does not say why"));
            }
            let of = names(section).next().unwrap_or_default();
            for name in names(wasmtime).chain(names(wasmi)) {
                // The first type of the heading is the one that plain names belong to.
                let item = if name.contains("::") { name.to_string() } else { format!("{of}::{name}") };
                if known.contains(&item) || name.starts_with("--") && known.contains(name) {
                    wrong.push(format!("line {number}: {item} is here"));
                }
            }
        }
        let named = names(here).chain(names(remark).filter(|name| is_ours(name)));
        wrong.extend(named.filter(|name| !known.contains(*name)).map(|name| format!("line {number}: no {name} here")));
    }
    assert!(rows > 200, "{rows} rows");
    assert!(wrong.is_empty(), "docs/comparison.md\n{}", wrong.join("\n"));
}

/// Whether a remark means an item of these crates: `Type::function`, or an option.
fn is_ours(name: &str) -> bool {
    let is_type = name.starts_with(char::is_uppercase) && name.contains(char::is_lowercase);
    name.starts_with("--") || is_type && name.contains("::")
}
