use std::fmt;

/// Figures in columns: the first to the left, the others to the right.
///
/// ```
/// use hedgerow_benches::Table;
///
/// let mut table = Table::new(["call", "ns"]);
/// table.row(["short".into(), "5.6".into()]);
/// assert_eq!(table.to_string(), "| call  |  ns |\n|:------|----:|\n| short | 5.6 |\n");
/// ```
#[derive(Debug, Clone)]
pub struct Table<const N: usize> {
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    /// A table with these headings and no rows.
    pub fn new(headings: [&str; N]) -> Self {
        Self {
            rows: vec![headings.map(str::to_owned)],
        }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: [String; N]) {
        self.rows.push(cells);
    }

    fn width(&self, column: usize) -> usize {
        let widths = self.rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or_default()
    }
}

/// As a table of Markdown, so that it can be pasted into a page.
impl<const N: usize> fmt::Display for Table<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, row) in self.rows.iter().enumerate() {
            for (column, cell) in row.iter().enumerate() {
                let width = self.width(column);
                match column {
                    0 => write!(f, "| {cell:<width$} ")?,
                    _ => write!(f, "| {cell:>width$} ")?,
                }
            }
            writeln!(f, "|")?;
            if index == 0 {
                for column in 0..N {
                    let line = "-".repeat(self.width(column) + 1);
                    match column {
                        0 => write!(f, "|:{line}")?,
                        _ => write!(f, "|{line}:")?,
                    }
                }
                writeln!(f, "|")?;
            }
        }
        Ok(())
    }
}
