//! What a caller gives along for everybody on the way, as it stands in a request.

use std::sync::atomic::{AtomicU64, Ordering};

use http::HeaderName;

use crate::chain::{Gauge, Memory, RequestHead};

/// Members that are passed on.
const MOST_MEMBERS: usize = 180;
/// Bytes that are passed on, over all fields and with the commas that would join them.
const MOST_BYTES: usize = 8_192;

/// How many requests have lost their baggage. It outlives the node's actor.
#[derive(Debug, Default)]
pub(super) struct Lost(AtomicU64);

impl Lost {
    pub(super) fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Memory for Lost {
    fn gauges(&self) -> Vec<Gauge> {
        vec![Gauge::new("baggageDropped", self.0.load(Ordering::Relaxed))]
    }
}

/// The members of all `baggage` fields of a request, read to the letter of
/// [W3C Baggage](https://www.w3.org/TR/baggage/#baggage-http-header-format).
pub(super) struct BaggageFields {
    fields: usize,
    members: usize,
    bytes: usize,
    is_well_formed: bool,
}

impl BaggageFields {
    pub(super) fn of(head: &dyn RequestHead, name: &HeaderName) -> Self {
        let mut baggage = Self::none();
        head.each_header(name, &mut |value| baggage.read(value));
        baggage
    }

    fn none() -> Self {
        Self {
            fields: 0,
            members: 0,
            bytes: 0,
            is_well_formed: true,
        }
    }

    /// Whether it may be passed on. None at all may.
    pub(super) fn is_fit(&self) -> bool {
        self.is_well_formed && self.members <= MOST_MEMBERS && self.bytes <= MOST_BYTES
    }

    fn read(&mut self, value: &[u8]) {
        self.bytes += value.len() + usize::from(self.fields > 0);
        self.fields += 1;
        if self.bytes > MOST_BYTES {
            // It goes no further whatever it says.
            return;
        }
        for member in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            if !member.is_empty() {
                self.members += 1;
                self.is_well_formed = self.is_well_formed && is_member(member);
            }
        }
    }
}

/// `key=value`, and properties behind it, each after a `;`.
fn is_member(member: &[u8]) -> bool {
    let mut parts = member.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    parts.next().is_some_and(is_pair) && parts.all(|property| is_pair(property) || is_token(property))
}

fn is_pair(pair: &[u8]) -> bool {
    let Some(end) = pair.iter().position(|byte| *byte == b'=') else {
        return false;
    };
    is_token(pair[..end].trim_ascii_end()) && is_value(pair[end + 1..].trim_ascii_start())
}

/// RFC 9110, section 5.6.2.
fn is_token(name: &[u8]) -> bool {
    let is_byte = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !name.is_empty() && name.iter().all(is_byte)
}

/// Visible letters without `"`, `,`, `;` and `\`; what else there is stands there in percent.
fn is_value(value: &[u8]) -> bool {
    let is_byte = |byte: &u8| byte.is_ascii_graphic() && !b"\",;\\".contains(byte);
    value.iter().all(is_byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_fit(values: &[&[u8]]) -> bool {
        let mut baggage = BaggageFields::none();
        values.iter().for_each(|value| baggage.read(value));
        baggage.is_fit()
    }

    #[test]
    fn members_are_read_to_the_letter() {
        for fit in [
            "",
            "a=",
            "a=1",
            "a=1,b=2 , c = 3\t,,",
            "a=1;p;q=2 ; r = ",
            "a=b=c",
            "a=%C3%A9%zz",
            "!#$%&'*+-.^_`|~=x",
        ] {
            assert!(is_fit(&[fit.as_bytes()]), "{fit}");
        }
        for unfit in [
            &b"a"[..],
            b"=1",
            b"a b=1",
            b"a=1 2",
            b"a=\"1\"",
            b"a=1\\",
            b"a=1;",
            b"a=1;=2",
            b"a=1;p q",
            b"\xc3\xa9=1",
            b"a=\xc3\xa9",
            b"a=\x00",
        ] {
            assert!(!is_fit(&[b"b=1", unfit]), "{unfit:?}");
        }
    }

    #[test]
    fn so_many_members_and_bytes_are_passed_on_over_all_fields() {
        let members = |count: usize| vec!["a=1"; count].join(",").into_bytes();
        assert!(is_fit(&[&members(90), &members(90)]));
        assert!(!is_fit(&[&members(90), &members(91)]));
        let bytes = |count: usize| [b"a=".to_vec(), vec![b'x'; count - 2]].concat();
        assert!(is_fit(&[&bytes(4_000), &bytes(4_191)]));
        assert!(!is_fit(&[&bytes(4_000), &bytes(4_192)]));
    }

    proptest::proptest! {
        #[test]
        fn whatever_bytes_come_are_judged(fields in proptest::collection::vec(proptest::collection::vec(0_u8..=255, 0..300), 0..4)) {
            let fields: Vec<&[u8]> = fields.iter().map(Vec::as_slice).collect();
            // Joined by commas they are the same field.
            assert_eq!(is_fit(&fields), is_fit(&[&fields.join(&b","[..])]));
        }
    }
}
