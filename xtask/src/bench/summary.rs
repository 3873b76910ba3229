//! The subject against all others: a ratio for each program and each of them.

use super::{
    comparison,
    program::{Group, Program},
    report::{NOTHING, Table},
    side::{Samples, Side},
    statistics::geometric_mean,
};

/// What all comparisons together say.
pub struct Summary {
    /// What was measured.
    pub subject: String,
    /// What it was held against.
    pub others: Vec<String>,
    /// A row for each program, group by group.
    pub rows: Vec<Row>,
}

/// One program's ratios.
pub struct Row {
    /// The program.
    pub program: String,
    /// What it says of other programs.
    pub group: Group,
    /// The subject's time divided by that of each other contestant; none where one of both does not run it.
    pub ratios: Vec<Option<f64>>,
}

impl Summary {
    /// What was measured with `programs`.
    pub fn new(programs: &[Program], subject: &Side, others: &[Side]) -> Self {
        let row = |(index, program): (usize, &Program)| Row {
            program: program.name().to_owned(),
            group: program.group(),
            ratios: others
                .iter()
                .map(|other| comparison::ratio(samples(subject, index), samples(other, index)))
                .collect(),
        };
        Self {
            subject: subject.contestant.name.clone(),
            others: others.iter().map(|other| other.contestant.name.clone()).collect(),
            rows: programs.iter().enumerate().map(row).collect(),
        }
    }

    /// The groups that there are.
    pub fn groups(&self) -> Vec<Group> {
        let mut groups = Group::ALL.to_vec();
        groups.retain(|group| self.rows.iter().any(|row| row.group == *group));
        groups
    }

    /// For each other contestant the geometric mean of the ratios of a group, or of all programs.
    pub fn means(&self, group: Option<Group>) -> Vec<Option<f64>> {
        let rows = || self.rows.iter().filter(|row| group.is_none_or(|group| row.group == group));
        let mean = |index| {
            let ratios: Vec<f64> = rows().filter_map(|row| row.ratios.get(index).copied().flatten()).collect();
            (!ratios.is_empty()).then(|| geometric_mean(&ratios))
        };
        (0..self.others.len()).map(mean).collect()
    }

    /// The table, with a column for each other contestant and the geometric mean of all in the last
    /// row.
    pub fn table(&self) -> Table {
        let subject = &self.subject;
        let note = format!(
            "The CPU time of `{subject}`, divided by that of each other contestant, as in the tables above; below 1, \
             `{subject}` is faster. Means are geometric, of what both run."
        );
        let groups = self.groups();
        let has_corpus = groups.len() > 1;
        let mut columns = vec!["program"];
        columns.extend(has_corpus.then_some("training corpus"));
        columns.extend(self.others.iter().map(String::as_str));
        let mut table = Table::new(format!("`{subject}` against all"), note, &columns);
        let mut add = |name: String, corpus: &str, ratios: &[Option<f64>]| {
            let mut cells = vec![name];
            cells.extend(has_corpus.then(|| corpus.to_owned()));
            cells.extend(ratios.iter().map(cell));
            table.row(cells);
        };
        for row in &self.rows {
            add(row.program.clone(), row.group.corpus(), &row.ratios);
        }
        for group in groups.into_iter().filter(|_| has_corpus) {
            add(format!("mean of {}", group.plural()), group.corpus(), &self.means(Some(group)));
        }
        add("geometric mean".to_owned(), "", &self.means(None));
        table
    }
}

/// What was measured of a side with the program at `index`.
fn samples(side: &Side, index: usize) -> Option<&Samples> {
    side.results.get(index)?.as_ref().ok()
}

/// A ratio as the table shows it.
fn cell(ratio: &Option<f64>) -> String {
    ratio.map_or(NOTHING.to_owned(), |ratio| format!("{ratio:.3}"))
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Ratios that no measurement has made.
    pub fn example() -> Summary {
        let row = |program: &str, group, ratios: [Option<f64>; 3]| Row {
            program: program.to_owned(),
            group,
            ratios: ratios.to_vec(),
        };
        Summary {
            subject: "tablature".to_owned(),
            others: ["wasmi", "tiny & slow", "quick"].map(str::to_owned).to_vec(),
            rows: vec![
                row("fib", Group::Workload, [Some(0.5), Some(0.125), Some(1.25)]),
                row("sieve", Group::Workload, [Some(2.0), Some(0.25), Some(3.5)]),
                row("sqlite", Group::LeftOut, [Some(0.8), None, Some(1.0)]),
                row("gcc", Group::InCorpus, [Some(0.4), None, Some(0.9)]),
            ],
        }
    }

    #[test]
    fn means_are_of_what_both_run() {
        let summary = example();
        let close = |mean: Option<f64>, wanted: f64| mean.is_some_and(|mean| (mean - wanted).abs() < 1e-12);
        let workloads = summary.means(Some(Group::Workload));
        assert!(close(workloads[0], 1.0) && close(workloads[1], 0.03125_f64.sqrt()));
        assert_eq!(summary.means(Some(Group::InCorpus)), [Some(0.4), None, Some(0.9)]);
        assert!(close(summary.means(None)[1], 0.03125_f64.sqrt()));
    }

    #[test]
    fn groups_have_means_of_their_own() {
        insta::with_settings!({ snapshot_path => "../../../snapshots/xtask", prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!("summary", example().table());
        });
    }

    #[test]
    fn one_group_has_one_mean() {
        let mut summary = example();
        summary.rows.retain(|row| row.group == Group::Workload);
        let text = summary.table().to_string();
        assert!(!text.contains("corpus"));
        assert_eq!(text.matches("mean").count(), 1);
    }
}
