//! Names the actor and the handler that blocks a control thread.
//!
//! A handler that never yields cannot be stopped, and its thread can tell nobody. So every control thread writes down
//! what it does in an [`Activity`], and a thread beside them looks every 100 ms whether one is still at the same step.

mod activity;
mod lookout;
mod watch;

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hedgerow_view::Path;

use crate::clock::Clock;

pub(crate) use activity::{Activity, Blocked, TURN};
pub(crate) use lookout::{Lookout, Watched};
use watch::LIMIT;
use watch::{EVERY, Finding, Sample, Watch};

/// The thread that watches. Dropping it ends and joins it at once.
#[derive(Debug)]
pub(crate) struct Watchdog {
    /// Nothing is ever sent: dropped, it ends the thread.
    stop: Option<SyncSender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

/// What the watchdog has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    /// The number of the thread: the place of its activity in the list.
    pub(crate) thread: usize,
    /// The actor.
    pub(crate) path: Path,
    /// Its handler.
    pub(crate) work: &'static str,
    /// What became of it.
    pub(crate) state: State,
}

/// What became of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It is held up.
    Blocked {
        /// For how long so far: up to one interval more than this.
        for_: Duration,
    },
    /// It has moved on.
    Freed {
        /// After how long, give or take an interval.
        after: Duration,
    },
}

impl Watchdog {
    /// Watches `activities` until dropped. A step that lasts for `limit` ([`LIMIT`] unless there is a reason) is
    /// reported within two more looks, and once more when it is over. `report` must neither panic nor own the
    /// watchdog, and holds up the next look while it runs.
    ///
    /// # Errors
    /// Where the operating system gives no thread.
    pub(crate) fn start(
        activities: Vec<Arc<Activity>>,
        limit: Duration,
        clock: Clock,
        report: impl Fn(Report) + Send + 'static,
    ) -> io::Result<Self> {
        let (stop, stopped) = sync_channel(0);
        let thread = thread::Builder::new()
            .name("hedgerow-watchdog".into())
            .spawn(move || run(&activities, limit, clock, &stopped, &report))?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // What a report that panics leaves behind was told by the panic itself.
            let _ = thread.join();
        }
    }
}

fn run(
    activities: &[Arc<Activity>],
    limit: Duration,
    clock: Clock,
    stopped: &Receiver<Infallible>,
    report: &impl Fn(Report),
) {
    let mut watch = Watch::new(activities.len(), limit);
    while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(EVERY) {
        look(activities, &mut watch, clock.now(), report);
    }
    // With nobody to watch, nothing is known to be blocked.
    for activity in activities {
        activity.publish(None);
    }
}

fn look(activities: &[Arc<Activity>], watch: &mut Watch, now: Duration, report: &impl Fn(Report)) {
    let samples: Vec<Sample> = activities.iter().map(|activity| activity.sample()).collect();
    for finding in watch.look(&samples, now) {
        match finding {
            Finding::Blocked { thread, for_ } => {
                // It may have moved on since the sample: then there is nobody to name.
                let Some((path, work)) = activities[thread].at(samples[thread].step) else {
                    continue;
                };
                activities[thread].publish(Some(Blocked {
                    path: path.clone(),
                    work,
                    for_,
                }));
                let state = State::Blocked { for_ };
                report(Report {
                    thread,
                    path,
                    work,
                    state,
                });
            }
            Finding::Freed { thread, after } => {
                if let Some(Blocked { path, work, .. }) = activities[thread].publish(None) {
                    let state = State::Freed { after };
                    report(Report {
                        thread,
                        path,
                        work,
                        state,
                    });
                }
            }
        }
    }
    for (thread, activity) in activities.iter().enumerate() {
        if let (Some(for_), Some(blocked)) = (watch.held(thread), activity.blocked()) {
            activity.publish(Some(Blocked { for_, ..blocked }));
        }
    }
}

#[cfg(test)]
#[path = "watchdog_tests.rs"]
mod tests;
