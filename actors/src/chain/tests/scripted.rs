//! Nodes that do what a script says, and write down what is done to them.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use http::StatusCode;
use proptest::prelude::*;

use super::super::{Attributes, Cx, End, Flow, Node, Reply, ReplyHead, RequestHead};
use crate::pool::Reset;

/// What a node does with a request on its way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Next,
    Reply,
    Refuse,
    Panic,
    Wait(Wait),
}

/// What it waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wait {
    /// Polls that are not the last.
    pub(super) pending: u32,
    pub(super) ending: Ending,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// It is done, and the node goes on to this.
    Then(Then),
    PanicInPoll,
    /// It is done and panics when it is dropped.
    PanicInDrop,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    Next,
    Reply,
    Refuse,
    Panic,
}

/// What one node does with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Script {
    pub(super) request: Act,
    pub(super) panics_in_reply: bool,
    pub(super) panics_in_end: bool,
}

pub(super) fn scripts() -> impl Strategy<Value = Vec<Script>> {
    let then = prop_oneof![
        6 => Just(Then::Next),
        1 => Just(Then::Reply),
        1 => Just(Then::Refuse),
        1 => Just(Then::Panic),
    ];
    let ending = prop_oneof![
        8 => then.prop_map(Ending::Then),
        1 => Just(Ending::PanicInPoll),
        1 => Just(Ending::PanicInDrop),
    ];
    let wait = (0..3_u32, ending).prop_map(|(pending, ending)| Wait { pending, ending });
    let request = prop_oneof![
        10 => Just(Act::Next),
        1 => Just(Act::Reply),
        1 => Just(Act::Refuse),
        1 => Just(Act::Panic),
        4 => wait.prop_map(Act::Wait),
    ];
    let script = (request, prop::bool::weighted(0.1), prop::bool::weighted(0.1)).prop_map(
        |(request, panics_in_reply, panics_in_end)| Script {
            request,
            panics_in_reply,
            panics_in_end,
        },
    );
    prop::collection::vec(script, 0..8)
}

/// What was done to nodes, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    Replied(usize),
    Ended(usize, End),
    /// It found the state of an earlier request.
    Dirty(usize),
}

/// What all nodes of a chain share: what each is to do, and what was done.
#[derive(Default)]
pub(super) struct Stage {
    pub(super) scripts: Mutex<Vec<Script>>,
    pub(super) done: Mutex<Vec<Done>>,
}

pub(super) struct Scripted {
    pub(super) index: usize,
    pub(super) stage: Arc<Stage>,
}

/// Counts the hooks that one request has met.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Hooks(u32);

impl Reset for Hooks {}

impl Scripted {
    fn script(&self) -> Script {
        // Beyond the script, nodes let requests pass.
        let pass = Script {
            request: Act::Next,
            panics_in_reply: false,
            panics_in_end: false,
        };
        let scripts = self.stage.scripts.lock().unwrap();
        scripts.get(self.index).copied().unwrap_or(pass)
    }

    fn write(&self, done: Done) {
        self.stage.done.lock().unwrap().push(done);
    }

    fn act(then: Then, cx: &mut Cx) -> Flow {
        match then {
            Then::Next => Flow::Next,
            Then::Reply => cx.reply(Reply::new(StatusCode::NO_CONTENT)),
            Then::Refuse => cx.refuse(StatusCode::FORBIDDEN, "script", "no", "yes"),
            Then::Panic => panic!("as scripted"),
        }
    }
}

impl Node for Scripted {
    type State = Hooks;

    fn on_request(&self, _: &mut dyn RequestHead, hooks: &mut Hooks, cx: &mut Cx) -> Flow {
        if hooks.0 != 0 {
            self.write(Done::Dirty(self.index));
        }
        hooks.0 += 1;
        let before = cx.attributes().get("before").map(str::len);
        if self.index == 0 && before.is_some() {
            self.write(Done::Dirty(self.index));
        }
        cx.attributes().set("before", "x");
        match self.script().request {
            Act::Next => Self::act(Then::Next, cx),
            Act::Reply => Self::act(Then::Reply, cx),
            Act::Refuse => Self::act(Then::Refuse, cx),
            Act::Panic => Self::act(Then::Panic, cx),
            Act::Wait(wait) => cx.wait(Waiting(wait)),
        }
    }

    fn on_resume(&self, _: &mut dyn RequestHead, hooks: &mut Hooks, cx: &mut Cx) -> Flow {
        hooks.0 += 1;
        let then = cx.landed::<Then>().expect("what it waited for is done");
        assert_eq!(cx.landed::<Then>(), None, "once");
        Self::act(then, cx)
    }

    fn on_reply(&self, _: &mut dyn ReplyHead, hooks: &mut Hooks, _: &mut Attributes) {
        hooks.0 += 1;
        self.write(Done::Replied(self.index));
        assert!(!self.script().panics_in_reply, "as scripted");
    }

    fn on_end(&self, end: End, hooks: &mut Hooks, _: &Attributes) {
        hooks.0 += 1;
        self.write(Done::Ended(self.index, end));
        assert!(!self.script().panics_in_end, "as scripted");
    }
}

struct Waiting(Wait);

impl Future for Waiting {
    type Output = Then;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Then> {
        if let Some(left) = self.0.pending.checked_sub(1) {
            self.0.pending = left;
            task.waker().wake_by_ref();
            return Poll::Pending;
        }
        match self.0.ending {
            Ending::Then(then) => Poll::Ready(then),
            Ending::PanicInPoll => panic!("as scripted"),
            Ending::PanicInDrop => Poll::Ready(Then::Next),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        assert!(self.0.ending != Ending::PanicInDrop, "as scripted");
    }
}
