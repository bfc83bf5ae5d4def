//! JSON, strictly as in RFC 8259, with places.

use super::{Budget, Entry, Kind, MOST_LEVELS, Node, Scalar, Stop, Value};
use crate::Format;
use crate::position::{Lines, Position};

/// The document.
pub(super) fn load(text: &str, budget: &mut Budget) -> Result<Option<Node>, Stop> {
    let lines = Lines::of(text);
    let (next, budget) = (0, budget);
    let mut parser = Parser {
        text,
        lines,
        next,
        budget,
    };
    let root = parser.value(0)?;
    parser.skip_blanks();
    match parser.peek() {
        None => Ok(Some(root)),
        Some(_) => Err(parser.stop("expected the end of the text behind the value")),
    }
}

struct Parser<'t, 'b> {
    text: &'t str,
    lines: Lines<'t>,
    next: usize,
    budget: &'b mut Budget,
}

impl Parser<'_, '_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.next).copied()
    }

    fn here(&self) -> Position {
        self.lines.position(self.next)
    }

    fn stop(&self, detail: &str) -> Stop {
        let detail = match self.text.get(self.next..).and_then(|rest| rest.chars().next()) {
            Some(found) => format!("{detail}, found {found:?}"),
            None => format!("{detail}, found the end of the text"),
        };
        Stop::syntax(self.here(), Format::Json, detail)
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.next += 1;
        }
    }

    fn skip_if(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        self.next += usize::from(is_there);
        is_there
    }

    fn value(&mut self, level: usize) -> Result<Node, Stop> {
        self.skip_blanks();
        let (at, start) = (self.here(), self.next);
        let value = match self.peek() {
            Some(b'{' | b'[') if level >= MOST_LEVELS => return Err(Stop::levels(at)),
            Some(b'{') => self.map(level + 1)?,
            Some(b'[') => self.list(level + 1)?,
            Some(b'"') => Value::Scalar(Scalar::of(self.string()?, Kind::Text)),
            Some(b'-' | b'0'..=b'9') => {
                self.number()?;
                Value::Scalar(Scalar::of(self.text[start..self.next].to_owned(), Kind::Number))
            }
            _ => {
                let rest = &self.text[start..];
                let words = [("null", Kind::Null), ("true", Kind::Bool), ("false", Kind::Bool)];
                let Some((word, kind)) = words.into_iter().find(|(word, _)| rest.starts_with(word)) else {
                    return Err(self.stop("expected a value"));
                };
                self.next += word.len();
                Value::Scalar(Scalar::of(word.to_owned(), kind))
            }
        };
        self.budget.take(1, self.next - start, at)?;
        Ok(Node { at, value })
    }

    fn list(&mut self, level: usize) -> Result<Value, Stop> {
        self.next += 1;
        let mut items = Vec::new();
        self.skip_blanks();
        if self.skip_if(b']') {
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.value(level)?);
            self.skip_blanks();
            if self.skip_if(b']') {
                return Ok(Value::List(items));
            }
            if !self.skip_if(b',') {
                return Err(self.stop("expected `,` or `]`"));
            }
        }
    }

    fn map(&mut self, level: usize) -> Result<Value, Stop> {
        self.next += 1;
        let mut entries = Vec::new();
        self.skip_blanks();
        if self.skip_if(b'}') {
            return Ok(Value::Map(entries));
        }
        loop {
            self.skip_blanks();
            if self.peek() != Some(b'"') {
                return Err(self.stop("expected a key in double quotes"));
            }
            let at = self.here();
            let key = self.string()?;
            self.skip_blanks();
            if !self.skip_if(b':') {
                return Err(self.stop("expected `:`"));
            }
            let value = self.value(level)?;
            entries.push(Entry { key, at, value });
            self.skip_blanks();
            if self.skip_if(b'}') {
                return Ok(Value::Map(entries));
            }
            if !self.skip_if(b',') {
                return Err(self.stop("expected `,` or `}`"));
            }
        }
    }

    fn digits(&mut self) -> Result<(), Stop> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.stop("expected a digit"));
        }
        while let Some(b'0'..=b'9') = self.peek() {
            self.next += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), Stop> {
        self.skip_if(b'-');
        if !self.skip_if(b'0') {
            self.digits()?;
        }
        if self.skip_if(b'.') {
            self.digits()?;
        }
        if self.skip_if(b'e') || self.skip_if(b'E') {
            let _signed = self.skip_if(b'-') || self.skip_if(b'+');
            self.digits()?;
        }
        Ok(())
    }

    fn string(&mut self) -> Result<String, Stop> {
        self.next += 1;
        let mut decoded = String::new();
        loop {
            let start = self.next;
            while !matches!(self.peek(), None | Some(b'"' | b'\\' | 0..=0x1f)) {
                self.next += 1;
            }
            decoded.push_str(&self.text[start..self.next]);
            match self.peek() {
                Some(b'"') => {
                    self.next += 1;
                    return Ok(decoded);
                }
                Some(b'\\') => decoded.push(self.escape()?),
                _ => return Err(self.stop("expected `\"` at the end of the text in quotes")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Stop> {
        self.next += 1;
        let decoded = match self.peek() {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err(self.stop("expected an escape such as `\\n`")),
        };
        self.next += 1;
        Ok(decoded)
    }

    fn unicode(&mut self) -> Result<char, Stop> {
        let first = self.code_unit()?;
        let mut units = vec![first];
        if (0xD800..0xDC00).contains(&first) && self.text[self.next..].starts_with("\\u") {
            self.next += 1;
            units.push(self.code_unit()?);
        }
        match char::decode_utf16(units).next() {
            Some(Ok(decoded)) => Ok(decoded),
            _ => Err(self.stop("expected the other half of a surrogate pair")),
        }
    }

    /// Reads `uXXXX`.
    fn code_unit(&mut self) -> Result<u16, Stop> {
        let digits = self.text.get(self.next + 1..self.next + 5).unwrap_or_default();
        // `from_str_radix` alone would accept a sign.
        let all_hexadecimal = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        match u16::from_str_radix(digits, 16) {
            Ok(unit) if all_hexadecimal => {
                self.next += 5;
                Ok(unit)
            }
            _ => Err(self.stop("expected `u` and four hexadecimal digits")),
        }
    }
}
