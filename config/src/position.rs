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

/// Bytes between two places where the characters in front are known; bounds the work for one position, so that a
/// document on one line costs no more than another.
const STRIDE: usize = 256;

/// Finds the position of a byte.
pub(crate) struct Lines<'t> {
    bytes: &'t [u8],
    /// Where each line begins.
    starts: Vec<usize>,
    /// Characters in front of every byte whose number is a multiple of [`STRIDE`].
    characters: Vec<usize>,
}

impl<'t> Lines<'t> {
    pub(crate) fn of(text: &'t str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let mut characters = vec![0];
        let mut sum = 0;
        for stretch in text.as_bytes().chunks(STRIDE) {
            sum += count(stretch);
            characters.push(sum);
        }
        Self {
            bytes: text.as_bytes(),
            starts: std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect(),
            characters,
        }
    }

    /// The position of the character that begins at `byte`; the end of the text for a byte behind it.
    pub(crate) fn position(&self, byte: usize) -> Position {
        let byte = byte.min(self.bytes.len());
        let line = self.starts.partition_point(|start| *start <= byte);
        let column = self.characters_before(byte) - self.characters_before(self.starts[line - 1]) + 1;
        Position::new(line, column)
    }

    fn characters_before(&self, byte: usize) -> usize {
        let stretch = byte / STRIDE;
        self.characters[stretch] + count(&self.bytes[stretch * STRIDE..byte])
    }
}

/// Characters in a piece of UTF-8: each has exactly one byte that is not a continuation byte.
fn count(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| (**byte & 0xC0) != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::{Lines, Position};

    #[test]
    fn columns_count_characters_on_short_and_on_long_lines() {
        let text = format!("é: 1\n{}x\n", "é".repeat(1_000));
        let lines = Lines::of(&text);
        assert_eq!(lines.position(0), Position::START);
        assert_eq!(lines.position(4), Position { line: 1, column: 4 });
        assert_eq!(lines.position(6), Position { line: 2, column: 1 });
        assert_eq!(
            lines.position(2_006),
            Position {
                line: 2,
                column: 1_001
            }
        );
        assert_eq!(lines.position(usize::MAX), Position { line: 3, column: 1 });
    }
}
