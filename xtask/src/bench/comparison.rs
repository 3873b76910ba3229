//! The table of the subject against one other side.

use super::{
    program::{Group, Program},
    report::{NOTHING, Table, mebibytes},
    side::{Samples, Side},
    statistics::{geometric_mean, median, range, ratios},
};
use std::num::NonZeroU32;

/// The table of `subject` against `other`.
pub fn table(runs: NonZeroU32, programs: &[Program], subject: &Side, other: &Side) -> Table {
    let (first, second) = (&subject.contestant.name, &other.contestant.name);
    let title = format!("A: `{first}`, B: `{second}`");
    let note = format!(
        "CPU seconds, user and system, are the median of {runs} runs. A/B is the median of the \
         ratios of neighbouring runs, beside their range; below 1, A is faster. MiB is the peak of \
         resident memory."
    );
    let columns = ["program", "A, s", "B, s", "A/B", "range", "A, MiB", "B, MiB"];
    let mut table = Table::new(title, note, &columns);
    let mut medians = Vec::new();
    for ((program, ours), theirs) in programs.iter().zip(&subject.results).zip(&other.results) {
        let (ours, theirs) = (ours.as_ref().ok(), theirs.as_ref().ok());
        medians.extend(ratio(ours, theirs));
        table.row(row(program, ours, theirs));
    }
    let mean = if medians.is_empty() { NOTHING.to_owned() } else { format!("{:.3}", geometric_mean(&medians)) };
    table.row(vec!["geometric mean".to_owned(), String::new(), String::new(), mean]);
    for side in [subject, other] {
        let name = &side.contestant.name;
        side.failures(programs).for_each(|(program, reason)| table.remark(remark(name, program, reason)));
    }
    table
}

/// The line that says why a program does not run.
pub fn remark(contestant: &str, program: &str, reason: &str) -> String {
    format!("`{contestant}` does not run {program}: {reason}")
}

/// The median of the ratios of neighbouring runs, if both sides have run the program.
pub fn ratio(ours: Option<&Samples>, theirs: Option<&Samples>) -> Option<f64> {
    Some(median(&ratios(&ours?.cpu_seconds, &theirs?.cpu_seconds)))
}

/// One program's row; what was not measured is left out of it.
fn row(program: &Program, ours: Option<&Samples>, theirs: Option<&Samples>) -> Vec<String> {
    let mark = if program.group() == Group::InCorpus { " (in the training corpus)" } else { "" };
    let cell = |text: Option<String>| text.unwrap_or(NOTHING.to_owned());
    let seconds = |samples: &Samples| format!("{:.3}", median(&samples.cpu_seconds));
    let memory = |samples: &Samples| mebibytes(samples.peak_bytes);
    let both = ours.zip(theirs).map(|(ours, theirs)| ratios(&ours.cpu_seconds, &theirs.cpu_seconds));
    let range = |ratios: &Vec<f64>| {
        let (least, greatest) = range(ratios);
        format!("{least:.3}–{greatest:.3}")
    };
    vec![
        format!("{}{mark}", program.name()),
        cell(ours.map(seconds)),
        cell(theirs.map(seconds)),
        cell(both.as_deref().map(|ratios| format!("{:.3}", median(ratios)))),
        cell(both.as_ref().map(range)),
        cell(ours.map(memory)),
        cell(theirs.map(memory)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{contestant::Contestant, registry::Listed};

    fn samples(cpu_seconds: &[f64]) -> Result<Samples, String> {
        Ok(Samples { cpu_seconds: cpu_seconds.to_vec(), peak_bytes: 3 << 20 })
    }

    fn side(name: &str, results: Vec<Result<Samples, String>>) -> Side {
        Side { contestant: Contestant::new(name, Vec::new()), results }
    }

    #[test]
    fn what_one_side_does_not_run_is_left_out_and_said() {
        let programs = ["python", "gcc"].map(|name| Program::Listed(Listed { name: name.to_owned() }));
        let subject = side("a", vec![samples(&[1.0, 2.0]), samples(&[1.0, 1.0])]);
        let other = side("b", vec![samples(&[2.0, 4.0]), Err("no files".to_owned())]);
        let runs = NonZeroU32::new(2).expect("not zero");
        let text = table(runs, &programs, &subject, &other).to_string();
        let rows: Vec<_> = text.lines().skip(6).collect();
        let expected = [
            "| python                       | 1.500 | 3.000 | 0.500 | 0.500–0.500 |    3.0 |    3.0 |",
            "| gcc (in the training corpus) | 1.000 |     – |     – |           – |    3.0 |      – |",
            "| geometric mean               |       |       | 0.500 |             |        |        |",
            "",
            "- `b` does not run gcc: no files",
        ];
        assert_eq!(rows, expected);
    }
}
