//! What is built in their place: stacks of tower's services. Boxed ones, whose layers can be chosen when the program runs; and
//! static ones, which the compiler sees through, and nothing can be changed in.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use futures_util::FutureExt as _;
use futures_util::future::Map;
use tower::Service;
use tower::util::BoxService;

type Boxed = BoxService<&'static str, u16, Infallible>;
type Answered = Result<u16, Infallible>;

/// One layer. Its future is no more than what it needs to look at the reply; in a boxed stack it is boxed once, by
/// [`BoxService`].
struct Hop<S>(S);

impl<S> Service<&'static str> for Hop<S>
where
    S: Service<&'static str, Response = u16, Error = Infallible>,
{
    type Response = u16;
    type Error = Infallible;
    type Future = Map<S::Future, fn(Answered) -> Answered>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(task)
    }

    fn call(&mut self, path: &'static str) -> Self::Future {
        black_box(path.len());
        self.0.call(path).map(|answered| answered.map(black_box))
    }
}

/// Whom the stack is around.
struct Inner;

impl Service<&'static str> for Inner {
    type Response = u16;
    type Error = Infallible;
    type Future = Ready<Answered>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: &'static str) -> Self::Future {
        ready(Ok(200))
    }
}

pub(crate) fn batch(depth: usize, count: u64) {
    // Once a batch: nobody builds it for each request.
    run(
        (0..depth).fold(Boxed::new(Inner), |stack, _| Boxed::new(Hop(stack))),
        count,
    );
}

fn run(mut stack: impl Service<&'static str, Response = u16, Error = Infallible>, count: u64) {
    let mut task = Context::from_waker(Waker::noop());
    for _ in 0..count {
        let _ = stack.poll_ready(&mut task);
        let answered = pin!(stack.call(black_box("/pay"))).poll(&mut task);
        let _ = black_box(answered);
    }
}

/// A hop for each token.
macro_rules! hops {
    () => { Inner };
    ($hop:tt $($further:tt)*) => { Hop(hops!($($further)*)) };
}

/// Their depth is part of their type: for those that are measured.
pub(crate) fn static_batch(depth: usize, count: u64) {
    match depth {
        1 => run(hops!(x), count),
        5 => run(hops!(x x x x x), count),
        10 => run(hops!(x x x x x x x x x x), count),
        20 => run(hops!(x x x x x x x x x x x x x x x x x x x x), count),
        37 => run(
            hops!(x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x),
            count,
        ),
        64 => run(
            hops!(x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x
                  x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x),
            count,
        ),
        _ => unreachable!("no depth that is measured"),
    }
}
