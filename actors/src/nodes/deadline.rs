//! `deadline`: how long a request may take.

use std::time::Duration;

use hedgerow_config::Deadline;
use http::{HeaderName, StatusCode};

use crate::chain::{Cx, Flow, Node, NodeSpec, RequestHead};
use crate::deadline::{DEADLINE_MS, SAID};

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

struct DeadlineNode {
    default: Duration,
    max: Duration,
    min: Duration,
}

impl Node for DeadlineNode {
    type State = ();

    fn on_request(&self, head: &mut dyn RequestHead, (): &mut (), cx: &mut Cx) -> Flow {
        let mut asked: Option<Duration> = None;
        for (name, read) in SAID {
            let Some(said) = head.header(&name) else { continue };
            match read(said) {
                Some(time) => asked = Some(asked.map_or(time, |asked| asked.min(time))),
                None => return malformed(cx, &name, said),
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
    let expected = if *name == DEADLINE_MS {
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
