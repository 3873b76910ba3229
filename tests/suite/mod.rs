//! Runs all files of a suite, prints what came of it, compares it with the snapshots, and fails with what failed.

use crate::ways::Way;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use tablature_wast::{Report, Runner, Settings};

/// A script: its name and its text.
pub type File = (String, Cow<'static, str>);

/// Runs `files`, and compares the counts and the traps with the snapshots called `name`.
pub fn check(name: &str, settings: &Settings, files: &[File]) {
    let reports = run(settings, files);
    let summary = summary(name, &reports);
    println!("{summary}");
    fail_if_any(&reports);
    snapshot("wast", name, &summary);
    let traps: String = reports
        .iter()
        .filter(|report| !report.traps.is_empty())
        .map(|report| format!("{}\n{}", report.name, report.traps_text()))
        .collect();
    if !traps.is_empty() {
        snapshot("traps", name, &traps);
    }
}

/// Runs `files` in slices of each of these sizes: results and traps must be those without slices, and the fuel that is
/// used the same for every size.
pub fn check_slices(settings: &Settings, files: &[File], slices: &[u64]) {
    let whole = run(settings, files);
    fail_if_any(&whole);
    let mut fuel = Vec::new();
    for slice in slices {
        let reports = run(&settings.clone().slices(*slice), files);
        fail_if_any(&reports);
        let resumed: u64 = reports.iter().map(|report| report.resumed).sum();
        println!(
            "slices of {slice}: {} directives, resumed {resumed} times",
            reports.iter().map(Report::directives).sum::<usize>()
        );
        for (whole, report) in whole.iter().zip(&reports) {
            assert_eq!(whole.traps, report.traps, "{}: other traps in slices of {slice}", whole.name);
            assert_eq!(whole.skipped, report.skipped, "{}: other skips in slices of {slice}", whole.name);
        }
        fuel.push(reports.iter().map(|report| (report.name.clone(), report.fuel)).collect::<Vec<_>>());
    }
    for (other, slice) in fuel.iter().zip(slices).skip(1) {
        for (first, other) in fuel[0].iter().zip(other) {
            assert_eq!(first, other, "other fuel in slices of {slice} than in slices of {}", slices[0]);
        }
    }
}

/// Fewer files than this may have no function in which register code hands over.
const FEW: usize = 5;

/// Runs the files in `ways` to execute them: they must pass, with the same traps at the same places, and
/// the same fuel where it is counted.
pub fn check_ways(settings: &Settings, files: &[File], ways: &[Way]) {
    let counted = settings.clone().slices(1 << 40);
    let in_place = run(&counted.clone().config(&Way::reference().config), files);
    fail_if_any(&in_place);
    // Where no fuel is used, nothing is executed, and one way is like another.
    let executing = |(file, report): (&File, Report)| (report.fuel > 0).then(|| (file.clone(), report));
    let (files, in_place): (Vec<File>, Vec<Report>) = files.iter().zip(in_place).filter_map(executing).unzip();
    println!("{} files execute something", files.len());
    // `check_slices` is for those in slices of fuel; directives cannot be interrupted.
    for way in ways.iter().filter(|way| way.slice.is_none() && !way.is_interrupted) {
        let base = if way.counts_fuel { &counted } else { settings };
        let others = run(&base.clone().config(&way.config), &files);
        fail_if_any(&others);
        for (first, other) in in_place.iter().zip(&others) {
            assert_eq!(first.traps, other.traps, "{}: other traps {way}", first.name);
            assert_eq!(first.skipped, other.skipped, "{}: other skips {way}", first.name);
            if way.counts_fuel {
                assert_eq!(first.fuel, other.fuel, "{}: other fuel {way}", first.name);
            }
        }
        let sum = |count: fn(&Report) -> u64| others.iter().map(count).sum::<u64>();
        let (passed, traps) = (sum(|report| report.passed as u64), sum(|report| report.traps.len() as u64));
        let handed_over = sum(|report| report.handed_over);
        println!("{way}: {passed} passed, {traps} traps, handed over {handed_over} times");
        let hands_over = handed_over > 0 || files.len() < FEW;
        assert!(hands_over || !way.hands_over, "{way}: register code never hands over");
    }
}

fn run(settings: &Settings, files: &[File]) -> Vec<Report> {
    let mut runner = Runner::new(settings);
    files.iter().map(|(name, text)| runner.run(name, text)).collect()
}

fn fail_if_any(reports: &[Report]) {
    let failures: Vec<String> = reports.iter().flat_map(|report| &report.failures).map(ToString::to_string).collect();
    assert!(failures.is_empty(), "{} directives failed:\n{}", failures.len(), failures.join("\n"));
}

/// The counts of a suite and each of its files, the reasons for which something was skipped, and the refusals that are
/// not in the suite's words.
fn summary(name: &str, reports: &[Report]) -> String {
    let mut text = String::new();
    let sum = |count: fn(&Report) -> usize| reports.iter().map(count).sum::<usize>();
    let (agree, compared) = (sum(|report| report.words.0), sum(|report| report.words.1));
    let _ = writeln!(text, "{name}: {} files, {} directives", reports.len(), sum(Report::directives));
    let _ = writeln!(
        text,
        "{} passed, {} refused by the text parser, {} failed, {} skipped",
        sum(|report| report.passed),
        sum(|report| report.text),
        sum(|report| report.failures.len()),
        sum(Report::skipped_count),
    );
    let _ = writeln!(text, "refusals in the suite's words: {agree} of {compared}");
    let mut reasons: BTreeMap<&str, Vec<(&str, usize)>> = BTreeMap::new();
    let mut wordings: BTreeMap<String, usize> = BTreeMap::new();
    for report in reports {
        for (reason, count) in &report.skipped {
            reasons.entry(reason).or_default().push((&report.name, *count));
        }
        for (wording, count) in &report.wordings {
            *wordings.entry(wording.to_string()).or_default() += count;
        }
    }
    if !reasons.is_empty() {
        let _ = writeln!(text, "\nskipped:");
    }
    for (reason, files) in reasons {
        let _ = writeln!(text, "{:>6} {reason}", files.iter().map(|(_, count)| count).sum::<usize>());
    }
    if !wordings.is_empty() {
        let _ = writeln!(text, "\nrefusals in other words:");
    }
    for (wording, count) in wordings {
        let _ = writeln!(text, "{count:>6} {wording}");
    }
    let _ = writeln!(text, "\npassed   text skipped");
    for report in reports {
        let skipped: Vec<String> = report.skipped.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        let Report { passed, text: refused, .. } = report;
        let line = format!("{passed:>6} {refused:>6} {:>7} {}", report.skipped_count(), report.name);
        let _ = writeln!(text, "{line}{}{}", if skipped.is_empty() { "" } else { ": " }, skipped.join(", "));
    }
    text
}

fn snapshot(folder: &str, name: &str, text: &str) {
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(Path::new("../../snapshots").join(folder));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name.to_string(), text));
}

/// The `.wast` files below a folder, with names relative to it, in order; nothing where there is no such folder.
pub fn folder(path: &Path) -> Option<Vec<File>> {
    let mut paths = Vec::new();
    collect(path, &mut paths)?;
    paths.sort();
    let read = |file: PathBuf| {
        let name = file.strip_prefix(path).unwrap_or(&file).to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        (name, Cow::Owned(text))
    };
    Some(paths.into_iter().map(read).collect())
}

fn collect(path: &Path, paths: &mut Vec<PathBuf>) -> Option<()> {
    for entry in std::fs::read_dir(path).ok()? {
        let path = entry.ok()?.path();
        if path.is_dir() {
            collect(&path, paths)?;
        } else if path.extension().is_some_and(|extension| extension == "wast") {
            paths.push(path);
        }
    }
    Some(())
}
