//! The breaker against a slow, obvious model of it, through whatever happens.

use hedgerow_gate::{Permit, State};
use proptest::prelude::*;

use super::super::{Cause, FRESH_FOR};
use super::drive::Shell;
use super::{EPOCH_UNIX_MS, policy};

#[derive(Debug, Clone, Copy)]
enum Op {
    Succeed,
    Fail,
    Cancel,
    /// A call that does not end.
    Hang,
    /// All calls that hang are cancelled.
    LetGo,
    /// Shorter than a window, even all of them together.
    Advance(u64),
    /// Longer than two windows and shorter than the stay in half-open, so that every call before is forgotten.
    AdvanceFar,
    RestartActor,
    /// The process is down for so long, by a wall clock that jumps meanwhile.
    Crash {
        down_ms: u64,
        clock_jump_ms: i64,
    },
}

fn op() -> impl Strategy<Value = Op> {
    const HOUR: i64 = 3_600_000;
    prop_oneof![
        12 => Just(Op::Succeed),
        16 => Just(Op::Fail),
        1 => Just(Op::Cancel),
        2 => Just(Op::Hang),
        1 => Just(Op::LetGo),
        4 => (0_u64..60).prop_map(Op::Advance),
        2 => Just(Op::AdvanceFar),
        1 => Just(Op::RestartActor),
        2 => (0_u64..3_000, prop_oneof![
            4 => Just(0), 1 => Just(-HOUR), 1 => Just(HOUR), 1 => Just(365 * 24 * HOUR)
        ]).prop_map(|(down_ms, clock_jump_ms)| Op::Crash { down_ms, clock_jump_ms }),
    ]
}

const MAX_STAY_MS: u64 = 30_000;
const PERMITS: u32 = 3;

/// Open times double from one second to five.
fn open_ms(count: u32) -> u64 {
    match count {
        0 | 1 => 1_000,
        2 => 2_000,
        3 => 4_000,
        _ => 5_000,
    }
}

#[derive(Debug)]
struct Model {
    state: State,
    /// Whether each call since the window was empty failed.
    calls: Vec<bool>,
    /// Failures in a row.
    run: u32,
    probes: u32,
    /// Probes that hang.
    out: u32,
    opened: u32,
    unix_ms: u64,
    since: u64,
    until: u64,
    stay_until: u64,
}

impl Model {
    fn open(&mut self) {
        self.opened += 1;
        self.state = State::Open;
        self.since = self.unix_ms;
        self.until = self.unix_ms + open_ms(self.opened);
    }

    fn half_open(&mut self) {
        self.state = State::HalfOpen;
        self.since = self.unix_ms;
        self.out = 0;
        self.probe_anew();
    }

    fn probe_anew(&mut self) {
        self.probes = 0;
        self.stay_until = self.unix_ms + MAX_STAY_MS;
    }

    fn admits(&self) -> bool {
        match self.state {
            State::Closed => true,
            State::Open => false,
            State::HalfOpen => self.out < PERMITS,
        }
    }

    fn close(&mut self) {
        self.state = State::Closed;
        self.since = self.unix_ms;
        self.calls.clear();
        self.run = 0;
        self.opened = 0;
    }

    fn rate_is_crossed(&self) -> bool {
        let failed = self.calls.iter().filter(|failed| **failed).count();
        self.calls.len() >= 20 && failed * 2 >= self.calls.len()
    }

    /// Whether calls that leave the window one after another could leave a rate behind that trips.
    fn a_rest_crosses_the_rate(&self) -> bool {
        (0..self.calls.len()).any(|gone| {
            let rest = &self.calls[gone..];
            rest.len() >= 20 && rest.iter().filter(|failed| **failed).count() * 2 >= rest.len()
        })
    }

    fn hang(&mut self) {
        if self.state == State::HalfOpen && self.admits() {
            self.out += 1;
        }
    }

    fn call(&mut self, failed: bool) {
        if !self.admits() {
            return;
        }
        match self.state {
            State::Closed => {
                self.calls.push(failed);
                self.run = if failed { self.run + 1 } else { 0 };
                if failed && (self.run >= 7 || self.rate_is_crossed()) {
                    self.open();
                }
            }
            State::HalfOpen if failed => self.open(),
            State::HalfOpen => {
                self.probes += 1;
                if self.probes == 2 {
                    self.close();
                }
            }
            State::Open => {}
        }
    }

    fn advance(&mut self, ms: u64) {
        let end = self.unix_ms + ms;
        loop {
            let due = match self.state {
                State::Closed => break,
                State::Open => self.until,
                State::HalfOpen => self.stay_until,
            };
            if due > end {
                break;
            }
            self.unix_ms = due;
            match self.state {
                State::HalfOpen if self.out > 0 => self.open(),
                State::HalfOpen => self.stay_until += MAX_STAY_MS,
                State::Open | State::Closed => self.half_open(),
            }
        }
        self.unix_ms = end;
    }

    fn crash(&mut self, back_at: u64) {
        let known_since = if self.state == State::Open {
            self.until
        } else {
            self.since
        };
        let fresh = back_at.saturating_sub(known_since) <= FRESH_FOR.as_millis() as u64;
        let planned = self.until.saturating_sub(self.since);
        self.unix_ms = back_at;
        self.calls.clear();
        self.run = 0;
        self.out = 0;
        self.probe_anew();
        if self.state != State::Closed && !fresh {
            self.opened = 1;
        }
        self.since = self.since.min(back_at);
        if self.state == State::Open {
            let remaining = self.until.saturating_sub(back_at).min(planned);
            self.until = back_at + remaining;
            if remaining == 0 {
                self.half_open();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]
    #[test]
    fn the_breaker_is_its_model_through_calls_time_restarts_and_crashes(
        ops in prop::collection::vec(op(), 1..120),
    ) {
        let mut shell = Shell::start();
        let mut model = Model {
            state: State::Closed,
            calls: Vec::new(),
            run: 0,
            probes: 0,
            out: 0,
            opened: 0,
            unix_ms: EPOCH_UNIX_MS,
            since: EPOCH_UNIX_MS,
            until: 0,
            stay_until: 0,
        };
        for op in ops {
            let before = model.state;
            match op {
                Op::Succeed | Op::Fail => {
                    let failed = matches!(op, Op::Fail);
                    let admitted = shell.call(if failed { Permit::failure } else { Permit::success });
                    prop_assert_eq!(admitted.is_ok(), model.admits());
                    model.call(failed);
                    if !failed && model.state == State::Closed && model.rate_is_crossed() {
                        // Successes that complete the minimum of calls are found by the next tick.
                        let tick_in = shell.wake_at.unwrap() - shell.now.elapsed;
                        model.advance(tick_in.as_millis() as u64);
                        model.open();
                        shell.tick();
                    }
                }
                Op::Cancel => {
                    prop_assert_eq!(shell.call(Permit::cancel).is_ok(), model.admits());
                }
                Op::Hang => {
                    prop_assert_eq!(shell.hang().is_ok(), model.admits());
                    model.hang();
                }
                Op::LetGo => {
                    shell.let_go();
                    model.out = 0;
                }
                Op::Advance(ms) => {
                    shell.advance(ms);
                    model.advance(ms);
                }
                Op::AdvanceFar => {
                    let (moves, end) = (shell.moves.len(), model.unix_ms + 25_000);
                    shell.advance(25_000);
                    if let Some(trip) = shell.moves[moves..].iter().find(|moved| moved.from == State::Closed) {
                        let by_rate = matches!(trip.cause, Cause::FailureRate { .. });
                        prop_assert!(by_rate);
                        prop_assert!(model.a_rest_crosses_the_rate());
                        model.advance(trip.at_unix_ms - model.unix_ms);
                        model.open();
                    }
                    model.advance(end - model.unix_ms);
                    model.calls.clear();
                }
                Op::RestartActor => {
                    shell.restart_actor();
                    // The shards and the permits go on, the window and the stay of the incarnation do not.
                    model.calls.clear();
                    model.stay_until = model.unix_ms + MAX_STAY_MS;
                }
                Op::Crash { down_ms, clock_jump_ms } => {
                    let back_at = (model.unix_ms + down_ms).saturating_add_signed(clock_jump_ms);
                    shell.crash(back_at);
                    model.crash(back_at);
                    prop_assert!((before == State::Closed) == (shell.state() == State::Closed));
                }
            }
            prop_assert_eq!(shell.state(), model.state, "{:?} {:?}", op, &model);
            prop_assert_eq!(shell.now.unix_ms, model.unix_ms);
            prop_assert_eq!(shell.machine.since_unix_ms(), model.since, "{:?} {:?}", op, &model);
            let until = (model.state == State::Open).then_some(model.until);
            prop_assert_eq!(shell.machine.half_open_at_unix_ms(), until, "{:?}", op);
            if model.state == State::Closed {
                let failed = model.calls.iter().filter(|failed| **failed).count() as u64;
                let held = shell.machine.window().totals();
                prop_assert!(held.calls() <= model.calls.len() as u64 && held.failures <= failed);
            }
            if let Some(until) = until {
                prop_assert!(until - model.unix_ms <= policy().open_for.max.as_millis() as u64);
            }
        }
    }
}
