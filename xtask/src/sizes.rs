//! How much code and memory the engine takes in a microcontroller: docs/sizes.md.

mod elf;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use elf::Image;
use std::fmt::Write as _;
use std::{collections::BTreeMap, env, fs, path::PathBuf, process::Command};

/// Measures code and memory for a Cortex-M4, with several sets of features, and beside it other engines; prints
/// docs/sizes.md.
#[derive(Args)]
pub struct Sizes {
    /// Writes docs/sizes.md instead of printing it
    #[arg(long)]
    write: bool,
    /// Only measures the smallest build, and fails where it is more than 5 % larger than docs/sizes.md says
    #[arg(long, conflicts_with = "write")]
    check: bool,
}

const TARGET: &str = "thumbv7em-none-eabi";
const DOCUMENT: &str = "docs/sizes.md";

/// A build of an engine.
struct Build {
    name: &'static str,
    /// The program of `firmware/peers` that links it.
    package: &'static str,
    features: &'static str,
    explanation: &'static str,
}

/// This engine's, the smallest first.
const BUILDS: [Build; 5] = [
    Build {
        name: "`minimal`",
        package: "tablature-probe",
        features: "minimal",
        explanation: "WebAssembly 1.0 without floats",
    },
    Build {
        name: "`minimal`, `floats`",
        package: "tablature-probe",
        features: "minimal,floats",
        explanation: "WebAssembly 1.0",
    },
    Build {
        name: "`embedded`",
        package: "tablature-probe",
        features: "embedded",
        explanation: "what today's compilers use",
    },
    Build { name: "every proposal", package: "tablature-probe", features: "everything", explanation: "without a heap" },
    Build {
        name: "every proposal, `alloc`",
        package: "tablature-probe",
        features: "everything,alloc",
        explanation: "with a heap: the embedding API and a loop for each way to count fuel",
    },
];

/// Those of others.
const PEERS: [Build; 2] = [
    Build {
        name: "wasmi 2.0.0",
        package: "wasmi-probe",
        features: "",
        explanation: "no default features but `validate`; needs a heap",
    },
    Build {
        name: "tinywasm 0.8.0",
        package: "tinywasm-probe",
        features: "",
        explanation: "no default features but `parser`; needs a heap",
    },
];

/// What stands in a program that has no engine.
const EMPTY: Build = Build { name: "", package: "base", features: "", explanation: "" };

/// What symbols belong to, by the first of these parts of a path in their mangled names.
const PARTS: [(&str, &[&str]); 7] = [
    ("decoder", &["9tablature6binary", "9tablature6decode"]),
    ("validator", &["9tablature8validate"]),
    ("run loop", &["9tablature4exec7inplace", "9tablature4exec9registers"]),
    ("instances, calls, API", &["9tablature"]),
    ("`core`, `alloc`", &["C4core", "_4core", "N4core", "5alloc"]),
    ("helpers", &["17compiler_builtins", "4libm", "__", "mem"]),
    (SHARED, &[]),
];
const SHARED: &str = "inlined and shared";
const CONSTANTS: &str = "constants";

/// What a program takes.
struct Measured {
    /// Bytes of code by part, and of constants.
    parts: BTreeMap<&'static str, u64>,
    /// Sizes of the items of lists, where the program has them.
    items: Vec<(String, u64)>,
}

impl Measured {
    fn total(&self) -> u64 {
        self.parts.values().sum()
    }

    fn part(&self, name: &str) -> u64 {
        self.parts.get(name).copied().unwrap_or(0)
    }
}

impl Sizes {
    /// Measures.
    pub fn run(self) -> Result<()> {
        let smallest = &BUILDS[0];
        if self.check {
            let text = fs::read_to_string(root().join(DOCUMENT)).context(DOCUMENT)?;
            let before = documented(&text)?;
            let now = measure(smallest)?.total().saturating_sub(measure(&EMPTY)?.total());
            let most = before + before / 20;
            println!("{}: {now} bytes, {before} in {DOCUMENT}, {most} allowed", smallest.name);
            ensure!(now <= most, "the smallest build has grown by more than 5 %");
            return Ok(());
        }
        let text = document()?;
        if self.write {
            let path = root().join(DOCUMENT);
            return fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()));
        }
        print!("{text}");
        Ok(())
    }
}

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The total of the smallest build that the document has: the number after its name in the first table.
fn documented(text: &str) -> Result<u64> {
    let row = text.lines().find_map(|line| line.strip_prefix(&format!("| {} |", BUILDS[0].name)));
    let cell = row.and_then(|row| row.split('|').next()).context("no row of the smallest build")?;
    cell.trim().replace(',', "").parse().with_context(|| format!("no number: {cell}"))
}

/// Builds a program and measures it; an engine's, without what every program has.
fn measure(build: &Build) -> Result<Measured> {
    let folder = root().join("firmware/peers");
    let built =
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from).join("peers/sizes");
    let mut cargo = Command::new(root().join("scripts/firmware.d/cargo"));
    // The compiler that runs this program is not the one for microcontrollers, necessarily.
    cargo.current_dir(folder).env_remove("RUSTC").env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
    cargo.env("BUILD_STD", "core,alloc").env("CARGO_TARGET_DIR", &built);
    cargo.args([TARGET, "build", "--release", "--locked", "--quiet", "--package", build.package]);
    cargo.args(["--features", build.features]);
    let status = cargo.status().context("cannot start scripts/firmware.d/cargo")?;
    ensure!(status.success(), "cannot build {} ({})", build.package, build.features);
    let program = if build.package == EMPTY.package { "empty-probe" } else { build.package };
    let path = built.join(TARGET).join("release").join(program);
    let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    measure_image(&bytes).with_context(|| path.display().to_string())
}

fn measure_image(bytes: &[u8]) -> Result<Measured> {
    let image = Image::read(bytes)?;
    let (mut parts, mut items) = (BTreeMap::new(), Vec::new());
    let mut seen = BTreeMap::new();
    for symbol in &image.symbols {
        if let Some((_, list)) = symbol.name.rsplit_once("SIZE_") {
            items.push((list.to_lowercase(), symbol.size));
        } else if symbol.is_code {
            // Functions that are the same stand at one address under several names.
            seen.entry(symbol.address).or_insert(symbol);
        }
    }
    for symbol in seen.values() {
        *parts.entry(part_of(&symbol.name)).or_insert(0) += symbol.size;
    }
    // What has no symbol: jump tables and gaps; and what the compiler has taken out of several functions.
    let named: u64 = parts.values().sum();
    *parts.entry(SHARED).or_insert(0) += image.code.saturating_sub(named);
    let sizes: u64 = items.iter().map(|(_, size)| size).sum();
    parts.insert(CONSTANTS, image.constants.saturating_sub(sizes));
    items.sort();
    Ok(Measured { parts, items })
}

fn part_of(symbol: &str) -> &'static str {
    let place = |names: &[&str]| names.iter().filter_map(|name| symbol.find(name)).min();
    let found = PARTS.iter().filter_map(|(part, names)| Some((place(names)?, *part)));
    // Of two that begin at the same place, the more special one stands first.
    found.min_by_key(|(place, _)| *place).map_or(SHARED, |(_, part)| part)
}

fn document() -> Result<String> {
    let empty = measure(&EMPTY)?.total();
    let total = |measured: &Measured| thousands(measured.total().saturating_sub(empty));
    let own = BUILDS.iter().map(|build| Ok((build, measure(build)?))).collect::<Result<Vec<_>>>()?;
    let peers = PEERS.iter().map(|build| Ok((build, measure(build)?))).collect::<Result<Vec<_>>>()?;

    let mut text = String::from(INTRODUCTION);
    text += "| features | bytes | |\n|---|---:|---|\n";
    for (build, measured) in own.iter().chain(&peers) {
        writeln!(text, "| {} | {} | {} |", build.name, total(measured), build.explanation)?;
    }

    text += PARTS_INTRODUCTION;
    write!(text, "| |")?;
    own.iter().try_for_each(|(build, _)| write!(text, " {} |", build.name))?;
    text += "\n|---|";
    own.iter().for_each(|_| text += "---:|");
    text += "\n";
    for part in PARTS.iter().map(|(part, _)| *part).chain([CONSTANTS]) {
        write!(text, "| {part} |")?;
        own.iter().try_for_each(|(_, measured)| write!(text, " {} |", thousands(measured.part(part))))?;
        text += "\n";
    }

    text += MEMORY_INTRODUCTION;
    let [(_, smallest), _, _, (_, largest), _] = &own[..] else { bail!("other builds") };
    text += "| an item of | `minimal` | every proposal |\n|---|---:|---:|\n";
    for ((list, size), (_, most)) in smallest.items.iter().zip(&largest.items) {
        let name = match list.as_str() {
            "module" => "the `Module` itself".to_string(),
            "store" => "the `Store` itself".to_string(),
            list => format!("`{list}`"),
        };
        writeln!(text, "| {name} | {size} | {most} |")?;
    }
    Ok(text)
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let grouped: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    grouped.join(",")
}

const INTRODUCTION: &str = "\
# Code and memory in a microcontroller

Written by `cargo run -p xtask -- sizes --write`; `cargo run -p xtask -- sizes --check` fails where the smallest build has
grown by more than 5 %. The numbers differ a little from compiler to compiler.

Bytes of code and constants for a Cortex-M4 (`thumbv7em-none-eabi`: floats are computed by functions), with
`opt-level = \"z\"`, fat LTO and `panic = \"abort\"`. Each program validates a module, gives it a host function, instantiates it
and calls it; what a program without an engine has is taken off. The sources are in `firmware/peers`.

";

const PARTS_INTRODUCTION: &str = "
## By part

By the functions' names. What the compiler inlined into the program around the engine, or took out of several functions,
stands under \"inlined and shared\".

";

const MEMORY_INTRODUCTION: &str = "
## Memory

Without a heap, the engine takes what the program lends, and the host's stack. Bytes of the items of the lists (see
`tablature::heapless`); one value type is 1 byte, an index 4, a value of the stack 8. The program in `firmware` prints how
these add up for a guest with 2 KiB of memory, and how deep the host's stack becomes: `scripts/firmware`.

";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_belong_to_the_first_part_of_their_paths() {
        let parts = [
            ("_RINvNtCs1_9tablature6decode11instructionNtNtB4_8validate9ValidatorEB4_", "decoder"),
            ("_RNvXs_NtCs1_9tablature8validateNtB5_9ValidatorNtNtB7_6decode7Visitor8visit_br", "validator"),
            ("_RINvNtNtCs1_9tablature4exec7inplace8run_loopE", "run loop"),
            ("_RNvMNtNtCs1_9tablature4exec4coreNtB2_4Core3run", "instances, calls, API"),
            ("_ZN4core3str8converts9from_utf817h0E", "`core`, `alloc`"),
            ("__aeabi_uldivmod", "helpers"),
            ("OUTLINED_FUNCTION_1", SHARED),
        ];
        for (symbol, part) in parts {
            assert_eq!(part_of(symbol), part, "{symbol}");
        }
    }

    #[test]
    fn the_total_of_the_smallest_build_is_found() {
        let text =
            "| features | bytes | |\n|---|---:|---|\n| `minimal` | 50,251 | x |\n| `minimal`, `floats` | 6 | x |";
        assert_eq!(documented(text).unwrap(), 50_251);
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!([0, 999, 51_674, 1_234_567].map(thousands), ["0", "999", "51,674", "1,234,567"]);
    }
}
