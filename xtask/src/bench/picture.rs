//! A summary as a bar chart: SVG that reads well on light and on dark grounds.
//!
//! Programs stand in rows and the other contestants in columns. A bar is as long as its ratio, and a
//! line in each column stands at 1, so a bar that ends before it is of a program that the subject
//! runs faster.

use super::{
    program::Group,
    report::NOTHING,
    summary::{Row, Summary},
};
use anyhow::{Context, Result};
use std::{fmt::Write as _, fs, iter, path::Path};

/// Distances in pixels: around everything, from row to row, and what rows with means have more.
const MARGIN: f64 = 16.0;
const ROW: f64 = 18.0;
const EXTRA: f64 = 6.0;
/// Above the first row: title, explanation, the columns' names.
const HEAD: f64 = 84.0;
/// Below the last row: the scale.
const FOOT: f64 = 24.0;
/// A column: where bars are, and the number behind them.
const BARS: f64 = 132.0;
const NUMBER: f64 = 52.0;
/// The height of a bar.
const BAR: f64 = 10.0;
/// The width of a character, roughly: a little more than the average of such fonts.
const CHARACTER: f64 = 6.8;
/// The most characters of a column's name.
const NAME: usize = 22;
/// The greatest ratio that has a bar of its full length; longer ones are cut, and end in a point.
const LONGEST: f64 = 2.0;

/// Colours for light grounds, then those for dark ones. Blue and orange differ for all eyes.
const STYLE: &str = "  text { font-family: system-ui, sans-serif; font-size: 12px; fill: #424a53 }
  .title { font-size: 15px; font-weight: 600; fill: #1f2328 }
  .strong { font-weight: 600; fill: #1f2328 }
  .weak { font-size: 11px; fill: #656d76 }
  .faster { fill: #3b7dc4 }
  .slower { fill: #d07a2d }
  .line { stroke: #8c959f; stroke-width: 1 }
  @media (prefers-color-scheme: dark) {
    text { fill: #b1bac4 }
    .title, .strong { fill: #f0f6fc }
    .weak { fill: #8b949e }
    .faster { fill: #539bf5 }
    .slower { fill: #e0903f }
    .line { stroke: #6e7681 }
  }
";

/// Writes the picture of `summary` to the file `path`.
pub fn write(summary: &Summary, path: &Path) -> Result<()> {
    fs::write(path, svg(summary)).with_context(|| format!("cannot write {}", path.display()))
}

/// What stands in one line of the picture.
enum Line<'a> {
    /// What the next lines are about.
    Heading(&'a str),
    /// The means of what the heading says.
    Mean(Vec<Option<f64>>),
    /// One program.
    Program(&'a Row),
}

/// The picture's text.
fn svg(summary: &Summary) -> String {
    let lines = lines(summary);
    let labels = MARGIN + CHARACTER * lines.iter().map(Line::characters).max().unwrap_or_default() as f64;
    let height = HEAD + lines.iter().map(Line::height).sum::<f64>() + FOOT;
    let width = (labels + (BARS + NUMBER) * summary.others.len() as f64 + MARGIN).max(CHARACTER * 80.0);
    let title = format!("CPU time of {}, divided by that of other engines", summary.subject);
    let mut picture = Picture { text: String::new(), labels, limit: limit(summary) };
    _ = writeln!(
        picture.text,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\">\n<title>{}</title>\n<style>\n{STYLE}</style>",
        escape(&title)
    );
    picture.text("title", "start", MARGIN, 28.0, &title);
    picture.text(
        "weak",
        "start",
        MARGIN,
        46.0,
        "Shorter is better: a bar that ends before the line at 1 is of less time.",
    );
    let mut y = HEAD;
    for line in &lines {
        picture.line(line, y);
        y += line.height();
    }
    // Over the bars, so that the line at 1 is seen in longer ones, too.
    for (index, other) in summary.others.iter().enumerate() {
        picture.column(index, other, height);
    }
    picture.text.push_str("</svg>\n");
    picture.text
}

/// The lines from top to bottom: all means first, then group by group, if there are several.
fn lines(summary: &Summary) -> Vec<Line<'_>> {
    let groups = summary.groups();
    let mut lines = Vec::new();
    if let [_, _, ..] = groups.as_slice() {
        lines.extend([Line::Heading("all programs"), Line::Mean(summary.means(None))]);
    }
    for group in &groups {
        if groups.len() > 1 {
            lines.push(Line::Heading(group.plural()));
        }
        lines.push(Line::Mean(summary.means(Some(*group))));
        lines.extend(of_group(summary, *group).map(Line::Program));
    }
    lines
}

/// The programs of a group.
fn of_group(summary: &Summary, group: Group) -> impl Iterator<Item = &Row> {
    summary.rows.iter().filter(move |row| row.group == group)
}

/// Where a column's bars end at the most: the least quarter that is no shorter than any ratio, and
/// shows where 1 is.
fn limit(summary: &Summary) -> f64 {
    let ratios = summary.rows.iter().flat_map(|row| row.ratios.iter().flatten());
    let greatest = ratios.copied().fold(1.25, f64::max);
    ((greatest * 4.0).ceil() / 4.0).min(LONGEST)
}

impl Line<'_> {
    /// What stands at its left.
    fn label(&self) -> &str {
        match self {
            Self::Heading(text) => text,
            Self::Mean(_) => "geometric mean",
            Self::Program(row) => &row.program,
        }
    }

    /// How many characters that needs.
    fn characters(&self) -> usize {
        self.label().chars().count() + 1
    }

    /// How much room it takes.
    fn height(&self) -> f64 {
        match self {
            Self::Heading(_) => ROW + EXTRA,
            Self::Mean(_) => ROW + EXTRA / 2.0,
            Self::Program(_) => ROW,
        }
    }
}

/// A picture that is being drawn.
struct Picture {
    text: String,
    /// How wide the labels at the left are.
    labels: f64,
    /// The ratio at the end of a column.
    limit: f64,
}

impl Picture {
    /// Where the ratio `ratio` is in the column at `index`.
    fn x(&self, index: usize, ratio: f64) -> f64 {
        self.labels + (BARS + NUMBER) * index as f64 + BARS * ratio / self.limit
    }

    /// The name, the line at 1 and the scale of the column at `index`.
    fn column(&mut self, index: usize, name: &str, height: f64) {
        let (zero, one, foot) = (self.x(index, 0.0), self.x(index, 1.0), height - FOOT);
        self.text("strong", "start", zero, HEAD - 14.0, &short(name));
        for x in [zero, one] {
            _ = writeln!(self.text, "<path class=\"line\" d=\"M{x:.1} {:.1}V{foot:.1}\"/>", HEAD - 6.0);
        }
        self.text("weak", "middle", zero, height - 10.0, "0");
        self.text("weak", "middle", one, height - 10.0, "1");
    }

    /// A line whose upper end is at `y`.
    fn line(&mut self, line: &Line<'_>, y: f64) {
        let baseline = y + line.height() - 5.0;
        let (class, ratios) = match line {
            Line::Heading(text) => return self.text("weak", "start", MARGIN, baseline, text),
            Line::Mean(ratios) => ("strong", ratios),
            Line::Program(row) => ("name", &row.ratios),
        };
        self.text(class, "start", MARGIN, baseline, line.label());
        for (index, ratio) in ratios.iter().enumerate() {
            self.bar(class, index, *ratio, baseline);
        }
    }

    /// A bar, and its number in a row with those of the other bars.
    fn bar(&mut self, class: &str, index: usize, ratio: Option<f64>, baseline: f64) {
        let number = self.x(index, self.limit) + 8.0;
        let Some(ratio) = ratio else {
            return self.text("weak", "start", number, baseline, NOTHING);
        };
        let colour = if ratio > 1.0 { "slower" } else { "faster" };
        let (start, end) = (self.x(index, 0.0), self.x(index, ratio.min(self.limit)));
        let (top, bottom, half) = (baseline - BAR + 1.0, baseline + 1.0, BAR / 2.0);
        let shape = match ratio > self.limit {
            true => {
                format!("M{start:.1} {top:.1}H{:.1}l{half:.1} {half:.1}l-{half:.1} {half:.1}H{start:.1}z", end - half)
            }
            false => format!("M{start:.1} {top:.1}H{end:.1}V{bottom:.1}H{start:.1}z"),
        };
        _ = writeln!(self.text, "<path class=\"{colour}\" d=\"{shape}\"/>");
        self.text(class, "start", number, baseline, &format!("{ratio:.2}"));
    }

    /// Words at a place.
    fn text(&mut self, class: &str, anchor: &str, x: f64, y: f64, words: &str) {
        let words = escape(words);
        _ = writeln!(
            self.text,
            "<text class=\"{class}\" text-anchor=\"{anchor}\" x=\"{x:.1}\" y=\"{y:.1}\">{words}</text>"
        );
    }
}

/// `name`, or its end if there is no room for all of it: command lines end with what sets them apart.
fn short(name: &str) -> String {
    match name.chars().count().checked_sub(NAME) {
        None | Some(0) => name.to_owned(),
        Some(excess) => iter::once('…').chain(name.chars().skip(excess + 1)).collect(),
    }
}

/// `text` with what XML gives a meaning to in other words.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::summary::tests::example;

    #[test]
    fn groups_have_headings() {
        insta::with_settings!({ snapshot_path => "../../../snapshots/xtask", prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!("picture", svg(&example()));
        });
    }

    #[test]
    fn one_group_needs_no_heading() {
        let mut summary = example();
        summary.rows.retain(|row| row.group == Group::Workload);
        let text = svg(&summary);
        assert!(!text.contains("workloads"));
        assert_eq!(text.matches("geometric mean").count(), 1);
    }

    #[test]
    fn scale_has_room_for_the_line_and_an_end() {
        let mut summary = example();
        assert_eq!(limit(&summary), LONGEST);
        for ratios in summary.rows.iter_mut().map(|row| &mut row.ratios) {
            ratios.fill(Some(1.3));
        }
        assert_eq!(limit(&summary), 1.5);
        summary.rows.clear();
        assert_eq!(limit(&summary), 1.25);
    }

    #[test]
    fn long_names_keep_their_ends() {
        assert_eq!(short("wasmi"), "wasmi");
        assert_eq!(short("a/b/tablature --engine in-place"), "…ure --engine in-place");
    }

    #[test]
    fn names_cannot_break_the_picture() {
        assert_eq!(escape("a <b> & \"c\""), "a &lt;b&gt; &amp; &quot;c&quot;");
    }
}
