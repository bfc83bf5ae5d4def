//! One batch after the other, until the collector has taken it.

use std::future::Future;
use std::time::Duration;

use hedgerow_supervisor::{Backoff, Curve};
use opentelemetry_sdk::error::OTelSdkResult;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::courier::{Courier, Outcome};
use super::partial::PartialSuccess;
use super::tally::{News, Tally};

/// The waits between two tries of one batch.
const WAITS: Curve = Curve {
    initial: Duration::from_millis(500),
    max: Duration::from_secs(30),
};

/// How often the log says that the collector rejects something.
const SAID_EVERY: Duration = Duration::from_secs(60);

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
    /// When the log last said that something was rejected.
    said: Option<Instant>,
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
            said: None,
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
    pub(super) async fn attempt(&mut self, count: usize, sent: impl Future<Output = OTelSdkResult>) -> bool {
        let Lane {
            signal,
            tally,
            courier,
        } = self.lane;
        courier.forget();
        match sent.await {
            Ok(()) => {
                let partial = match courier.last() {
                    Outcome::Answered(_, partial) => partial,
                    Outcome::Unasked | Outcome::NoAnswer(_) => None,
                };
                if tally.export(taken(signal, count, partial.as_ref())) == News::Changed {
                    tracing::info!(signal, "the collector takes telemetry again");
                }
                if let Some(PartialSuccess { rejected, message }) = partial {
                    tally.reject(rejected, &message);
                    if is_due(&mut self.said, Instant::now()) {
                        tracing::warn!(
                            signal,
                            rejected,
                            why = message,
                            "the collector has not taken all of an export: what it rejects is counted, and is not sent again"
                        );
                    }
                }
                true
            }
            Err(error) => {
                let why = match courier.last() {
                    Outcome::Unasked => error.to_string(),
                    Outcome::NoAnswer(why) => why,
                    Outcome::Answered(status, _) => format!("the collector answered {status}"),
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

/// How many of an export the collector has taken. Of the metrics, whose data points are rejected one by one, whole exports are counted.
fn taken(signal: &str, count: usize, partial: Option<&PartialSuccess>) -> usize {
    let rejected = partial.map_or(0, |partial| partial.rejected);
    match signal {
        "metrics" => count,
        _ => count.saturating_sub(usize::try_from(rejected).unwrap_or(usize::MAX)),
    }
}

/// Whether what is said at most once in a while may be said now; if so, it was.
fn is_due(said: &mut Option<Instant>, now: Instant) -> bool {
    let is_due = said.is_none_or(|last| now.saturating_duration_since(last) >= SAID_EVERY);
    if is_due {
        *said = Some(now);
    }
    is_due
}

/// Resolves when the end has begun, or nobody is left to say so.
pub(super) async fn ended(closing: &mut watch::Receiver<bool>) {
    // An error says that nobody is left.
    let _ = closing.wait_for(|closing| *closing).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_rejected_is_said_at_most_once_a_minute() {
        let (mut said, start) = (None, Instant::now());
        let after = [0, 1, 59, 60, 61, 119, 120];
        let heard = after.map(|seconds| is_due(&mut said, start + Duration::from_secs(seconds)));
        assert_eq!(heard, [true, false, false, true, false, false, true]);
    }

    #[test]
    fn what_is_rejected_was_not_taken_and_of_the_metrics_whole_exports_are_counted() {
        let partial = |rejected| {
            Some(PartialSuccess {
                rejected,
                message: String::new(),
            })
        };
        for (signal, rejected, expected) in [
            ("traces", partial(3), 7),
            ("logs", partial(11), 0),
            ("logs", None, 10),
            ("metrics", partial(3), 10),
        ] {
            assert_eq!(taken(signal, 10, rejected.as_ref()), expected, "{signal}");
        }
    }
}
