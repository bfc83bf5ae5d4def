//! What of an export a collector says that it has not taken, though it has answered 200.

/// The `partial_success` of an answer: message `ExportTraceServiceResponse` of OTLP and its like, which say the same under the same
/// numbers (<https://opentelemetry.io/docs/specs/otlp/#partial-success-1>).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct PartialSuccess {
    /// Spans, lines of the log or data points that were rejected. With 0 the message is a warning.
    pub(super) rejected: u64,
    /// Why.
    pub(super) message: String,
}

/// The number of the field in the answer, and of those in it.
const PARTIAL_SUCCESS: u64 = 1;
const REJECTED: u64 = 1;
const MESSAGE: u64 = 2;
/// Letters that are kept of a collector's message.
const LONGEST_MESSAGE: usize = 200;

impl PartialSuccess {
    /// Reads the body of an answer; `None` where all was taken and nothing is said, or it is no such answer.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let mut partial = Self::default();
        for field in Fields(body) {
            if let (PARTIAL_SUCCESS, Value::Bytes(inner)) = field {
                partial.merge(inner);
            }
        }
        (partial != Self::default()).then_some(partial)
    }

    fn merge(&mut self, inner: &[u8]) {
        for field in Fields(inner) {
            match field {
                // A negative count, which is none, is a huge number here.
                (REJECTED, Value::Number(count)) => self.rejected = u64::try_from(count as i64).unwrap_or(0),
                (MESSAGE, Value::Bytes(text)) => {
                    let text = String::from_utf8_lossy(text);
                    self.message = text.chars().take(LONGEST_MESSAGE).collect();
                }
                _ => {}
            }
        }
    }
}

enum Value<'b> {
    Number(u64),
    Bytes(&'b [u8]),
    /// Of a kind that is not looked at.
    Other,
}

/// The fields of a message of protocol buffers, by number. It ends at the first byte that cannot be read.
struct Fields<'b>(&'b [u8]);

impl<'b> Iterator for Fields<'b> {
    type Item = (u64, Value<'b>);

    fn next(&mut self) -> Option<Self::Item> {
        let key = self.number()?;
        let value = match key & 7 {
            0 => Value::Number(self.number()?),
            1 => self.take(8).map(|_| Value::Other)?,
            2 => {
                let length = usize::try_from(self.number()?).ok()?;
                Value::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Value::Other)?,
            _ => return None,
        };
        Some((key >> 3, value))
    }
}

impl<'b> Fields<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// Seven bits a byte, the lowest first; the highest bit says that more follow.
    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = *self.take(1)?.first()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partial(rejected: u64, message: &str) -> Option<PartialSuccess> {
        Some(PartialSuccess {
            rejected,
            message: message.to_owned(),
        })
    }

    #[test]
    fn what_was_rejected_is_read_with_its_reason() {
        let body = b"\x0a\x0b\x08\xac\x02\x12\x06full u";
        assert_eq!(PartialSuccess::read(body), partial(300, "full u"));
        // Among fields that nobody knows.
        let body = b"\x18\x07\x0a\x11\x12\x01x\x25abcd\x31abcdefgh";
        assert_eq!(PartialSuccess::read(body), partial(0, "x"));
        // Of one that is cut short, what came before the cut counts.
        let body = b"\x0a\x09\x12\x01x\x25abcd\x31";
        assert_eq!(PartialSuccess::read(body), partial(0, "x"));
    }

    #[test]
    fn an_answer_that_says_nothing_says_that_all_was_taken() {
        for body in [
            &b""[..],
            b"\x0a\x00",
            b"\x0a\x02\x08\x00",
            b"no such answer",
            b"\xff\xff",
        ] {
            assert_eq!(PartialSuccess::read(body), None, "{body:?}");
        }
    }

    #[test]
    fn no_bytes_make_it_fall() {
        let body = b"\x0a\x0b\x08\xac\x02\x12\x06full u";
        for at in 0..body.len() {
            for byte in 0..=u8::MAX {
                let mut other = *body;
                other[at] = byte;
                let _ = PartialSuccess::read(&other);
                let _ = PartialSuccess::read(&other[..at]);
            }
        }
        // A negative count is none.
        let body = b"\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
        assert_eq!(PartialSuccess::read(body), None);
    }

    #[test]
    fn a_long_reason_is_cut() {
        let mut body = vec![0x0a, 0xaf, 0x02, 0x12, 0xac, 0x02];
        body.extend([b'x'; 300]);
        let read = PartialSuccess::read(&body).map(|partial| partial.message.len());
        assert_eq!(read, Some(LONGEST_MESSAGE));
    }
}
