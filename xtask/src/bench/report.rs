//! Tables, printed and written as Markdown.

use anyhow::{Context, Result};
use std::{fmt, fs, path::Path};

/// A table with a title, a sentence on what it shows, and remarks on single cells.
pub struct Table {
    title: String,
    note: String,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
    remarks: Vec<String>,
}

/// What stands in a cell where nothing was measured.
pub const NOTHING: &str = "–";

impl Table {
    /// An empty table. The first column is text, the others are numbers.
    pub fn new(title: String, note: String, columns: &[&str]) -> Self {
        let columns = columns.iter().map(|&column| column.to_owned()).collect();
        Self { title, note, columns, rows: Vec::new(), remarks: Vec::new() }
    }

    /// Adds a row; cells that it lacks stay empty.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Adds a line below the table.
    pub fn remark(&mut self, remark: String) {
        self.remarks.push(remark);
    }

    /// How many characters each column takes.
    fn widths(&self) -> Vec<usize> {
        let width = |(index, column): (usize, &String)| {
            let cells = self.rows.iter().filter_map(|row| row.get(index));
            cells.chain([column]).map(|cell| cell.chars().count()).max().unwrap_or(0).max(3)
        };
        self.columns.iter().enumerate().map(width).collect()
    }
}

/// Markdown with padded cells, which reads well on a terminal, too.
impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        writeln!(formatter, "### {}\n\n{}\n", self.title, self.note)?;
        line(formatter, &widths, &self.columns)?;
        let rules: Vec<_> = widths.iter().enumerate().map(rule).collect();
        line(formatter, &widths, &rules)?;
        self.rows.iter().try_for_each(|row| line(formatter, &widths, row))?;
        if !self.remarks.is_empty() {
            writeln!(formatter)?;
        }
        self.remarks.iter().try_for_each(|remark| writeln!(formatter, "- {remark}"))
    }
}

/// What separates the head of a column from its cells, and says how they are aligned.
fn rule((index, width): (usize, &usize)) -> String {
    match index {
        0 => format!(":{}", "-".repeat(width.saturating_sub(1))),
        _ => format!("{}:", "-".repeat(width.saturating_sub(1))),
    }
}

/// One line of a table.
fn line(formatter: &mut fmt::Formatter<'_>, widths: &[usize], cells: &[String]) -> fmt::Result {
    for (index, &width) in widths.iter().enumerate() {
        let cell = cells.get(index).map_or("", String::as_str);
        match index {
            0 => write!(formatter, "| {cell:width$} ")?,
            _ => write!(formatter, "| {cell:>width$} ")?,
        }
    }
    writeln!(formatter, "|")
}

/// Prints `tables`, and writes them to the file `markdown` if there is one.
pub fn publish(tables: &[Table], markdown: Option<&Path>) -> Result<()> {
    let text = tables.iter().map(Table::to_string).collect::<Vec<_>>().join("\n");
    print!("{text}");
    if let Some(path) = markdown {
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// `bytes` in MiB.
pub fn mebibytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / f64::from(1 << 20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_padded_and_aligned() {
        let mut table = Table::new("T".to_owned(), "N.".to_owned(), &["program", "s"]);
        table.row(vec!["fib".to_owned(), "1.25".to_owned()]);
        table.row(vec!["mandelbrot".to_owned()]);
        table.remark("mandelbrot: none.".to_owned());
        let expected = "\
### T

N.

| program    |    s |
| :--------- | ---: |
| fib        | 1.25 |
| mandelbrot |      |

- mandelbrot: none.
";
        assert_eq!(table.to_string(), expected);
    }
}
