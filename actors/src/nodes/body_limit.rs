//! `bodyLimit`: how large a body may be.

use hedgerow_config::BodyLimit;
use http::StatusCode;
use http::header::CONTENT_LENGTH;

use crate::chain::{Cx, Flow, Node, NodeSpec, RequestHead};

pub(super) fn spec(name: &str, config: &BodyLimit) -> NodeSpec {
    let max = u64::from(config.max);
    NodeSpec::new(name, "bodyLimit", move || BodyLimitNode { max })
}

struct BodyLimitNode {
    max: u64,
}

impl Node for BodyLimitNode {
    type State = ();

    fn on_request(&self, head: &mut dyn RequestHead, (): &mut (), cx: &mut Cx) -> Flow {
        match head.header(&CONTENT_LENGTH).map(length) {
            Some(told) if told > self.max => too_large(cx, self.max, told),
            _ => {
                cx.limit_body(self.max);
                Flow::Next
            }
        }
    }
}

#[cold]
fn too_large(cx: &mut Cx, max: u64, told: u64) -> Flow {
    cx.refuse(
        StatusCode::PAYLOAD_TOO_LARGE,
        "bodyLimit",
        format!("{max} bytes"),
        format!("{told} bytes"),
    )
}

/// What is no number is for the adapter to judge; a number that is too large for one is the largest.
fn length(told: &[u8]) -> u64 {
    if told.is_empty() || !told.iter().all(u8::is_ascii_digit) {
        return 0;
    }
    told.iter().fold(0_u64, |sum, digit| {
        sum.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
    })
}
