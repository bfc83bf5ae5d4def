//! How long a call may take, and what the endpoint is told of it.

use std::time::Duration;

use hedgerow_actors::chain::TimeLeft;
use hedgerow_actors::deadline::{DEADLINE_MS, GRPC_TIMEOUT};
use http::header::{HeaderMap, HeaderValue};
use tokio::time::Instant;

use crate::deadline::Deadline;

/// The most that gRPC can say of a unit: 8 digits.
const MOST: u128 = 99_999_999;

/// What binds a call: the upstream's `timeout`, that of a probe, and the request's own deadline.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    /// The upstream's.
    whole: Duration,
    /// What is left of it.
    timeout: Duration,
    /// What the attempt is given by the upstream: less than `timeout` where it is a probe, or where any attempt is given less.
    attempt: Duration,
    time: Option<TimeLeft>,
}

/// What binds a call first, and how long it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// The upstream's time-out, or that of a probe.
    ByTimeout(Duration),
    /// The request's own deadline.
    ByDeadline(Duration),
}

impl Limit {
    pub(crate) fn new(timeout: Duration, attempt: Duration, time: Option<TimeLeft>) -> Self {
        Self {
            whole: timeout,
            timeout,
            attempt,
            time,
        }
    }

    /// What binds a further attempt, after so much time, which is given at most `attempt` by the upstream.
    pub(crate) fn later(&self, passed: Duration, attempt: Duration) -> Self {
        let timeout = self.whole.saturating_sub(passed);
        Self {
            whole: self.whole,
            timeout,
            attempt: attempt.min(timeout),
            time: self.time.map(|time| TimeLeft {
                left: time.left.saturating_sub(passed),
                ..time
            }),
        }
    }

    /// What there is for this attempt and all further ones, from its beginning on.
    pub(crate) fn left(&self) -> Duration {
        self.shortened(self.timeout)
    }

    /// Whether another attempt has time left where this one has had its time.
    pub(crate) fn is_of_one_attempt(&self) -> bool {
        self.attempt < self.left()
    }

    /// By what the head of the answer is due.
    pub(crate) fn due(&self) -> Due {
        match self.time {
            Some(time) if time.left < self.attempt => Due::ByDeadline(time.limit),
            _ if self.attempt < self.timeout => Due::ByTimeout(self.attempt),
            _ => Due::ByTimeout(self.whole),
        }
    }

    /// When the head of the answer is due.
    pub(crate) fn start(&self, now: Instant) -> Deadline {
        let mut deadline = Deadline::from(now, self.shortened(self.attempt));
        self.hurry(self.attempt, &mut deadline);
        deadline
    }

    /// The head is there. A probe is judged by its head; its body may take what any call's may.
    pub(crate) fn go_on(&self, deadline: &mut Deadline) {
        let rest = self
            .shortened(self.timeout)
            .saturating_sub(self.shortened(self.attempt));
        if !rest.is_zero() {
            deadline.extend(rest);
            self.hurry(self.timeout, deadline);
        }
    }

    /// Tells the endpoint what is left, where the request has a deadline: nobody waits for what comes later.
    pub(crate) fn tell(&self, headers: &mut HeaderMap) {
        let Some(_) = self.time else { return };
        let left = self.shortened(self.timeout);
        // Rounded down, but never to what says that it is over.
        let left_ms = left.as_millis().max(1);
        let millis = u64::try_from(left_ms).unwrap_or(u64::MAX);
        headers.insert(DEADLINE_MS, HeaderValue::from(millis));
        if headers.contains_key(GRPC_TIMEOUT) {
            let told = if left_ms <= MOST {
                format!("{left_ms}m")
            } else {
                format!("{}S", (left_ms / 1_000).min(MOST))
            };
            headers.insert(
                GRPC_TIMEOUT,
                HeaderValue::try_from(told).expect("digits and a letter make a header value"),
            );
        }
    }

    fn shortened(&self, limit: Duration) -> Duration {
        self.time.map_or(limit, |time| time.left.min(limit))
    }

    fn hurry(&self, limit: Duration, deadline: &mut Deadline) {
        // What earlier attempts have left of the time says as little.
        if limit >= self.timeout && self.timeout.saturating_mul(2) < self.whole {
            deadline.hurry();
        }
        if let Some(time) = self.time
            && time.left < limit
            && !time.is_telling(limit)
        {
            deadline.hurry();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn left(seconds: u32, ordinary: u32) -> Option<TimeLeft> {
        Some(TimeLeft {
            left: SECOND * seconds,
            limit: SECOND * seconds,
            ordinary: SECOND * ordinary,
        })
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_first_binds_and_says_something_only_where_the_call_had_half_of_its_time() {
        use Due::{ByDeadline, ByTimeout};
        type Case = (u32, u32, Option<TimeLeft>, (fn(Duration) -> Due, u32), bool);
        let cases: [Case; 9] = [
            // timeout, attempt, time; what binds, its limit, and whether it says nothing
            (10, 10, None, (ByTimeout, 10), false),
            (10, 10, left(20, 20), (ByTimeout, 10), false),
            (10, 10, left(10, 10), (ByTimeout, 10), false),
            (10, 10, left(5, 15), (ByDeadline, 5), false),
            (10, 10, left(4, 15), (ByDeadline, 4), true),
            (10, 10, left(4, 8), (ByDeadline, 4), false),
            (10, 10, left(1, 1), (ByDeadline, 1), false),
            (10, 2, left(4, 15), (ByTimeout, 2), false),
            (10, 2, left(1, 15), (ByDeadline, 1), false),
        ];
        for (timeout, attempt, time, (due, told), is_silent) in cases {
            let limit = Limit::new(SECOND * timeout, SECOND * attempt, time);
            assert_eq!(limit.due(), due(SECOND * told), "{limit:?}");
            let deadline = limit.start(Instant::now());
            assert_eq!(deadline.is_silent(), is_silent, "{limit:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_body_of_a_probe_has_what_is_left_of_the_request_s_time() {
        let limit = Limit::new(SECOND * 10, SECOND * 2, left(4, 15));
        let mut deadline = limit.start(Instant::now());
        limit.go_on(&mut deadline);
        assert!(deadline.is_silent(), "four seconds of ten");
        let begun = Instant::now();
        assert_eq!(
            deadline
                .within(std::pin::pin!(std::future::pending::<()>()))
                .await,
            None
        );
        assert_eq!(begun.elapsed(), SECOND * 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_further_attempt_has_what_is_left_and_says_nothing_where_that_is_little() {
        use Due::{ByDeadline, ByTimeout};
        type Case = (u32, u32, Option<TimeLeft>, u32, (fn(Duration) -> Due, u32), bool);
        let cases: [Case; 5] = [
            // passed, attempt, time; what is left, what binds, and whether it says nothing
            (4, 10, None, 6, (ByTimeout, 10), false),
            (6, 10, None, 4, (ByTimeout, 10), true),
            (6, 3, None, 4, (ByTimeout, 3), false),
            (4, 10, left(9, 9), 5, (ByDeadline, 9), false),
            (8, 10, left(9, 9), 1, (ByDeadline, 9), true),
        ];
        for (passed, attempt, time, remains, (due, told), is_silent) in cases {
            let first = Limit::new(SECOND * 10, SECOND * 10, time);
            let limit = first.later(SECOND * passed, SECOND * attempt);
            assert_eq!(limit.left(), SECOND * remains, "{limit:?}");
            assert_eq!(limit.due(), due(SECOND * told), "{limit:?}");
            let deadline = limit.start(Instant::now());
            assert_eq!(deadline.is_silent(), is_silent, "{limit:?}");
            let mut headers = HeaderMap::new();
            limit.tell(&mut headers);
            let millis = time.map(|_| (remains * 1_000).to_string());
            let said = headers
                .get(DEADLINE_MS)
                .map(|said| said.to_str().expect("digits").to_owned());
            assert_eq!(said, millis, "an endpoint is told less with each attempt");
        }
    }

    #[test]
    fn an_endpoint_is_told_what_is_left_in_the_words_that_came() {
        let cases = [
            (Duration::from_micros(1), "1", "1m"),
            (Duration::from_micros(2_999), "2", "2m"),
            (SECOND * 100_000, "100000000", "100000S"),
        ];
        for (time, millis, grpc) in cases {
            let time = TimeLeft {
                left: time,
                limit: time,
                ordinary: time,
            };
            let limit = Limit::new(SECOND * 1_000_000, SECOND * 1_000_000, Some(time));
            let mut headers = HeaderMap::new();
            limit.tell(&mut headers);
            assert_eq!(
                (&headers["x-hedgerow-deadline-ms"], headers.len()),
                (&millis.parse().expect("a value"), 1)
            );
            headers.insert(GRPC_TIMEOUT, HeaderValue::from_static("9S"));
            limit.tell(&mut headers);
            assert_eq!(headers["grpc-timeout"], grpc);
        }
        let mut headers = HeaderMap::new();
        Limit::new(SECOND, SECOND, None).tell(&mut headers);
        assert!(headers.is_empty());
    }
}
