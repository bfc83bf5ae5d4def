//! An actor in a cell lives as it would on actix's own context: the same story leaves the same log on both.
#![allow(clippy::unwrap_used)]

#[path = "../kit/mod.rs"]
mod kit;

use std::pin::Pin;
use std::task::{self, Poll};
use std::time::Duration;

use futures_core::Stream;
use hedgerow_supervisor::{ChildSpec, Restart, Supervisor};
use kit::doer::Log;
use tokio::time::{Interval, interval, sleep};

/// The stories in a cell.
#[path = "."]
mod supervised {
    use hedgerow_supervisor::CellContext as Ctx;

    mod hero;

    pub(crate) use hero::*;
}

/// The same files once more, on actix's own context.
#[path = "."]
#[allow(clippy::disallowed_types, reason = "what is compared with")]
#[allow(clippy::duplicate_mod, reason = "that is what makes it the same story")]
mod plain {
    use actix::Context as Ctx;

    mod hero;

    pub(crate) use hero::*;
}

const fn ms(time: u64) -> Duration {
    Duration::from_millis(time)
}

/// So many items, one each millisecond.
fn stream(items: u32) -> impl Stream<Item = u32> {
    Items {
        next: 1,
        last: items,
        clock: interval(ms(1)),
    }
}

struct Items {
    next: u32,
    last: u32,
    clock: Interval,
}

impl Stream for Items {
    type Item = u32;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<Option<u32>> {
        if self.next > self.last {
            return Poll::Ready(None);
        }
        self.clock.poll_tick(task).map(|_| {
            self.next += 1;
            Some(self.next - 1)
        })
    }
}

impl supervised::Told for hedgerow_supervisor::Handle<supervised::Hero> {
    fn tell(&self, deed: supervised::Do) {
        Self::tell(self, deed).unwrap();
    }
    fn slow(&self, slow: supervised::Slow) {
        Self::tell(self, slow).unwrap();
    }
    fn alone(&self, alone: supervised::Alone) {
        Self::tell(self, alone).unwrap();
    }
    fn apart(&self, apart: supervised::Apart) {
        Self::tell(self, apart).unwrap();
    }
}

#[allow(clippy::disallowed_methods, reason = "what is compared with")]
impl plain::Told for actix::Addr<plain::Hero> {
    fn tell(&self, deed: plain::Do) {
        self.do_send(deed);
    }
    fn slow(&self, slow: plain::Slow) {
        self.do_send(slow);
    }
    fn alone(&self, alone: plain::Alone) {
        self.do_send(alone);
    }
    fn apart(&self, apart: plain::Apart) {
        self.do_send(apart);
    }
}

/// Longer than any story.
const LONG: Duration = ms(1_000);

fn supervised_log(story: &supervised::Story) -> Vec<String> {
    let log = Log::default();
    kit::run(async {
        let mut hero = Some(story.hero(&log));
        let (spec, handle) = ChildSpec::actor("hero", move || hero.take().unwrap());
        (story.tells)(&handle);
        let spec = spec.restart(Restart::Temporary);
        let root = Supervisor::one_for_one("root");
        // One that stops before it is ready fails the start: beside the story.
        let ground = hedgerow_supervisor::Ground::new(hedgerow_supervisor::Arbiters::current_thread());
        let tree = hedgerow_supervisor::Tree::start(root.child(spec), &ground).await;
        sleep(LONG).await;
        log.note("-");
        drop(tree);
    });
    log.lines()
}

#[allow(clippy::disallowed_methods, reason = "what is compared with")]
fn plain_log(story: &plain::Story) -> Vec<String> {
    use actix::Actor as _;
    let log = Log::default();
    kit::run(async {
        let address = story.hero(&log).start();
        (story.tells)(&address);
        sleep(LONG).await;
        log.note("-");
        // What the actor does once it is alone is actix's own affair.
        std::mem::forget(address);
    });
    log.lines()
}

/// Up to the end of the story.
fn until_its_end(mut log: Vec<String>) -> Vec<String> {
    let end = log.iter().position(|line| line == "-").unwrap();
    log.truncate(end);
    log
}

#[test]
fn every_story_leaves_the_same_log_in_a_cell_as_on_actixs_own_context() {
    let mut differing = Vec::new();
    for (supervised, plain) in supervised::STORIES.iter().zip(plain::STORIES) {
        let expected = until_its_end(plain_log(plain));
        assert!(!expected.is_empty(), "{}", plain.name);
        let lived = until_its_end(supervised_log(supervised));
        if lived != expected {
            differing.push(format!("{}:\n  {lived:?}\n  {expected:?}", supervised.name));
        }
    }
    assert!(
        differing.is_empty(),
        "in a cell, and as it should be:\n{}",
        differing.join("\n")
    );
}

#[test]
fn where_something_is_waited_for_a_cell_is_stricter() {
    let lived: Vec<_> = supervised::STRICTER
        .iter()
        .map(supervised_log)
        .map(until_its_end)
        .collect();
    assert_eq!(
        lived,
        [
            [
                "started",
                "one",
                "waited",
                "two",
                "spawned polled",
                "spawned polled"
            ]
            .to_vec(),
            ["started", "inner", "outer", "message"].to_vec(),
        ]
    );
    let plain: Vec<_> = plain::STRICTER.iter().map(plain_log).map(until_its_end).collect();
    assert_eq!(
        plain,
        [
            [
                "started",
                "one",
                "spawned polled",
                "waited",
                "two",
                "spawned polled"
            ]
            .to_vec(),
            ["started", "outer", "inner", "message"].to_vec(),
        ]
    );
}
