//! `deadline`: how long a request may take.

use std::time::Duration;

use hedgerow_config::Deadline;
use http::{HeaderName, StatusCode};

use crate::chain::{Cx, Flow, Node, NodeSpec, RequestHead};

/// Milliseconds that are left.
const OURS: HeaderName = HeaderName::from_static("x-hedgerow-deadline-ms");
/// Up to eight digits and a unit:
/// [gRPC over HTTP/2](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests).
const GRPC: HeaderName = HeaderName::from_static("grpc-timeout");

/// Bytes of a header that a refusal shows.
const SHOWN: usize = 40;

pub(super) fn spec(name: &str, config: &Deadline) -> NodeSpec {
    let Deadline { default, max, min } = *config;
    NodeSpec::new(name, "deadline", move || DeadlineNode {
        default,
        max: max.unwrap_or(default),
        min: min.unwrap_or_default(),
    })
}

/// What a header's value says.
type Reader = fn(&[u8]) -> Option<Duration>;

struct DeadlineNode {
    default: Duration,
    max: Duration,
    min: Duration,
}

impl Node for DeadlineNode {
    type State = ();

    fn on_request(&self, head: &mut dyn RequestHead, (): &mut (), cx: &mut Cx) -> Flow {
        let mut asked: Option<Duration> = None;
        let readers: [(&HeaderName, Reader); 2] = [(&OURS, ours), (&GRPC, grpc)];
        for (name, read) in readers {
            let Some(said) = head.header(name) else { continue };
            match read(said) {
                Some(time) => asked = Some(asked.map_or(time, |asked| asked.min(time))),
                None => return malformed(cx, name, said),
            }
        }
        let Some(asked) = asked else {
            cx.shorten_deadline(self.default);
            return Flow::Next;
        };
        let limit = asked.min(self.max);
        if limit.is_zero() || limit < self.min {
            return too_short(cx, self.min, limit);
        }
        cx.shorten_deadline_as_asked(limit, self.default);
        Flow::Next
    }
}

#[cold]
fn malformed(cx: &mut Cx, name: &HeaderName, said: &[u8]) -> Flow {
    let expected = if *name == OURS {
        "milliseconds in up to 15 digits"
    } else {
        "up to 8 digits and one of H, M, S, m, u, n"
    };
    let said = String::from_utf8_lossy(&said[..said.len().min(SHOWN)]);
    cx.refuse(
        StatusCode::BAD_REQUEST,
        "deadline",
        format!("{name}: {expected}"),
        said,
    )
}

#[cold]
fn too_short(cx: &mut Cx, min: Duration, limit: Duration) -> Flow {
    let least = if min.is_zero() {
        "more than 0".to_owned()
    } else {
        format!("at least {min:?}")
    };
    cx.refuse(
        StatusCode::GATEWAY_TIMEOUT,
        "deadline",
        least,
        format!("{limit:?}"),
    )
}

fn ours(said: &[u8]) -> Option<Duration> {
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
