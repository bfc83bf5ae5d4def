//! What the answers so far say of the next one. Pure: time comes in as nanoseconds of one clock.
//!
//! The peak EWMA of Finagle (`PeakEwma.scala`, which tower's `load::PeakEwma` and linkerd follow): a moving average over time
//! that jumps up to any answer that takes longer, comes down slowly, and fades while there are no answers, so that who
//! was slow is tried again; and so does the share of failures. Added to it: what is not answered yet has taken as long as it waits, so that silence shows
//! before anything of it has ended; and a failure costs more than its time, so that failing fast does not look like
//! answering fast.

use super::load::Known;

/// The time in which what was learned loses all but the `e`-th part of its weight: ten seconds, as in Finagle and linkerd.
const FADES: f64 = 10e9;

/// The same of the share of failures. One failure counts for more than it did where failures came slowly up to it, and is
/// forgotten as soon.
const FAILURES_FADE: f64 = 7e9;

/// The weight of an answer in the share of failures.
const GAIN: f64 = 1.0 / 8.0;

/// The weight of a failure in it. Failures come in a row: the call after one that failed is as likely to fail as not, and a queue
/// of some tens of calls at the other endpoints, after a start or a stall of the machine, is no reason to try.
const JUMP: f64 = 1.0 / 2.0;

/// What a failure, or silence, costs at least.
const LEAST_PENALTY: f64 = 1e9;

/// The same in times of the usual answer, where those are long.
const PENALTY: f64 = 10.0;

/// What is known of the answers of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Ewma {
    /// The average at the last change, in nanoseconds; 0 where there was no answer yet.
    pub(super) nanos: f64,
    /// The share of failures at the last change.
    pub(super) failing: f64,
    /// When that was.
    pub(super) at: u64,
}

impl Ewma {
    /// An answer came, after so long.
    pub(super) fn answered(self, took: u64, now: u64) -> Self {
        let (kept, took) = (self.kept(now), at_least_some(took));
        let faded = self.nanos * kept;
        Self {
            nanos: if took > faded {
                took
            } else {
                faded + took * (1.0 - kept)
            },
            failing: self.still_failing(now) * (1.0 - GAIN),
            at: now,
        }
    }

    /// A call failed, after so long: no answer comes sooner than that.
    pub(super) fn failed(self, took: u64, now: u64) -> Self {
        let kept = self.kept(now);
        let failing = self.still_failing(now);
        Self {
            nanos: (self.nanos * kept).max(at_least_some(took)),
            failing: failing + (1.0 - failing) * JUMP,
            at: now,
        }
    }

    /// A call was given up after so long, in which nothing was heard: no answer comes sooner than that, but it costs no more
    /// than a failure, as it may have waited for its caller.
    pub(super) fn unanswered(self, waited: u64, now: u64) -> Self {
        let kept = self.kept(now);
        let faded = self.nanos * kept;
        Self {
            nanos: faded.max(at_least_some(waited).min(penalty(faded))),
            failing: self.still_failing(now),
            at: now,
        }
    }

    /// How long a call is expected to take by now, where nothing was heard for so long in spite of calls under way; with
    /// what failures cost, by their share. 0 where nothing is known.
    #[inline]
    pub(super) fn expected(&self, silent: u64, now: u64) -> f64 {
        if self.nanos <= 0.0 {
            return 0.0;
        }
        let kept = self.kept(now);
        let usual = self.nanos * kept;
        let penalty = penalty(usual);
        let failures = if self.failing > 0.0 {
            self.still_failing(now) * penalty
        } else {
            0.0
        };
        usual.max((silent as f64).min(penalty)) + failures
    }

    /// The average, as it is by now; `None` where there was no answer yet.
    pub(super) fn average(&self, now: u64) -> Option<f64> {
        (self.nanos > 0.0).then(|| self.nanos * self.kept(now))
    }

    /// What of it counts by now.
    pub(super) fn faded(self, now: u64) -> Known {
        Known {
            nanos: self.nanos * self.kept(now),
            failing: self.still_failing(now),
        }
    }

    /// What is left of the weight of all that was learned of times.
    #[inline]
    fn kept(&self, now: u64) -> f64 {
        left(now.saturating_sub(self.at), FADES)
    }

    /// The share of failures by now.
    #[inline]
    fn still_failing(&self, now: u64) -> f64 {
        self.failing * left(now.saturating_sub(self.at), FAILURES_FADE)
    }
}

/// What is left after `age` of what loses all but its `e`-th part in `fades`.
#[inline]
fn left(age: u64, fades: f64) -> f64 {
    let age = age as f64 / fades;
    // The usual case, without the price of an exponential; off by less than a millionth.
    if age < 1e-3 { 1.0 - age } else { (-age).exp() }
}

#[inline]
fn penalty(usual: f64) -> f64 {
    (usual * PENALTY).max(LEAST_PENALTY)
}

/// 0 would be no answer at all.
fn at_least_some(nanos: u64) -> f64 {
    nanos.max(1) as f64
}
