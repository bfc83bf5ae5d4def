//! `shed`: refuses what matters least while there is too much to do.

use std::sync::Arc;
use std::time::Duration;

use hedgerow_config::{Believe, Shed};
use hedgerow_view::Refusal;
use http::{HeaderName, StatusCode};

use crate::chain::{Attributes, Cx, End, Flow, Node, NodeSpec, RequestHead};
use crate::pool::Reset;
use crate::shed::{Levels, ShedMemory};

pub(super) fn spec(name: &str, config: &Shed) -> NodeSpec {
    let config = config.clone();
    NodeSpec::keeping(
        name,
        "shed",
        ShedMemory::default(),
        move |memory: Arc<ShedMemory>| ShedNode::new(&config, memory),
    )
}

struct ShedNode {
    memory: Arc<ShedMemory>,
    header: Option<HeaderName>,
    levels: Levels,
    believe: Believe,
    latency: Option<Duration>,
}

/// What a request takes part in.
#[derive(Default, PartialEq)]
struct Part {
    /// It is in flight, until its end.
    is_in_flight: bool,
    /// When it began, where it is measured.
    since: Option<Duration>,
}

impl Reset for Part {}

/// After how long a request that was shed because of latency may come again: levels move once in that time.
const RETRY_AFTER: Duration = Duration::from_secs(1);

impl ShedNode {
    fn new(config: &Shed, memory: Arc<ShedMemory>) -> Self {
        memory.set(config);
        Self {
            memory,
            // What cannot be a header is in no request: it has been checked.
            header: config.header.as_ref().and_then(|name| name.parse().ok()),
            levels: Levels::new(config),
            believe: config.believe,
            latency: config.latency,
        }
    }

    #[inline]
    fn level(&self, head: &dyn RequestHead) -> usize {
        let said = self.header.as_ref().and_then(|name| head.header(name));
        self.levels.of(said, || {
            self.believe == Believe::Everyone || head.is_from_trusted_hop()
        })
    }

    /// Whether a level is refused because requests take too long.
    #[inline]
    fn is_shed(&self, level: usize) -> bool {
        let refused = self.memory.refused() as usize;
        refused > 0 && level + refused >= self.levels.len()
    }

    #[cold]
    fn refuse_slow(&self, level: usize, target: Duration, cx: &mut Cx) -> Flow {
        let limit = format!("a mean of {target:?}");
        let observed = format!("{:.1?}, {} is shed", self.memory.mean(), self.levels.name(level));
        let refusal = Refusal::new("", "shed", limit, observed).retry_after(RETRY_AFTER);
        cx.refuse_with(StatusCode::SERVICE_UNAVAILABLE, refusal)
    }

    #[cold]
    fn refuse_full(&self, level: usize, threshold: u32, in_flight: u32, cx: &mut Cx) -> Flow {
        let limit = format!("{threshold} in flight for {}", self.levels.name(level));
        let refusal = Refusal::new("", "shed", limit, format!("{in_flight} in flight"));
        cx.refuse_with(StatusCode::SERVICE_UNAVAILABLE, refusal)
    }
}

impl Node for ShedNode {
    type State = Part;

    fn on_request(&self, head: &mut dyn RequestHead, part: &mut Part, cx: &mut Cx) -> Flow {
        let level = self.level(head);
        if let Some(target) = self.latency {
            if self.is_shed(level) {
                self.memory.look();
                // It may have been the last one that was in time.
                if self.is_shed(level) {
                    return self.refuse_slow(level, target, cx);
                }
            }
            part.since = self.memory.stopwatch.begin();
        }
        if let Some(threshold) = self.levels.threshold(level) {
            if let Err(in_flight) = self.memory.enter(threshold) {
                part.since = None;
                return self.refuse_full(level, threshold, in_flight, cx);
            }
            part.is_in_flight = true;
        }
        Flow::Next
    }

    fn on_end(&self, end: End, part: &mut Part, _: &Attributes) {
        // Others say nothing of how long requests take: nobody was called, or nobody waited for the answer.
        if let Some(since) = part.since.take()
            && matches!(end, End::Ok | End::Failed)
        {
            self.memory.sample(since);
        }
        if std::mem::take(&mut part.is_in_flight) {
            self.memory.leave();
        }
    }
}
