//! How long clients say that they wait.

use std::time::Duration;

use http::header::{HeaderMap, HeaderName};

/// Milliseconds that are left, in up to 15 digits.
pub const DEADLINE_MS: HeaderName = HeaderName::from_static("x-hedgerow-deadline-ms");
/// Up to eight digits and a unit:
/// [gRPC over HTTP/2](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests).
pub const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// What a header's value says.
pub(crate) type Reader = fn(&[u8]) -> Option<Duration>;

/// The headers that say it, and how each is read.
pub(crate) const SAID: [(HeaderName, Reader); 2] = [(DEADLINE_MS, millis), (GRPC_TIMEOUT, grpc)];

/// How long the client of a request with these headers waits, by the shorter of what it says. `None` where it says nothing that
/// is a time.
///
/// ```
/// use std::time::Duration;
/// use http::{HeaderMap, HeaderValue};
///
/// let mut headers = HeaderMap::new();
/// assert_eq!(hedgerow_actors::deadline::asked(&headers), None);
/// headers.insert("grpc-timeout", HeaderValue::from_static("2S"));
/// headers.insert("x-hedgerow-deadline-ms", HeaderValue::from_static("soon"));
/// assert_eq!(hedgerow_actors::deadline::asked(&headers), Some(Duration::from_secs(2)));
/// ```
#[inline]
pub fn asked(headers: &HeaderMap) -> Option<Duration> {
    let said = SAID.into_iter();
    said.filter_map(|(name, read)| read(headers.get(&name)?.as_bytes()))
        .min()
}

fn millis(said: &[u8]) -> Option<Duration> {
    digits(said, 15).map(Duration::from_millis)
}

fn grpc(said: &[u8]) -> Option<Duration> {
    let (unit, number) = said.split_last()?;
    let number = digits(number, 8)?;
    Some(match unit {
        b'H' => Duration::from_secs(number * 3_600),
        b'M' => Duration::from_secs(number * 60),
        b'S' => Duration::from_secs(number),
        b'm' => Duration::from_millis(number),
        b'u' => Duration::from_micros(number),
        b'n' => Duration::from_nanos(number),
        _ => return None,
    })
}

/// A number of 1 to `most` digits and nothing else. No more than 19: it must not overflow.
fn digits(text: &[u8], most: usize) -> Option<u64> {
    let is_number = (1..=most).contains(&text.len()) && text.iter().all(u8::is_ascii_digit);
    is_number.then(|| {
        text.iter()
            .fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'))
    })
}
