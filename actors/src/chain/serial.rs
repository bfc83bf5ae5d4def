//! Nodes that answer their requests one at a time, in the mailbox of their actor.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use actix::{Handler, Message};
use hedgerow_supervisor::{AskError, CellContext, Handle, PanicRecord, catch};
use hedgerow_view::Refusal;
use http::StatusCode;

use super::actor::NodeActor;
use super::cx::Cx;
use super::flow::Flow;
use super::head::RequestHead;
use super::node::Node;

/// A node that has its requests one at a time, in the order in which they came, and its state to itself (`&mut self`).
///
/// Its actor's thread has no request in hand. So what the actor needs of one is taken out of it first, by
/// [`take`](Self::take), and what it answers is carried out by [`on_answer`](Self::on_answer); both run where the request
/// is, for many requests at once. Only [`on_request`](Self::on_request) is serialised.
///
/// # Cost
/// Two messages between threads for each request, some microseconds where a walk through a [`Node`] takes nanoseconds, and one
/// thread that does all of it: a counter or a table behind a lock in an ordinary node is nearly always the better choice. This
/// is for what cannot be shared: a state that is not `Send`, or an order of requests that matters.
///
/// # What becomes of a request
/// | what happens | what becomes of it |
/// |---|---|
/// | [`SerialLimits::mailbox`] requests wait already | 503, rule `mailbox` |
/// | no answer within [`SerialLimits::within`], or the deadline of the current context | 503, rule `deadline` |
/// | its client goes away while it waits | it is never begun with |
/// | it crashes in `on_request` | 500, as in any node; the others are answered by a fresh value |
/// | the actor is stopped | 503, rule `nodeDown` |
/// | the actor is being restarted | it waits |
///
/// ```
/// use hedgerow_actors::chain::{Cx, Flow, NodeSpec, RequestHead, SerialLimits, SerialNode};
///
/// /// Numbers the requests of a path, without a gap.
/// #[derive(Default)]
/// struct Numbering(u64);
///
/// impl SerialNode for Numbering {
///     type Request = String;
///     type Answer = u64;
///
///     fn take(head: &dyn RequestHead, _: &mut Cx) -> Option<String> {
///         head.path().starts_with("/orders").then(|| head.path().to_owned())
///     }
///
///     fn on_request(&mut self, path: String) -> u64 {
///         self.0 += 1;
///         self.0
///     }
///
///     fn on_answer(number: u64, _: &mut dyn RequestHead, cx: &mut Cx) -> Flow {
///         cx.attributes().set("number", number);
///         Flow::Next
///     }
/// }
///
/// let spec = NodeSpec::serialised("numbers", "numbering", SerialLimits::default(), Numbering::default);
/// # let _ = spec;
/// ```
pub trait SerialNode: Sized + 'static {
    /// What the actor is told of a request: it owns all that it needs.
    type Request: Send + 'static;

    /// What comes of it.
    type Answer: Send + 'static;

    /// Takes out of a request what the actor needs, where the request is. `None` lets the request pass by the actor, to the
    /// next node.
    fn take(head: &dyn RequestHead, cx: &mut Cx) -> Option<Self::Request>;

    /// Answers one request, on the actor's thread, which other actors share: it must neither block nor take long.
    fn on_request(&mut self, request: Self::Request) -> Self::Answer;

    /// Does with the request what was answered, where the request is.
    fn on_answer(answer: Self::Answer, head: &mut dyn RequestHead, cx: &mut Cx) -> Flow;
}

/// How many requests wait for a serialised node, and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SerialLimits {
    /// How many requests may wait; those beyond it are refused. Default 1,024; a zero is a mistake of the tree.
    pub mailbox: usize,
    /// How long a request waits for its answer, by tokio's clock; outside of a runtime there is no limit. Default 5 s.
    pub within: Duration,
}

impl Default for SerialLimits {
    fn default() -> Self {
        Self {
            mailbox: 1_024,
            within: Duration::from_secs(5),
        }
    }
}

/// What the node's actor answers requests with.
pub(super) struct Serial {
    make: Arc<dyn Fn() -> Box<dyn Any>>,
    /// `None` after a request has crashed in it, until the next one comes.
    state: Option<Box<dyn Any>>,
}

impl Serial {
    /// # Panics
    /// Where `make` does.
    pub(super) fn new<S: SerialNode>(make: Arc<impl Fn() -> S + Send + Sync + 'static>) -> Self {
        Self {
            state: Some(Box::new(make())),
            make: Arc::new(move || Box::new(make())),
        }
    }

    /// Answers one request. Where that crashes, the value is dropped: nobody knows what it has come to.
    fn answer(&mut self, question: Box<dyn Question>) -> Result<Answer, PanicRecord> {
        let answered = catch(|| {
            let state = self.state.get_or_insert_with(|| (self.make)());
            question.ask(&mut **state)
        });
        if answered.is_err() {
            let state = self.state.take();
            if let Err(record) = catch(|| drop(state)) {
                tracing::warn!("panic over the state of a node that was dropped: {record}");
            }
        }
        answered.map(Answer)
    }
}

/// A request to a serialised node, with its type erased.
trait Question: Send {
    fn ask(self: Box<Self>, state: &mut dyn Any) -> Box<dyn Any + Send>;
}

struct Taken<S: SerialNode>(S::Request);

impl<S: SerialNode> Question for Taken<S> {
    fn ask(self: Box<Self>, state: &mut dyn Any) -> Box<dyn Any + Send> {
        let state = state
            .downcast_mut::<S>()
            .expect("the filter and the state of a node are made together");
        Box::new(state.on_request(self.0))
    }
}

/// Asks a node's actor to answer a request.
pub(super) struct Ask(Box<dyn Question>);

/// What it answers, with its type erased.
pub(super) struct Answer(Box<dyn Any + Send>);

impl Message for Ask {
    type Result = Result<Answer, PanicRecord>;
}

impl Handler<Ask> for NodeActor {
    type Result = Result<Answer, PanicRecord>;

    fn handle(&mut self, Ask(question): Ask, _: &mut CellContext<Self>) -> Self::Result {
        let serial = self
            .serial
            .as_mut()
            .expect("only the filter of a serialised node asks");
        let answered = serial.answer(question);
        if let Err(record) = &answered {
            self.node.crashed(record.clone());
        }
        answered
    }
}

/// What requests walk through.
pub(super) struct Asking<S> {
    node: Handle<NodeActor>,
    limits: SerialLimits,
    answers: PhantomData<fn() -> S>,
}

impl<S: SerialNode> Asking<S> {
    pub(super) fn new(node: Handle<NodeActor>, limits: SerialLimits) -> Self {
        Self {
            node,
            limits,
            answers: PhantomData,
        }
    }

    #[cold]
    fn unanswered(&self, error: AskError<Ask>, cx: &mut Cx) -> Flow {
        let (rule, limit, observed) = match error {
            AskError::Overloaded(_) => {
                let limit = format!("{} that wait", self.limits.mailbox);
                ("mailbox", limit, "one more".to_owned())
            }
            AskError::Deadline { limit, message } => {
                let observed = match message {
                    Some(_) => "not begun with",
                    None => "begun with, and not answered",
                };
                ("deadline", format!("{limit:?}"), observed.to_owned())
            }
            AskError::Stopped(_) | AskError::Restarting(_) | AskError::Quarantined(_) => {
                ("nodeDown", "a running actor".to_owned(), "none".to_owned())
            }
            ended => return cx.crashed(ended.to_string()),
        };
        cx.refuse_with(
            StatusCode::SERVICE_UNAVAILABLE,
            Refusal::new("", rule, limit, observed),
        )
    }
}

impl<S: SerialNode> Node for Asking<S> {
    type State = ();

    fn on_request(&self, head: &mut dyn RequestHead, (): &mut (), cx: &mut Cx) -> Flow {
        let Some(request) = S::take(head, cx) else {
            return Flow::Next;
        };
        let question = Ask(Box::new(Taken::<S>(request)));
        let asked = cx.sends(|| self.node.ask_within(self.limits.within, question));
        cx.wait(asked)
    }

    fn on_resume(&self, head: &mut dyn RequestHead, (): &mut (), cx: &mut Cx) -> Flow {
        let answered = cx
            .landed::<Result<Result<Answer, PanicRecord>, AskError<Ask>>>()
            .expect("it is resumed with what it waits for");
        match answered {
            Ok(Ok(Answer(answer))) => {
                let answer = answer
                    .downcast::<S::Answer>()
                    .expect("what is asked by a type is answered by it");
                S::on_answer(*answer, head, cx)
            }
            Ok(Err(record)) => cx.crashed(record.message),
            Err(error) => self.unanswered(error, cx),
        }
    }
}
