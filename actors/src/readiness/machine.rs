//! Whose turn it is to be dialled.

use std::time::Duration;

use hedgerow_supervisor::{Backoff, Curve};

/// The waits between the rounds of dials of one upstream. It is not waited for long, as everything behind the mesh waits for
/// the mesh; and not dialled often, as it may be down for good.
pub(super) const CURVE: Curve = Curve {
    initial: Duration::from_millis(100),
    max: Duration::from_secs(5),
};

/// All upstreams that were not reached yet, by their numbers. Each has its own back-off.
pub(super) struct Machine {
    upstreams: Vec<Upstream>,
}

struct Upstream {
    state: State,
    backoff: Backoff,
    rounds: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Its endpoints are to be dialled then.
    Due(Duration),
    /// They are being dialled.
    Dialled,
    /// It was reached, or nobody waits for it.
    Done,
}

impl Machine {
    /// So many upstreams, all due at once. Equal seeds give equal waits.
    pub(super) fn new(upstreams: usize, seed: u64) -> Self {
        let upstreams = (0..upstreams as u64).map(|number| {
            let mut backoff = Backoff::new(CURVE, seed.wrapping_add(number));
            let first = backoff.next();
            Upstream {
                state: State::Due(first),
                backoff,
                rounds: 0,
            }
        });
        Self {
            upstreams: upstreams.collect(),
        }
    }

    /// Those whose turn it is; they count as being dialled from now on.
    pub(super) fn take_due(&mut self, now: Duration) -> Vec<usize> {
        let mut due = Vec::new();
        for (number, upstream) in self.upstreams.iter_mut().enumerate() {
            if matches!(upstream.state, State::Due(at) if at <= now) {
                upstream.state = State::Dialled;
                due.push(number);
            }
        }
        due
    }

    /// It was reached. How many rounds of dials had been in vain, unless that was known.
    pub(super) fn reached(&mut self, number: usize) -> Option<u64> {
        let upstream = self.upstreams.get_mut(number)?;
        let was_done = upstream.state == State::Done;
        upstream.state = State::Done;
        (!was_done).then_some(upstream.rounds)
    }

    /// It was not. How many rounds of dials have been in vain by now.
    pub(super) fn unreached(&mut self, number: usize, now: Duration) -> u64 {
        let Some(upstream) = self.upstreams.get_mut(number) else {
            return 0;
        };
        if upstream.state == State::Dialled {
            upstream.rounds += 1;
            upstream.state = State::Due(now + upstream.backoff.next());
        }
        upstream.rounds
    }

    /// Those that are not done.
    pub(super) fn waiting(&self) -> Vec<usize> {
        let numbered = self.upstreams.iter().enumerate();
        let waiting = numbered.filter(|(_, upstream)| upstream.state != State::Done);
        waiting.map(|(number, _)| number).collect()
    }

    /// When it is somebody's turn again.
    pub(super) fn wake_at(&self) -> Option<Duration> {
        let due = self.upstreams.iter().filter_map(|upstream| match upstream.state {
            State::Due(at) => Some(at),
            State::Dialled | State::Done => None,
        });
        due.min()
    }
}
