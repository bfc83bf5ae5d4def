//! The way of one request through a chain, whatever the chain stands around: down the nodes, to whom it stands around, and back
//! up with what that brings.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hedgerow_actors::chain::{Arrival, ChainHandle, Cursor, Passage, Reply, Turned};
use pin_project_lite::pin_project;

use super::allowance::{Allowance, Over};
use super::body_limit;
use super::in_trace::InTrace;
use super::own::Case;
use crate::account::Account;
use crate::denied::Denied;

/// What a chain stands around.
pub(super) trait Surrounded {
    /// What walks down the nodes, and is handed over behind them.
    type Request;
    /// What is to be remembered of it from then on.
    type Asked;
    /// The work at it.
    type Call: Future;
    /// What the chain says by itself, as far as it can be made before it is asked for.
    type Own;

    /// Has the nodes look at the request, as far as it goes without waiting.
    fn descend(
        &self,
        cursor: &mut Cursor,
        request: &mut Self::Request,
        task: &mut Context<'_>,
    ) -> Poll<Result<Arrival, Turned>>;

    /// What is to be remembered of a request as the nodes have left it.
    fn asked(request: &Self::Request, revision: u64) -> Self::Asked;

    /// The length that it tells of its body.
    fn told_length(request: &Self::Request) -> Option<u64>;

    /// What is known of a request that is denied.
    fn account(request: &Self::Request) -> Account;

    /// Hands it over.
    fn call(&mut self, request: Self::Request, passage: &Passage) -> Self::Call;

    /// What the chain says where nobody was called.
    fn own(said: Said, asked: Self::Asked, request: Self::Request) -> Self::Own;
}

/// What is said of a call.
pub(super) trait Answers: Surrounded {
    /// To whom it is said.
    type Answer;

    /// What the call brought, past the nodes.
    fn called(outcome: <Self::Call as Future>::Output, passage: Passage, asked: Self::Asked) -> Self::Answer;

    /// The call was cut short, and has been dropped.
    fn cut(over: Over, passage: Passage, asked: Self::Asked) -> Self::Answer;

    /// The chain's own word.
    fn answer(own: Self::Own) -> Self::Answer;
}

/// What a chain says by itself.
pub(super) enum Said {
    /// That, and why, the request is denied, and what is kept of that.
    Denied(Box<Denied>, Box<Case>),
    /// What a node answers in the place of whom the chain is around.
    Reply(Box<Reply>),
}

/// A request that was handed over.
pub(super) struct UnderWay<A> {
    in_trace: InTrace,
    passage: Passage,
    asked: A,
    allowance: Option<Box<Allowance>>,
}

const UNTIL_IT_ARRIVES: &str = "a walk has its request until it arrives, and is not polled after";
const UNTIL_IT_IS_ANSWERED: &str = "a call has its passage until it is answered";

pin_project! {
    /// One request's way. It can be sent to another thread where all that it holds can.
    #[project = WalkProjection]
    pub(super) enum Walk<S>
    where
        S: Surrounded,
    {
        Waiting { chain: ChainHandle, cursor: Cursor, request: Option<S::Request>, surrounded: S },
        Calling { #[pin] call: S::Call, under_way: Option<UnderWay<S::Asked>> },
        Answered { own: Option<Box<S::Own>> },
        Done,
    }
}

impl<S: Surrounded> Walk<S> {
    /// Of a request that has yet to arrive.
    pub(super) fn waiting(chain: ChainHandle, cursor: Cursor, request: S::Request, surrounded: S) -> Self {
        Self::Waiting {
            chain,
            cursor,
            request: Some(request),
            surrounded,
        }
    }

    /// Of a request that has arrived: it is handed over now, or the chain has its answer.
    #[inline]
    pub(super) fn arrived(
        chain: &ChainHandle,
        revision: u64,
        arrival: Result<Arrival, Turned>,
        request: S::Request,
        call: impl FnOnce(S::Request, &Passage) -> S::Call,
    ) -> Self {
        // A node may have given it its id.
        let asked = S::asked(&request, revision);
        match admitted::<S>(chain, arrival, &request) {
            Ok((mut passage, allowance)) => {
                let in_trace = InTrace::of(&mut passage);
                Self::Calling {
                    call: in_trace.run(|| call(request, &passage)),
                    under_way: Some(UnderWay {
                        in_trace,
                        passage,
                        asked,
                        allowance,
                    }),
                }
            }
            Err(said) => Self::Answered {
                own: Some(Box::new(S::own(said, asked, request))),
            },
        }
    }
}

type Admitted = (Passage, Option<Box<Allowance>>);

/// The request, if it has passed the nodes, there is time for it, and it tells no larger body than it may have.
fn admitted<S: Surrounded>(
    chain: &ChainHandle,
    arrival: Result<Arrival, Turned>,
    request: &S::Request,
) -> Result<Admitted, Said> {
    let denied = |denied| {
        let (docket, account) = (chain.docket(), S::account(request));
        Said::Denied(Box::new(denied), Box::new(Case { docket, account }))
    };
    let passage = match arrival {
        Ok(Arrival::Through(passage)) => passage,
        Ok(Arrival::Replied(reply, ending)) => {
            ending.complete();
            return Err(Said::Reply(reply));
        }
        Err(turned) => return Err(denied(turned.into())),
    };
    if passage.is_led() {
        passage.refuse();
        return Err(denied(Denied::led_away(chain.id().to_string())));
    }
    let (passage, allowance) = Allowance::of(chain, passage).map_err(denied)?;
    let passage = body_limit::check_told(passage, || S::told_length(request))
        .map_err(|turned| denied(turned.into()))?;
    Ok((passage, allowance))
}

impl<S: Answers> Future for Walk<S> {
    type Output = S::Answer;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<S::Answer> {
        loop {
            match self.as_mut().project() {
                WalkProjection::Waiting {
                    chain,
                    cursor,
                    request,
                    surrounded,
                } => {
                    let waits = request.as_mut().expect(UNTIL_IT_ARRIVES);
                    let arrival = ready!(surrounded.descend(cursor, waits, task));
                    let request = request.take().expect(UNTIL_IT_ARRIVES);
                    let call = |request, passage: &Passage| surrounded.call(request, passage);
                    let next = Self::arrived(chain, cursor.revision(), arrival, request, call);
                    self.set(next);
                }
                WalkProjection::Calling { call, under_way } => {
                    let polled = under_way.as_ref().expect(UNTIL_IT_IS_ANSWERED);
                    let outcome = match polled.in_trace.run(|| call.poll(task)) {
                        Poll::Ready(outcome) => Ok(outcome),
                        Poll::Pending => {
                            let under_way = under_way.as_mut().expect(UNTIL_IT_IS_ANSWERED);
                            Err(ready!(Allowance::poll_over(&mut under_way.allowance, task)))
                        }
                    };
                    let UnderWay { passage, asked, .. } = under_way.take().expect(UNTIL_IT_IS_ANSWERED);
                    // A call that is cut short ends before its request does.
                    self.set(Self::Done);
                    return Poll::Ready(match outcome {
                        Ok(outcome) => S::called(outcome, passage, asked),
                        Err(over) => S::cut(over, passage, asked),
                    });
                }
                WalkProjection::Answered { own } => {
                    let own = own.take().expect(UNTIL_IT_IS_ANSWERED);
                    self.set(Self::Done);
                    return Poll::Ready(S::answer(*own));
                }
                WalkProjection::Done => panic!("the future of a chain was polled after it was ready"),
            }
        }
    }
}
