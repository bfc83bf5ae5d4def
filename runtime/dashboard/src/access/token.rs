//! The token that mutations must bring.

use std::fmt;
use std::hint::black_box;

/// A token that is not empty, and is never shown.
#[derive(Clone)]
pub(crate) struct Token(Vec<u8>);

impl Token {
    /// `None` where it is empty.
    pub(crate) fn new(token: &str) -> Option<Self> {
        (!token.is_empty()).then(|| Self(token.as_bytes().to_vec()))
    }

    /// Whether this `Authorization` header brings the token. The time it takes tells the length of what was offered,
    /// and nothing of the token.
    pub(crate) fn is_in(&self, authorization: &[u8]) -> bool {
        let Some((scheme, offered)) = authorization.split_at_checked(BEARER.len()) else {
            return false;
        };
        scheme.eq_ignore_ascii_case(BEARER) && self.is(offered.trim_ascii())
    }

    fn is(&self, offered: &[u8]) -> bool {
        let mut difference = self.0.len() ^ offered.len();
        for (at, byte) in offered.iter().enumerate() {
            difference |= usize::from(byte ^ self.0[at % self.0.len()]);
            difference = black_box(difference);
        }
        difference == 0
    }
}

const BEARER: &[u8] = b"Bearer ";

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}
