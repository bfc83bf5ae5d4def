//! Lines and columns.

/// A place in a text; both counted from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Position {
    pub(crate) const START: Self = Self { line: 1, column: 1 };

    /// From numbers that count lines from 1 and columns from 1.
    pub(crate) fn new(line: usize, column: usize) -> Self {
        // The size of a text is limited far below what a u32 counts.
        let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            line: narrow(line),
            column: narrow(column),
        }
    }
}

/// Finds the position of a byte.
pub(crate) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    pub(crate) fn of(text: &'t str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self {
            text,
            starts: std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect(),
        }
    }

    /// The position of the character that `byte` is part of.
    pub(crate) fn position(&self, byte: usize) -> Position {
        let line = self.starts.partition_point(|start| *start <= byte);
        let start = self.starts[line - 1];
        let before = self
            .text
            .as_bytes()
            .get(start..byte)
            .unwrap_or(&self.text.as_bytes()[start..]);
        // A character of UTF-8 has exactly one byte that is not a continuation byte.
        let characters = before.iter().filter(|byte| (**byte & 0xC0) != 0x80).count();
        Position::new(line, characters + 1)
    }
}
