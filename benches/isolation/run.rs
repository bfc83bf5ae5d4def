//! One run: calm, the fault, and what callers saw of it.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::callers::{self, Call, Method};
use crate::contestant::Contestant;
use crate::endpoint::{Endpoint, Sickness};
use crate::proxy::Proxy;

/// Callers are served by both endpoints for so long before one falls sick.
const CALM: Duration = Duration::from_secs(2);
/// For so long they call afterwards.
const AFTER: Duration = Duration::from_secs(4);
/// From the fault to the death of the proxy, where it dies as well.
const UNTIL_KILLED: Duration = Duration::from_secs(2);

/// Who waits for longer is counted among the slow.
const SLOW: Duration = Duration::from_millis(100);
/// What comes later is of probing: the shortest time that a breaker of ours is open by default is 500 ms.
const AT_ONCE: Duration = Duration::from_millis(400);

/// What happens in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    /// How it is called in the tables and on the command line.
    pub(crate) name: &'static str,
    /// What it is.
    pub(crate) says: &'static str,
    sickness: Sickness,
    /// The proxy's limit for a call; its default where there is none.
    limit: Option<Duration>,
    /// Whether the proxy is killed and started again while the endpoint is sick.
    pub(crate) restarts: bool,
}

impl Fault {
    /// In the order of the tables.
    pub(crate) const ALL: [Self; 5] = [
        Self::of("killed", "the endpoint is killed", Sickness::Killed),
        Self::of("fails", "the endpoint answers 500", Sickness::Fails),
        Self::of(
            "silent",
            "the endpoint accepts and is silent; callers give up after 1 s, the proxy's limit is its default",
            Sickness::Silent,
        ),
        Self {
            limit: Some(Duration::from_millis(500)),
            ..Self::of(
                "limited",
                "the endpoint accepts and is silent; the proxy's limit for a call is 500 ms",
                Sickness::Silent,
            )
        },
        Self {
            restarts: true,
            ..Self::of(
                "restart",
                "the endpoint answers 500, and 2 s later the proxy is killed by -9 and started again",
                Sickness::Fails,
            )
        },
    ];

    const fn of(name: &'static str, says: &'static str, sickness: Sickness) -> Self {
        Self {
            name,
            says,
            sickness,
            limit: None,
            restarts: false,
        }
    }
}

/// What callers saw, from the fault on; or, where the proxy died, from the first request on that it answered again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    /// Calls that were not answered with 200.
    pub(crate) errors: usize,
    /// Those of them that callers saw in the first 400 ms.
    pub(crate) at_once: usize,
    /// Calls that were, after more than 100 ms.
    pub(crate) slow: usize,
    /// Requests that reached the sick endpoint.
    pub(crate) reached: usize,
    /// When the last error was seen; not a number where there was none. Milliseconds.
    pub(crate) last_error_ms: f64,
    /// From the death of the proxy to the first request that it answered. Milliseconds.
    pub(crate) down_ms: f64,
}

/// Lets callers call one contestant, and one of its endpoints fall sick. `None` where they saw errors before that: then the
/// machine was too busy, and the run says nothing.
pub(crate) async fn run(
    contestant: Contestant,
    envoy: Option<&Path>,
    fault: Fault,
    method: Method,
) -> io::Result<Option<Seen>> {
    let (mut sick, well) = (Endpoint::start().await?, Endpoint::start().await?);
    let mut proxy = Proxy::start(contestant, envoy, [sick.addr, well.addr], fault.limit).await?;
    let start = Instant::now();
    let falls = start + CALM;
    let dies = fault.restarts.then_some(falls + UNTIL_KILLED);
    let addr = proxy.addr;
    let happens = async {
        sleep_until(falls).await;
        sick.fall(fault.sickness).await;
        let fell = Instant::now();
        let Some(dies) = dies else {
            return Ok::<_, io::Error>(fell);
        };
        sleep_until(dies).await;
        let died = Instant::now();
        proxy.kill_and_start()?;
        Ok(died)
    };
    let end = dies.unwrap_or(falls) + AFTER;
    let (calls, from) = tokio::join!(callers::call(addr, method, start, end), happens);
    let from = from?;
    if calls.iter().any(|call| call.ended < falls && call.is_error()) {
        return Ok(None);
    }
    let counts_from = if fault.restarts {
        let answered = calls
            .iter()
            .filter(|call| call.due >= from && call.status.is_some());
        let back = answered.map(|call| call.due).min();
        back.ok_or_else(|| io::Error::other(format!("{} was not up again", contestant.name())))?
    } else {
        from
    };
    let counts = |call: &Call| {
        if fault.restarts {
            call.due >= counts_from
        } else {
            // One that was under way at the fault as well.
            call.ended >= counts_from
        }
    };
    let counted: Vec<Call> = calls.into_iter().filter(counts).collect();
    let reached = sick.reached_since(counts_from).len();
    Ok(Some(Seen::of(&counted, counts_from, reached, counts_from - from)))
}

impl Seen {
    fn of(calls: &[Call], from: Instant, reached: usize, down: Duration) -> Self {
        let errors = || calls.iter().filter(|call| call.is_error());
        let is_slow = |call: &&Call| !call.is_error() && call.ended - call.due > SLOW;
        let last = errors().map(|call| call.ended).max();
        Self {
            errors: errors().count(),
            at_once: errors().filter(|call| call.ended - from <= AT_ONCE).count(),
            slow: calls.iter().filter(is_slow).count(),
            reached,
            last_error_ms: last.map_or(f64::NAN, |last| millis(last - from)),
            down_ms: millis(down),
        }
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
