//! Tables that were damaged at random: reading them never panics, and a refusal always says why and where.

mod common;

use tablature_codegen::{diag::Source, generate, load};

/// Random numbers by xorshift: the same in every run, so that a failure comes back.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

/// Damages `text` in one to three places: lines, words or characters.
fn damage(text: &str, random: &mut Random) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..=random.below(3) {
        let at = random.below(lines.len());
        match random.below(8) {
            0 => _ = lines.remove(at),
            1 => lines.insert(at, lines[at].clone()),
            2 => {
                let other = random.below(lines.len());
                lines.swap(at, other);
            }
            3 => {
                let other = lines[random.below(lines.len())].clone();
                let half = other.chars().count() / 2;
                lines[at].extend(other.chars().skip(half));
            }
            4 => lines[at] = with_other_word(&lines[at], random),
            _ => {
                let mut characters: Vec<char> = lines[at].chars().collect();
                let place = random.below(characters.len() + 1);
                let marks: Vec<char> = "\"'[]{}()=,.:#-!> \\0x9az_ä\u{301}\t".chars().collect();
                let mark = marks[random.below(marks.len())];
                match random.below(3) {
                    0 if place < characters.len() => _ = characters.remove(place),
                    1 if place < characters.len() => characters[place] = mark,
                    _ => characters.insert(place, mark),
                }
                lines[at] = characters.into_iter().collect();
            }
        }
        if lines.is_empty() {
            break;
        }
    }
    lines.join("\n")
}

/// The line with one of its words replaced, perhaps by one that is a keyword or a name of generated code.
fn with_other_word(line: &str, random: &mut Random) -> String {
    let others = [
        "self", "Self", "crate", "fn", "type", "match", "async", "machine", "at", "r", "value", "any", "heaptype",
        "null", "funcref", "v128", "params", "need", "call", "throw", "memarg", "0", "i32", "t", "",
    ];
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let starts: Vec<usize> = line
        .char_indices()
        .filter(|(at, c)| is_of_word(*c) && !line[..*at].chars().next_back().is_some_and(is_of_word))
        .map(|(at, _)| at)
        .collect();
    let Some(start) = starts.get(random.below(starts.len())) else { return line.to_owned() };
    let end = line[*start..].find(|c| !is_of_word(c)).map_or(line.len(), |length| start + length);
    format!("{}{}{}", &line[..*start], others[random.below(others.len())], &line[end..])
}

/// Holds that a report has an entry, and that each begins with a place within the text.
fn is_sound(source: &Source, report: &tablature_codegen::diag::Report) {
    assert!(!report.entries.is_empty(), "an empty report for:\n{}", source.text);
    for entry in &report.entries {
        let place: Vec<&str> = entry.splitn(4, ':').collect();
        let line: usize = place[1].parse().unwrap_or_else(|_| panic!("no line: {entry}"));
        assert!((1..=source.text.lines().count() + 1).contains(&line), "outside of the table: {entry}");
        assert!(place[3].trim().len() > 5, "says nothing: {entry}");
    }
}

#[test]
fn the_damaged_table_is_refused_with_reasons() {
    let table = common::read("spec/instructions.toml");
    let mut refused = 0;
    for seed in 1..=1600 {
        let text = damage(&table, &mut Random::new(seed));
        let source = Source { path: "table.toml".into(), text };
        if let Err(report) = load(&source) {
            refused += 1;
            is_sound(&source, &report);
        }
    }
    assert!(refused > 800, "only {refused} of the damaged tables were refused");
}

/// A small table that has what emitters distinguish, so that damage hits it often.
const SMALL: &str = r#"
proposal.mvp = { title = "WebAssembly 1.0", base = true }
proposal.more = { title = "More", needs = ["mvp"] }
trap.oob = { message = "out of bounds", doc = "It reached beyond the end." }
fuel.simple = 1
fuel.bulk = { base = 4, per = "len", every = 64 }
fuel.call = { base = 2, per = "locals", every = 8 }
shape.binary = { stack = "lhs:t rhs:t -> t", fuel = "simple", doc = "Computes." }
shape.load = { imm = ["m: memarg"], stack = "addr:addr(m) -> t", with = ["memory(m)"], traps = ["oob"], fuel = "simple", doc = "Loads." }
[op.mvp]
"i32.add" = { code = [0x6A], shape = "binary", t = "i32", sem = "num::add", commutes = true }
"i64.div" = { code = [0x7F], shape = "binary", t = "i64", sem = "num::div", traps = { oob = "7 0" } }
"i32.load" = { code = [0x28], shape = "load", t = "i32", sem = "mem::load::<i32, i32>", align = 4 }
"i32.const" = { code = [0x41], imm = ["value: i32"], stack = "-> i32", sem = "num::constant", fuel = "simple", doc = "Pushes.", const_expr = "mvp" }
"select" = { code = [0x1B], stack = "first:t second:t cond:i32 -> t", t = "numeric", sem = "parametric::select", fuel = "simple", doc = "Selects." }
"br" = { code = [0x0C], imm = ["l: labelidx"], stack = "label(l) -> !", flow = "branch", fuel = "simple", doc = "Branches." }
"call" = { code = [0x10], imm = ["f: funcidx"], stack = "params(f) -> results(f)", flow = "call", fuel = "call", doc = "Calls." }
"local.tee" = { code = [0x22], imm = ["x: localidx"], stack = "value:local(x) -> local(x)", with = ["mut local(x)"], sem = "variable::tee", fuel = "simple", doc = "Sets." }
"table.get" = { code = [0x25], imm = ["x: tableidx"], stack = "index:addr(x) -> elem(x)", with = ["table(x)"], sem = "table::get", traps = ["oob"], fuel = "simple", doc = "Gets." }
"ref.null" = { code = [0xD0], imm = ["ht: heaptype"], stack = "-> ref(null ht)", sem = "reference::null", fuel = "simple", doc = "Pushes." }
[op.more]
"memory.copy" = { code = [0xFC, 10], imm = ["d: memidx", "s: memidx"], stack = "dst:addr(d) src:addr(s) len:addr_min(d, s) ->", with = ["mut memories(d, s)"], sem = "mem::copy", traps = ["oob"], fuel = "bulk", doc = "Copies." }
"data.drop" = { code = [0xFC, 9], imm = ["d: dataidx"], stack = "->", with = ["mut data(d)"], sem = "mem::drop_segment", fuel = "simple", doc = "Drops.", check = "drop" }
"#;

#[test]
fn whatever_is_accepted_becomes_rust() {
    let mut generated = 0;
    for seed in 1..=400 {
        let text = damage(SMALL, &mut Random::new(seed));
        let source = Source { path: "table.toml".into(), text };
        match generate(&source, &Source::default(), 0, &Source::default(), |_| true) {
            Ok(_) => generated += 1,
            Err(report) => is_sound(&source, &report),
        }
    }
    assert!(generated > 30, "only {generated} of the damaged tables were accepted");
}
