//! `concurrency`: so many requests at once.

use std::sync::Arc;
use std::time::Duration;

use hedgerow_config::Concurrency;
use hedgerow_view::Refusal;
use http::StatusCode;

use crate::chain::{Attributes, Cx, End, Flow, Node, NodeSpec, RequestHead};
use crate::concurrency::{Admission, Census, ConcurrencyMemory, Joined, Waiter};
use crate::pool::Reset;

pub(super) fn spec(name: &str, config: &Concurrency) -> NodeSpec {
    let config = config.clone();
    NodeSpec::keeping(
        name,
        "concurrency",
        ConcurrencyMemory::default(),
        move |memory: Arc<ConcurrencyMemory>| {
            memory.set(&config);
            ConcurrencyNode {
                memory,
                is_adaptive: config.is_adaptive(),
                wait: config.wait,
                most_waiting: config.max_waiting,
            }
        },
    )
}

struct ConcurrencyNode {
    memory: Arc<ConcurrencyMemory>,
    is_adaptive: bool,
    wait: Option<Duration>,
    most_waiting: u32,
}

/// What a request has of the admissions.
#[derive(Default)]
struct Stay {
    /// It has one, which its end gives back.
    is_inside: bool,
    /// When it got it, where it is measured.
    since: Option<Duration>,
    /// Where it waited, for the next one that waits.
    waiter: Option<Arc<Waiter>>,
}

/// Where somebody waited is memory that is used again, and no part of what it is.
impl PartialEq for Stay {
    fn eq(&self, other: &Self) -> bool {
        (self.is_inside, self.since) == (other.is_inside, other.since)
    }
}

impl Reset for Stay {
    fn reset(&mut self) {
        let Self {
            is_inside,
            since,
            waiter: _,
        } = self;
        is_inside.reset();
        since.reset();
    }

    fn kept_bytes(&self) -> usize {
        self.waiter.as_ref().map_or(0, |_| size_of::<Waiter>())
    }
}

impl ConcurrencyNode {
    #[inline]
    fn go_in(&self, stay: &mut Stay) -> Flow {
        stay.is_inside = true;
        if self.is_adaptive {
            stay.since = self.memory.stopwatch.begin();
        }
        Flow::Next
    }

    #[cold]
    fn wait_or_refuse(&self, full: Census, stay: &mut Stay, cx: &mut Cx) -> Flow {
        let Some(longest) = self.wait else {
            return self.refuse(&full.to_string(), cx);
        };
        let waiter = stay.waiter.get_or_insert_default();
        match self.memory.admissions.join(waiter, self.most_waiting) {
            Joined::Inside => self.go_in(stay),
            Joined::Refused(census) => self.refuse(&census.to_string(), cx),
            Joined::Waiting(mut queued) => cx.wait(async move {
                match tokio::time::timeout(longest, &mut queued).await {
                    Ok(admission) => Some(admission),
                    Err(_) => queued.withdraw(),
                }
            }),
        }
    }

    #[cold]
    fn refuse(&self, observed: &str, cx: &mut Cx) -> Flow {
        let limit = format!("{} at once", self.memory.admissions.limit());
        let refusal = Refusal::new("", "concurrency", limit, observed);
        cx.refuse_with(StatusCode::SERVICE_UNAVAILABLE, refusal)
    }
}

impl Node for ConcurrencyNode {
    type State = Stay;

    fn on_request(&self, _: &mut dyn RequestHead, stay: &mut Stay, cx: &mut Cx) -> Flow {
        match self.memory.admissions.enter() {
            Ok(()) => self.go_in(stay),
            Err(full) => self.wait_or_refuse(full, stay, cx),
        }
    }

    fn on_resume(&self, _: &mut dyn RequestHead, stay: &mut Stay, cx: &mut Cx) -> Flow {
        match cx.landed::<Option<Admission>>().flatten() {
            Some(admission) => {
                admission.keep();
                self.go_in(stay)
            }
            None => {
                let longest = self.wait.unwrap_or_default();
                self.refuse(&format!("{longest:?} waited"), cx)
            }
        }
    }

    fn on_end(&self, end: End, stay: &mut Stay, _: &Attributes) {
        if !std::mem::take(&mut stay.is_inside) {
            return;
        }
        // Others say nothing of who was called: nobody was, or nobody waited for the answer.
        if let Some(since) = stay.since.take()
            && matches!(end, End::Ok | End::Failed)
        {
            self.memory.end_measuring(since, end == End::Ok);
        }
        self.memory.admissions.leave();
    }
}
