//! How long a call may take, by a clock that goes on while this process stands still.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hedgerow_actors::verdict::{STANDSTILL, Verdict};
use tokio::time::{Instant, Sleep};

/// What a call is given beyond a standstill: what came meanwhile is read within milliseconds, and an endpoint that stood
/// still as well, on the same machine, answers within little more.
const GRACE: Duration = Duration::from_secs(1);

/// Timers are no later than this on a machine with time to spare. One that is later was noticed by a process that did not get to
/// run, and for which an answer may lie ready: it is put off once by as long as it was late, so that this is read first.
const LATE: Duration = Duration::from_millis(20);

/// The end of the time that a call may take.
///
/// Where it is noticed more than [`STANDSTILL`] late, this process stood still: then it is moved to a second from there, so
/// that what came meanwhile is read, and a call that is not over by then says nothing about its endpoint.
pub(crate) struct Deadline {
    sleep: Pin<Box<Sleep>>,
    overslept: bool,
    /// Whether it was noticed late, and put off for that.
    put_off: bool,
    /// Whether it comes so soon that it says nothing about the endpoint.
    hurried: bool,
}

impl Deadline {
    /// So long from now.
    pub(crate) fn after(limit: Duration) -> Self {
        Self {
            sleep: Box::pin(tokio::time::sleep(limit)),
            overslept: false,
            put_off: false,
            hurried: false,
        }
    }

    /// So long from an instant that is about now.
    pub(crate) fn from(now: Instant, limit: Duration) -> Self {
        // What is beyond the end of the clock never comes.
        let Some(at) = now.checked_add(limit) else {
            return Self::after(limit);
        };
        Self {
            sleep: Box::pin(tokio::time::sleep_until(at)),
            overslept: false,
            put_off: false,
            hurried: false,
        }
    }

    /// Moves it so much further away.
    pub(crate) fn extend(&mut self, by: Duration) {
        let further = self.sleep.deadline() + by;
        self.sleep.as_mut().reset(further);
    }

    /// From now on it comes so soon that it says nothing about the endpoint.
    pub(crate) fn hurry(&mut self) {
        self.hurried = true;
    }

    /// Whether it says nothing about the endpoint that it has passed: it came too soon for that, or this process stood still
    /// when it came.
    pub(crate) fn is_silent(&self) -> bool {
        self.hurried || self.overslept
    }

    /// The verdict on an answer: none where it came beyond the deadline for all that is known here, as it waited while this
    /// process stood still. How long the endpoint took for it cannot be told.
    pub(crate) fn judge(&self, answer: Verdict) -> Verdict {
        // No clock is read for an answer that was in time.
        if self.overslept || (self.sleep.is_elapsed() && self.late() > STANDSTILL) {
            Verdict::ignored()
        } else {
            answer
        }
    }

    fn late(&self) -> Duration {
        Instant::now().saturating_duration_since(self.sleep.deadline())
    }

    /// How long it is to come.
    pub(crate) fn left(&self) -> Duration {
        self.sleep.deadline().saturating_duration_since(Instant::now())
    }

    /// What it says about the endpoint that it has passed.
    pub(crate) fn verdict(&self) -> Verdict {
        if self.is_silent() {
            Verdict::ignored()
        } else {
            Verdict::timeout()
        }
    }

    /// Ready once it has passed.
    pub(crate) fn poll(&mut self, task: &mut Context<'_>) -> Poll<()> {
        while self.sleep.as_mut().poll(task).is_ready() {
            let late = self.late();
            let further = if late > STANDSTILL {
                self.overslept = true;
                GRACE
            } else if late > LATE && !self.put_off {
                self.put_off = true;
                late
            } else {
                return Poll::Ready(());
            };
            self.sleep.as_mut().reset(Instant::now() + further);
        }
        Poll::Pending
    }

    /// Runs `future` until then; `None` where the deadline came first. It is borrowed, as a future that is handed over is kept
    /// twice by who takes it.
    pub(crate) async fn within<F: Future>(&mut self, mut future: Pin<&mut F>) -> Option<F::Output> {
        poll_fn(|task| match future.as_mut().poll(task) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => self.poll(task).map(|()| None),
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::pin::pin;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(2);

    async fn is_over(deadline: &mut Deadline) -> bool {
        poll_fn(|task| Poll::Ready(deadline.poll(task).is_ready())).await
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_noticed_in_time_is_a_time_out() {
        let mut deadline = Deadline::after(LIMIT);
        assert_eq!(deadline.within(pin!(ready(1))).await, Some(1));
        assert_eq!(deadline.within(pin!(pending::<()>())).await, None);
        assert_eq!(deadline.verdict(), Verdict::timeout());
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_comes_too_soon_says_nothing_about_the_endpoint_and_an_answer_before_it_does() {
        let mut deadline = Deadline::after(LIMIT);
        deadline.hurry();
        assert_eq!(deadline.judge(Verdict::failure()), Verdict::failure());
        assert_eq!(deadline.within(std::pin::pin!(pending::<()>())).await, None);
        assert_eq!(deadline.verdict(), Verdict::ignored());
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_overslept_is_moved_by_a_second_and_says_nothing_about_the_endpoint() {
        let mut deadline = Deadline::after(LIMIT);
        assert!(!is_over(&mut deadline).await);
        tokio::time::advance(LIMIT + STANDSTILL * 10).await;
        assert!(!is_over(&mut deadline).await);
        assert!(deadline.is_silent());
        // What comes in that second is in time.
        assert_eq!(deadline.within(pin!(ready(1))).await, Some(1));
        tokio::time::advance(GRACE).await;
        assert!(is_over(&mut deadline).await);
        assert_eq!(deadline.verdict(), Verdict::ignored());
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_counts_unless_it_waited_beyond_the_deadline_while_this_process_stood_still() {
        let mut deadline = Deadline::after(LIMIT);
        assert!(!is_over(&mut deadline).await);
        assert_eq!(deadline.judge(Verdict::success()), Verdict::success());
        tokio::time::advance(LIMIT + STANDSTILL * 10).await;
        assert_eq!(deadline.judge(Verdict::success()), Verdict::ignored());
        // Seen again after the deadline has been moved.
        assert!(!is_over(&mut deadline).await);
        assert_eq!(deadline.judge(Verdict::success()), Verdict::ignored());
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_of_a_busy_machine_is_no_standstill() {
        let mut deadline = Deadline::after(LIMIT);
        assert!(!is_over(&mut deadline).await);
        tokio::time::advance(LIMIT + STANDSTILL / 2).await;
        // What came meanwhile is read before it is over.
        assert!(!is_over(&mut deadline).await);
        assert_eq!(deadline.judge(Verdict::success()), Verdict::success());
        tokio::time::advance(STANDSTILL / 2).await;
        assert!(is_over(&mut deadline).await);
        assert_eq!(deadline.verdict(), Verdict::timeout());
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_noticed_late_is_put_off_once_and_by_as_much() {
        let late = LATE * 2;
        let mut deadline = Deadline::after(LIMIT);
        assert!(!is_over(&mut deadline).await);
        tokio::time::advance(LIMIT + late).await;
        assert!(!is_over(&mut deadline).await);
        tokio::time::advance(late * 2).await;
        assert!(is_over(&mut deadline).await);
        assert!(!deadline.is_silent());
    }
}
