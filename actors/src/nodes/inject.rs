//! `inject`: makes faults on purpose.

use std::time::Duration;

use hedgerow_config::{Fault, FaultKind, Inject};
use hedgerow_view::Refusal;
use http::{HeaderName, StatusCode};

use crate::chain::{Cx, Flow, Node, NodeSpec, RequestHead};
use crate::chance;

/// Bytes of a header that are told to who sent it.
const SHOWN: usize = 80;

pub(super) fn spec(name: &str, config: &Inject) -> NodeSpec {
    let config = config.clone();
    NodeSpec::new(name, "inject", move || InjectNode::new(&config))
}

struct InjectNode {
    header: Option<HeaderName>,
    allow: Vec<FaultKind>,
    max_delay: Duration,
    share: f64,
    drawn: Faults,
    /// What refusals say of a request that was drawn.
    drawn_by: String,
}

/// What one request gets.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Faults {
    delay: Option<Duration>,
    blow: Option<Blow>,
}

/// What ends it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Blow {
    Abort(StatusCode),
    Panic,
}

/// Whose doing it is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum By {
    Header,
    Chance,
}

impl Faults {
    /// The same with this one; `None` where a request cannot have both.
    fn and(mut self, fault: Fault) -> Option<Self> {
        let is_new = match fault {
            Fault::Delay(time) => self.delay.replace(time).is_none(),
            Fault::Abort(status) => {
                let blow = Blow::Abort(StatusCode::from_u16(status).ok()?);
                self.blow.replace(blow).is_none()
            }
            Fault::Panic => self.blow.replace(Blow::Panic).is_none(),
        };
        is_new.then_some(self)
    }
}

impl InjectNode {
    /// What a config cannot say is left out: it has been checked.
    fn new(config: &Inject) -> Self {
        let faults = config
            .faults
            .iter()
            .try_fold(Faults::default(), |all, fault| all.and(*fault));
        Self {
            header: config.header.as_ref().and_then(|name| name.parse().ok()),
            allow: config.allow.clone(),
            max_delay: config.max_delay,
            share: if config.faults.is_empty() {
                0.0
            } else {
                config.share
            },
            drawn: faults.unwrap_or_default(),
            drawn_by: format!("a share of {}", config.share),
        }
    }

    /// What the value of the header asks for.
    ///
    /// # Errors
    /// What it should have said.
    fn asked(&self, value: &[u8]) -> Result<Faults, String> {
        let mut faults = Faults::default();
        for item in value.split(|byte| *byte == b',') {
            let item = std::str::from_utf8(item.trim_ascii()).unwrap_or_default();
            let fault: Fault = item
                .parse()
                .map_err(|_| "panic, abort=STATUS or delay=TIME".to_owned())?;
            if !self.allow.contains(&fault.kind()) {
                let allowed: Vec<&str> = self.allow.iter().map(|kind| kind.name()).collect();
                return Err(allowed.join(", "));
            }
            if matches!(fault, Fault::Delay(time) if time > self.max_delay) {
                return Err(format!("a delay of at most {:?}", self.max_delay));
            }
            let Some(more) = faults.and(fault) else {
                return Err("one delay, and one of panic and abort".to_owned());
            };
            faults = more;
        }
        Ok(faults)
    }

    fn strike(&self, blow: Option<Blow>, by: By, cx: &mut Cx) -> Flow {
        match blow {
            None => Flow::Next,
            Some(Blow::Panic) => panic!("injected: {}", self.told(by)),
            Some(Blow::Abort(status)) => {
                let observed = format!("abort={}", status.as_u16());
                cx.refuse(status, "inject", self.told(by), observed)
            }
        }
    }

    fn told(&self, by: By) -> String {
        match (by, &self.header) {
            (By::Header, Some(name)) => format!("asked for by {name}"),
            _ => self.drawn_by.clone(),
        }
    }
}

impl Node for InjectNode {
    type State = Option<(Option<Blow>, By)>;

    fn on_request(&self, head: &mut dyn RequestHead, due: &mut Self::State, cx: &mut Cx) -> Flow {
        let asked = self.header.as_ref().and_then(|name| {
            let value = head.header(name)?;
            Some(self.asked(value).map_err(|limit| (limit, shown(value))))
        });
        let (faults, by) = match asked {
            Some(Ok(faults)) => (faults, By::Header),
            Some(Err((limit, observed))) => {
                let refusal = Refusal::new("", "inject", limit, observed);
                return cx.refuse_with(StatusCode::BAD_REQUEST, refusal);
            }
            None if chance::hits(self.share) => (self.drawn, By::Chance),
            None => return Flow::Next,
        };
        if by == By::Header
            && let Some(name) = &self.header
        {
            // An adapter whose heads cannot be changed passes it on: the fault is made all the same.
            let _ = head.remove_header(name);
        }
        match faults.delay {
            Some(delay) if !delay.is_zero() => {
                if tokio::runtime::Handle::try_current().is_err() {
                    let (limit, observed) = ("a caller with tokio's timer", "none");
                    return cx.refuse(StatusCode::NOT_IMPLEMENTED, "inject", limit, observed);
                }
                *due = Some((faults.blow, by));
                cx.wait(tokio::time::sleep(delay))
            }
            _ => self.strike(faults.blow, by, cx),
        }
    }

    fn on_resume(&self, _: &mut dyn RequestHead, due: &mut Self::State, cx: &mut Cx) -> Flow {
        let (blow, by) = due.take().unwrap_or((None, By::Chance));
        self.strike(blow, by, cx)
    }
}

/// The beginning of what a stranger sent, in plain letters.
#[cold]
fn shown(value: &[u8]) -> String {
    value.escape_ascii().take(SHOWN).map(char::from).collect()
}
