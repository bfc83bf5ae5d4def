//! What others on the way of a trace say of it.

use http::HeaderName;

use super::head::RequestHead;

/// Members that are passed on; with more the standard lets go of all.
const MOST: usize = 32;

/// The members of all `tracestate` fields of a request, read to the letter of
/// [W3C Trace Context](https://www.w3.org/TR/trace-context/#tracestate-header).
pub(super) struct TraceState {
    members: usize,
    is_well_formed: bool,
}

impl TraceState {
    pub(super) fn of(head: &dyn RequestHead, name: &HeaderName) -> Self {
        let mut state = Self {
            members: 0,
            is_well_formed: true,
        };
        head.each_header(name, &mut |value| state.read(value));
        state
    }

    /// Whether it may be passed on.
    pub(super) fn is_fit(&self) -> bool {
        self.is_well_formed && self.members <= MOST
    }

    fn read(&mut self, value: &[u8]) {
        for member in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            if !member.is_empty() {
                self.members += 1;
                self.is_well_formed = self.is_well_formed && is_member(member);
            }
        }
    }
}

fn is_member(member: &[u8]) -> bool {
    let Some(end) = member.iter().position(|byte| *byte == b'=') else {
        return false;
    };
    is_key(&member[..end]) && is_value(&member[end + 1..])
}

/// One vendor's, or a tenant's at a vendor's: `tenant@vendor`. As the second edition has it, either may begin with a digit.
fn is_key(key: &[u8]) -> bool {
    let is_part = |part: &[u8], most: usize| {
        let first = part.first().is_some_and(|byte| is_small(*byte));
        let is_byte = |byte: &u8| is_small(*byte) || b"_-*/".contains(byte);
        first && part.len() <= most && part.iter().all(is_byte)
    };
    match key.iter().position(|byte| *byte == b'@') {
        Some(at) => is_part(&key[..at], 241) && is_part(&key[at + 1..], 14),
        None => is_part(key, 256),
    }
}

fn is_small(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

/// Visible letters without `,` and `=`, and blanks between them.
fn is_value(value: &[u8]) -> bool {
    let is_byte = |byte: &u8| (b' '..=b'~').contains(byte) && !b",=".contains(byte);
    (1..=256).contains(&value.len()) && value.iter().all(is_byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_fit(values: &[&str]) -> bool {
        let mut state = TraceState {
            members: 0,
            is_well_formed: true,
        };
        values.iter().for_each(|value| state.read(value.as_bytes()));
        state.is_fit()
    }

    #[test]
    fn members_are_read_to_the_letter() {
        let long = |letter: &str, count: usize| letter.repeat(count);
        for fit in [
            "",
            "foo=1",
            "foo=1,bar=2",
            "foo=1 \t , \t bar=2, ,",
            "foo=1,foo=1",
            "0foo=a b!~",
            "t@v=1",
            "foo-_*/=1",
            &format!("{}=1", long("z", 256)),
            &format!("{}@{}=1", long("t", 241), long("v", 14)),
            &format!("foo={}", long("x", 256)),
        ] {
            assert!(is_fit(&[fit]), "{fit}");
        }
        for unfit in [
            "foo",
            "foo=",
            "=1",
            "foo =1",
            "FOO=1",
            "foo.bar=1",
            "foo@=1",
            "@foo=1",
            "foo@@bar=1",
            "foo@bar@baz=1",
            "foo=1=2",
            "foo=\u{e9}",
            "foo=a\tb",
            "-foo=1",
            &format!("{}=1", long("z", 257)),
            &format!("{}@v=1", long("t", 242)),
            &format!("t@{}=1", long("v", 15)),
            &format!("foo={}", long("x", 257)),
        ] {
            assert!(!is_fit(&["bar=1", unfit]), "{unfit}");
        }
    }

    #[test]
    fn so_many_members_are_passed_on_over_all_fields() {
        let members = |count: usize| vec!["a=1"; count].join(",");
        assert!(is_fit(&[&members(16), &members(16)]));
        assert!(!is_fit(&[&members(16), &members(17)]));
        assert!(!is_fit(&[&members(512)]));
    }
}
