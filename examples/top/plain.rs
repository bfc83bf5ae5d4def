//! A snapshot as text.

use std::io::{self, Write};

use crate::fetch::Snapshot;
use crate::rows::View;

/// Writes every view that has rows, each as a table.
///
/// # Errors
/// Those of the output.
pub(crate) fn write(out: &mut impl Write, snapshot: &Snapshot) -> io::Result<()> {
    for view in View::ALL {
        let rows = view.rows(snapshot);
        if rows.is_empty() {
            continue;
        }
        let columns = view.columns();
        let mut widths: Vec<usize> = columns.iter().map(|name| name.len()).collect();
        let lines: Vec<Vec<String>> = rows
            .into_iter()
            .map(|row| row.cells.iter().map(|cell| printable(cell)).collect())
            .collect();
        for line in &lines {
            for (width, cell) in widths.iter_mut().zip(line) {
                *width = (*width).max(cell.chars().count());
            }
        }
        writeln!(out, "== {} ==", view.name())?;
        let names: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
        for line in std::iter::once(&names).chain(&lines) {
            let cells = line.iter().zip(&widths);
            let padded: Vec<String> = cells.map(|(cell, width)| format!("{cell:<width$}")).collect();
            writeln!(out, "{}", padded.join("  ").trim_end())?;
        }
        writeln!(out)?;
    }
    out.flush()
}

/// What came from elsewhere moves no cursor.
pub(crate) fn printable(text: &str) -> String {
    let shown = text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter });
    shown.collect()
}
