//! When a thread counts as blocked: a pure machine over what is seen of the threads' steps.

use std::time::Duration;

/// The time from one look to the next.
pub(super) const EVERY: Duration = Duration::from_millis(100);

/// How long one step may last by default.
pub(crate) const LIMIT: Duration = Duration::from_millis(500);

/// One step must be seen by as many looks: two could lie on both sides of a pause of the whole process.
const LEAST_LOOKS: u32 = 3;

/// A gap between looks beyond as many times [`EVERY`] was a pause of the process, or of the watchdog: the threads may
/// not have run either.
const LONGEST_GAP: u32 = 3;

/// What was seen of one thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sample {
    /// Changes whenever the thread goes over to something else.
    pub(crate) step: u64,
    /// Whether it is doing something.
    pub(crate) busy: bool,
}

/// What a look finds out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finding {
    /// One step has lasted too long. Found once for each step.
    Blocked {
        /// The thread's number.
        thread: usize,
        /// How long the step was watched.
        for_: Duration,
    },
    /// The thread that was blocked has moved on. Found once for each [`Blocked`](Self::Blocked).
    Freed {
        /// The thread's number.
        thread: usize,
        /// How long the step was watched in all, up to the look that missed it.
        after: Duration,
    },
}

/// What is known of every thread.
#[derive(Debug)]
pub(crate) struct Watch {
    limit: Duration,
    last: Option<Duration>,
    threads: Vec<Thread>,
}

#[derive(Debug, Clone, Default)]
struct Thread {
    step: u64,
    looks: u32,
    held: Duration,
    blocked: bool,
}

impl Watch {
    /// Watches so many threads; a step longer than `limit` blocks its thread.
    pub(crate) fn new(threads: usize, limit: Duration) -> Self {
        Self {
            limit,
            last: None,
            threads: vec![Thread::default(); threads],
        }
    }

    /// Looks at one sample of each thread, in the order of their numbers. A gap since the last look that is much
    /// longer than the interval counts as one interval.
    pub(crate) fn look(&mut self, samples: &[Sample], now: Duration) -> Vec<Finding> {
        let gap = self.last.map_or(Duration::ZERO, |last| now.saturating_sub(last));
        let gap = if gap > EVERY * LONGEST_GAP { EVERY } else { gap };
        self.last = Some(now);
        let mut findings = Vec::new();
        for (number, (thread, sample)) in self.threads.iter_mut().zip(samples).enumerate() {
            findings.extend(thread.look(number, *sample, gap, self.limit));
        }
        findings
    }

    /// How long the step that blocks a thread was watched so far. `None` where nothing blocks it.
    pub(crate) fn held(&self, thread: usize) -> Option<Duration> {
        let thread = self.threads.get(thread)?;
        thread.blocked.then_some(thread.held)
    }
}

impl Thread {
    fn look(&mut self, number: usize, sample: Sample, gap: Duration, limit: Duration) -> Vec<Finding> {
        let mut findings = Vec::new();
        if !sample.busy || self.looks == 0 || sample.step != self.step {
            if self.blocked {
                findings.push(Finding::Freed {
                    thread: number,
                    after: self.held + gap,
                });
            }
            *self = Self {
                step: sample.step,
                looks: u32::from(sample.busy),
                ..Self::default()
            };
            return findings;
        }
        self.looks = self.looks.saturating_add(1);
        self.held += gap;
        if !self.blocked && self.looks >= LEAST_LOOKS && self.held >= limit {
            self.blocked = true;
            findings.push(Finding::Blocked {
                thread: number,
                for_: self.held,
            });
        }
        findings
    }
}

#[cfg(test)]
#[path = "watch_tests.rs"]
mod tests;
