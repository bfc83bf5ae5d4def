//! `accessLog`: a line for each request.
//!
//! | file | subject |
//! |---|---|
//! | `line` | one line of JSON |
//! | `queue` | lines on their way to whoever writes them |
//! | `log` | what lasts: the queue, its writer, and what they count |
//! | `tap` | who else is told the lines |

mod line;
mod log;
mod queue;
mod tap;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use hedgerow_config::AccessLog;
use hedgerow_supervisor::Clock;
use hedgerow_view::Stamp;
use http::HeaderName;

use crate::chain::{Attributes, Cx, End, Flow, Node, NodeSpec, ReplyHead, RequestHead, outcome};
use crate::chance;
use crate::pool::Reset;
use line::Fields;
use log::Log;
pub use tap::LineTap;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const TENANT: &str = "tenant";

/// Bytes of a method, a path, an id and a tenant that are remembered; what is longer is cut.
const LONGEST: usize = 600;

pub(super) fn spec(name: &str, config: &AccessLog, chain: &str, tap: Option<&LineTap>) -> NodeSpec {
    let (config, chain) = (config.clone(), chain.to_owned());
    NodeSpec::keeping(
        name,
        "accessLog",
        Log::of_process(tap.cloned()),
        move |log: Arc<Log>| AccessLogNode::new(&chain, &config, log),
    )
}

struct AccessLogNode {
    chain: String,
    sample: f64,
    slow: Duration,
    clock: Clock,
    log: Arc<Log>,
}

/// What is remembered of a request until it has ended.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    /// By the node's clock; `None` where it was not entered.
    began: Option<Duration>,
    method: String,
    path: String,
    id: String,
    tenant: String,
    revision: u64,
    status: u16,
}

impl Reset for Seen {
    fn reset(&mut self) {
        let Self {
            began,
            method,
            path,
            id,
            tenant,
            revision,
            status,
        } = self;
        (*began, *revision, *status) = (None, 0, 0);
        for text in [method, path, id, tenant] {
            text.reset();
        }
    }

    fn kept_bytes(&self) -> usize {
        let Self {
            method,
            path,
            id,
            tenant,
            ..
        } = self;
        [method, path, id, tenant].map(String::capacity).iter().sum()
    }
}

impl AccessLogNode {
    fn new(chain: &str, config: &AccessLog, log: Arc<Log>) -> Self {
        log.write_to(config.to);
        Self {
            chain: chain.to_owned(),
            sample: config.sample,
            slow: config.slow.unwrap_or(Duration::MAX),
            clock: Clock::start(),
            log,
        }
    }

    fn write(&self, line: &mut Vec<u8>, seen: &Seen, (end, status, took): Told, attributes: &Attributes) {
        let mut fields = Fields::begin(line);
        fields.text("time", Stamp::from(self.clock.wall()));
        fields.text("chain", &self.chain);
        fields.text("method", &seen.method);
        fields.text("path", &seen.path);
        if status != 0 {
            fields.number("status", status);
        }
        fields.text("end", end.name());
        fields.number("durationMs", format_args!("{:.3}", took.as_secs_f64() * 1_000.0));
        let id = attributes.get("requestId").unwrap_or(&seen.id);
        if !id.is_empty() {
            fields.text("requestId", id);
        }
        for name in [
            outcome::UPSTREAM,
            "traceId",
            TENANT,
            outcome::REFUSED_BY,
            outcome::RULE,
        ] {
            let own = (name == TENANT && !seen.tenant.is_empty()).then_some(seen.tenant.as_str());
            if let Some(value) = attributes.get(name).or(own) {
                fields.text(name, value);
            }
        }
        fields.number("revision", seen.revision);
        fields.end();
    }
}

/// How a request ended, with which status, after how long.
type Told = (End, u16, Duration);

impl Node for AccessLogNode {
    type State = Seen;

    fn on_request(&self, head: &mut dyn RequestHead, seen: &mut Seen, cx: &mut Cx) -> Flow {
        seen.began = Some(self.clock.now());
        push_start(&mut seen.method, head.method());
        push_start(&mut seen.path, head.path());
        let known = head.request_id().map(|id| id.value().as_bytes());
        let id = known.or_else(|| head.header(&REQUEST_ID));
        let id = id.and_then(|id| std::str::from_utf8(id).ok());
        push_start(&mut seen.id, id.unwrap_or_default());
        push_start(&mut seen.tenant, head.tenant().unwrap_or_default());
        seen.revision = cx.tell_outcome();
        Flow::Next
    }

    fn on_reply(&self, head: &mut dyn ReplyHead, seen: &mut Seen, _: &mut Attributes) {
        seen.status = head.status().as_u16();
    }

    fn on_end(&self, end: End, seen: &mut Seen, attributes: &Attributes) {
        let Some(began) = seen.began else {
            return;
        };
        let told = attributes
            .get(outcome::STATUS)
            .and_then(|status| status.parse().ok());
        let status = told.unwrap_or(seen.status);
        let took = self.clock.now().saturating_sub(began);
        if end != End::Ok || status >= 500 || took >= self.slow || chance::hits(self.sample) {
            self.log
                .put(|line| self.write(line, seen, (end, status, took), attributes));
        }
    }
}

/// The beginning of a text, whole letters.
fn push_start(into: &mut String, text: &str) {
    let mut end = LONGEST.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    into.push_str(&text[..end]);
}
