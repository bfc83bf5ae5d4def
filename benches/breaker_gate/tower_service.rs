//! The `tower-resilience-circuitbreaker` crate: a service around a service.
//!
//! Its users call `ready` and `call` on a clone of their own, so each batch has one. The service inside does the work at
//! once, and whatever waits is polled again without a pause: no executor is in the figures. A runtime is entered, as an
//! open breaker whose lock is taken sleeps for 1 ms.

use std::future::{Future, Ready, ready};
use std::hint::black_box;
use std::io;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::runtime::Runtime;
use tower_resilience_circuitbreaker::{
    CircuitBreaker, CircuitBreakerError, CircuitBreakerLayer, DefaultClassifier, SlidingWindowType,
};
use tower_service::Service;

use crate::contestants::{Contestant, FailEvery, Failed, Works, work};
use crate::peers::LONG;

/// A breaker of which each thread has a clone.
pub(crate) struct TowerResilience {
    service: CircuitBreaker<Work, DefaultClassifier>,
    runtime: Runtime,
}

/// What it decides by.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Policy {
    /// Seven failures in a row.
    Consecutive,
    /// Half of 100 calls, which is its default.
    Calls,
    /// Half of the calls within [`WINDOW`], at least 20. It keeps each call of the window, and each call reads all of them.
    Time,
}

/// Short, as a call costs as much as calls are in it: of 10 s, hundreds of thousands.
pub(crate) const WINDOW: Duration = Duration::from_millis(1);

impl TowerResilience {
    /// # Errors
    /// Where no runtime can be made, or the crate refuses the policy.
    pub(crate) fn new(policy: Policy) -> io::Result<Self> {
        let builder = CircuitBreakerLayer::builder().wait_duration_in_open(LONG);
        let builder = match policy {
            Policy::Consecutive => builder.consecutive_failures(7),
            Policy::Calls => builder.failure_rate_threshold(0.5).sliding_window_size(100),
            Policy::Time => builder
                .failure_rate_threshold(0.5)
                .sliding_window_type(SlidingWindowType::TimeBased)
                .sliding_window_duration(WINDOW)
                .minimum_number_of_calls(20),
        };
        let layer = builder.build().map_err(io::Error::other)?;
        Ok(Self {
            service: layer.layer_fn(Work),
            runtime: tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_time()
                .build()?,
        })
    }
}

impl Contestant for TowerResilience {
    fn calls(&self, count: u64, fail_every: FailEvery) {
        let _entered = self.runtime.enter();
        let mut service = self.service.clone();
        let mut works = Works::of(count, fail_every);
        for _ in 0..count {
            let fails = works.next_fails();
            let request = Request {
                state: works.state,
                fails,
            };
            if let Ok(state) = black_box(ask(&mut service, request)) {
                works.state = state;
            }
        }
    }

    fn refuses(&self) -> bool {
        let _entered = self.runtime.enter();
        let request = Request {
            state: 0,
            fails: true,
        };
        let asked = ask(&mut self.service.clone(), request);
        matches!(asked, Err(CircuitBreakerError::OpenCircuit))
    }
}

/// What `service.ready().await?.call(request).await` does.
fn ask(
    service: &mut CircuitBreaker<Work, DefaultClassifier>,
    request: Request,
) -> Result<u64, CircuitBreakerError<Failed>> {
    let mut context = Context::from_waker(Waker::noop());
    until_ready(|| service.poll_ready(&mut context))?;
    let mut called = pin!(service.call(request));
    until_ready(|| called.as_mut().poll(&mut context))
}

fn until_ready<T>(mut poll: impl FnMut() -> Poll<T>) -> T {
    loop {
        if let Poll::Ready(value) = poll() {
            return value;
        }
        std::hint::spin_loop();
    }
}

/// The work of one call.
struct Request {
    state: u64,
    fails: bool,
}

/// Does the work.
#[derive(Clone)]
struct Work;

impl Service<Request> for Work {
    type Response = u64;
    type Error = Failed;
    type Future = Ready<Result<u64, Failed>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn call(&mut self, request: Request) -> Self::Future {
        let state = work(request.state);
        ready(if black_box(request.fails) {
            Err(Failed)
        } else {
            Ok(state)
        })
    }
}
