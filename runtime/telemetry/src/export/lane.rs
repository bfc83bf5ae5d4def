//! One batch after the other, until the collector has taken it.

use std::future::Future;
use std::time::Duration;

use hedgerow_supervisor::{Backoff, Curve};
use opentelemetry_sdk::error::OTelSdkResult;
use tokio::sync::watch;
use tokio::time::sleep;

use super::courier::{Courier, Outcome};
use super::tally::{News, Tally};

/// The waits between two tries of one batch.
const WAITS: Curve = Curve {
    initial: Duration::from_millis(500),
    max: Duration::from_secs(30),
};

/// The way of one signal to the collector. It outlives each incarnation of who drives it.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) signal: &'static str,
    pub(super) tally: Tally,
    pub(super) courier: Courier,
}

/// One's hold of a lane.
pub(super) struct Driver<'l> {
    lane: &'l Lane,
    backoff: Backoff,
    /// Whether the end has begun.
    pub(super) closing: watch::Receiver<bool>,
}

/// What was taken and has not reached the collector. Dropped with it in hand, it counts as dropped.
struct InHand<'l> {
    tally: &'l Tally,
    count: usize,
}

impl Drop for InHand<'_> {
    fn drop(&mut self) {
        self.tally.drop(self.count);
    }
}

impl<'l> Driver<'l> {
    pub(super) fn of(lane: &'l Lane, closing: watch::Receiver<bool>) -> Self {
        Self {
            lane,
            backoff: Backoff::new(WAITS, u64::from(std::process::id())),
            closing,
        }
    }

    /// Sends what counts so much by `send`, until the collector takes it or says that it never will. Once the end has begun it
    /// is tried once.
    pub(super) async fn deliver<F>(&mut self, count: usize, send: impl Fn() -> F)
    where
        F: Future<Output = OTelSdkResult>,
    {
        let mut in_hand = InHand {
            tally: &self.lane.tally,
            count,
        };
        while !self.attempt(count, send()).await {
            let is_last = *self.closing.borrow();
            if is_last || !self.lane.courier.last().is_passing() {
                return;
            }
            let wait = self.backoff.next();
            tokio::select! {
                () = sleep(wait) => {}
                () = ended(&mut self.closing) => {}
            }
        }
        in_hand.count = 0;
        self.backoff.reset();
    }

    /// Whether the collector has taken it.
    pub(super) async fn attempt(&self, count: usize, sent: impl Future<Output = OTelSdkResult>) -> bool {
        let Lane {
            signal,
            tally,
            courier,
        } = self.lane;
        courier.forget();
        match sent.await {
            Ok(()) => {
                if tally.export(count) == News::Changed {
                    tracing::info!(signal, "the collector takes telemetry again");
                }
                true
            }
            Err(error) => {
                let why = match courier.last() {
                    Outcome::Unasked => error.to_string(),
                    Outcome::NoAnswer(why) => why,
                    Outcome::Answered(status) => format!("the collector answered {status}"),
                };
                if tally.fail(&why) == News::Changed {
                    tracing::warn!(
                        signal,
                        why,
                        "telemetry does not reach the collector: what finds no room is dropped and counted"
                    );
                }
                false
            }
        }
    }
}

/// Resolves when the end has begun, or nobody is left to say so.
pub(super) async fn ended(closing: &mut watch::Receiver<bool>) {
    // An error says that nobody is left.
    let _ = closing.wait_for(|closing| *closing).await;
}
