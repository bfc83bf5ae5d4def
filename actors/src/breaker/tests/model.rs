//! The breaker against a slow, obvious model of it, through whatever happens.

use std::time::Duration;

use hedgerow_config::BreakerPolicy;
use hedgerow_gate::{Permit, State};
use proptest::prelude::*;

use super::super::{Cause, Crossed, FRESH_FOR, Instruction};
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
    /// An operator says so.
    Instruct(Instruction),
    /// The other of two policies.
    Retune,
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
        1 => prop::sample::select(&Instruction::ALL[..]).prop_map(Op::Instruct),
        2 => Just(Op::Instruct(Instruction::Release)),
        1 => Just(Op::Retune),
        2 => (0_u64..3_000, prop_oneof![
            4 => Just(0), 1 => Just(-HOUR), 1 => Just(HOUR), 1 => Just(365 * 24 * HOUR)
        ]).prop_map(|(down_ms, clock_jump_ms)| Op::Crash { down_ms, clock_jump_ms }),
    ]
}

const PERMITS: u32 = 3;

/// What the two policies differ in.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Numbers {
    run: u32,
    longest_ms: u64,
    stay_ms: u64,
}

const FIRST: Numbers = Numbers {
    run: 7,
    longest_ms: 5_000,
    stay_ms: 30_000,
};

const OTHER: Numbers = Numbers {
    run: 5,
    longest_ms: 3_000,
    stay_ms: 27_000,
};

impl Numbers {
    fn policy(self) -> BreakerPolicy {
        let mut policy = policy();
        policy.consecutive_failures = Some(self.run);
        policy.open_for.max = Duration::from_millis(self.longest_ms);
        policy.half_open.max_stay = Duration::from_millis(self.stay_ms);
        policy
    }

    /// Open times double from one second on.
    fn open_ms(self, count: u32) -> u64 {
        (1_000 << (count.max(1) - 1).min(10)).min(self.longest_ms)
    }
}

#[derive(Debug)]
struct Model {
    numbers: Numbers,
    state: State,
    /// Whether each call since the window was empty failed.
    calls: Vec<bool>,
    /// Failures in a row.
    run: u32,
    probes: u32,
    /// Probes that hang.
    out: u32,
    opened: u32,
    /// When a closed one forgets how often it was opened.
    calm_at: u64,
    unix_ms: u64,
    since: u64,
    until: u64,
    stay_until: u64,
}

impl Model {
    fn open(&mut self) {
        if self.state == State::Closed && self.unix_ms >= self.calm_at {
            self.opened = 0;
        }
        self.opened += 1;
        self.state = State::Open;
        self.since = self.unix_ms;
        self.until = self.unix_ms + self.numbers.open_ms(self.opened);
    }

    fn half_open(&mut self) {
        self.state = State::HalfOpen;
        self.since = self.unix_ms;
        self.out = 0;
        self.probe_anew();
    }

    fn probe_anew(&mut self) {
        self.probes = 0;
        self.stay_until = self.unix_ms + self.numbers.stay_ms;
    }

    fn admits(&self) -> bool {
        match self.state {
            State::Closed | State::Disabled | State::MetricsOnly => true,
            State::Open | State::ForcedOpen => false,
            State::HalfOpen => self.out < PERMITS,
        }
    }

    fn close(&mut self) {
        self.state = State::Closed;
        self.since = self.unix_ms;
        self.calls.clear();
        self.run = 0;
        self.calm_at = self.unix_ms + self.numbers.longest_ms;
    }

    fn instruct(&mut self, instruction: Instruction) {
        let forced = match instruction {
            Instruction::ForceOpen => State::ForcedOpen,
            Instruction::Disable => State::Disabled,
            Instruction::MetricsOnly => State::MetricsOnly,
            Instruction::Release if self.state == State::ForcedOpen => return self.half_open(),
            Instruction::Release if !self.state.is_forced() => return,
            Instruction::Close | Instruction::Release => {
                self.opened = 0;
                return self.close();
            }
        };
        if self.state != forced {
            self.state = forced;
            self.since = self.unix_ms;
            self.calls.clear();
        }
    }

    fn retune(&mut self) {
        self.numbers = if self.numbers == FIRST { OTHER } else { FIRST };
        self.until = self.until.min(self.unix_ms + self.numbers.longest_ms);
        self.calm_at = self.calm_at.min(self.unix_ms + self.numbers.longest_ms);
        self.stay_until = self.stay_until.min(self.unix_ms + self.numbers.stay_ms);
        if self.state == State::Closed && self.run >= self.numbers.run {
            self.open();
        }
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
                if failed && (self.run >= self.numbers.run || self.rate_is_crossed()) {
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
            State::MetricsOnly => self.calls.push(failed),
            State::Open | State::ForcedOpen | State::Disabled => {}
        }
    }

    fn advance(&mut self, ms: u64) {
        let end = self.unix_ms + ms;
        loop {
            let due = match self.state {
                State::Closed | State::ForcedOpen | State::Disabled | State::MetricsOnly => break,
                State::Open => self.until,
                State::HalfOpen => self.stay_until,
            };
            if due > end {
                break;
            }
            self.unix_ms = due;
            match self.state {
                State::HalfOpen if self.out > 0 => self.open(),
                State::HalfOpen => self.stay_until += self.numbers.stay_ms,
                _ => self.half_open(),
            }
        }
        self.unix_ms = end;
    }

    /// What an incarnation knows of its predecessor: the record, with the clock at `back_at`.
    fn restore(&mut self, back_at: u64) {
        let known_since = if self.state == State::Open {
            self.until
        } else {
            self.since
        };
        let fresh = back_at.saturating_sub(known_since) <= FRESH_FOR.as_millis() as u64;
        self.calls.clear();
        if self.state == State::Closed {
            let calm_ms = self
                .numbers
                .longest_ms
                .saturating_sub(back_at.saturating_sub(self.since));
            if !fresh || calm_ms == 0 {
                self.opened = 0;
            }
            self.calm_at = back_at + if fresh { calm_ms } else { 0 };
        } else if self.state.is_forced() {
            self.opened = 0;
            self.calm_at = back_at;
        } else {
            self.opened = if fresh { self.opened.max(1) } else { 1 };
        }
    }

    fn crash(&mut self, back_at: u64) {
        self.restore(back_at);
        let planned = self.until.saturating_sub(self.since);
        self.unix_ms = back_at;
        self.run = 0;
        self.out = 0;
        self.probe_anew();
        self.since = self.since.min(back_at);
        if self.state == State::Open {
            let remaining = self
                .until
                .saturating_sub(back_at)
                .min(planned)
                .min(self.numbers.longest_ms);
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
            numbers: FIRST,
            state: State::Closed,
            calls: Vec::new(),
            run: 0,
            probes: 0,
            out: 0,
            opened: 0,
            calm_at: EPOCH_UNIX_MS,
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
                        let by_rate = matches!(&trip.cause, Cause::Tripped(rules) if matches!(rules[..], [Crossed::FailureRate { .. }]));
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
                    model.restore(model.unix_ms);
                    model.stay_until = model.unix_ms + model.numbers.stay_ms;
                }
                Op::Instruct(instruction) => {
                    shell.instruct(instruction);
                    model.instruct(instruction);
                }
                Op::Retune => {
                    model.retune();
                    shell.retune(model.numbers.policy());
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
            prop_assert_eq!(shell.machine.forced_by(), model.state.is_forced().then_some("ada"));
            if matches!(model.state, State::Closed | State::MetricsOnly) {
                let failed = model.calls.iter().filter(|failed| **failed).count() as u64;
                let held = shell.machine.window().totals();
                prop_assert!(held.calls() <= model.calls.len() as u64 && held.failures <= failed);
            }
            if let Some(until) = until {
                prop_assert!(until - model.unix_ms <= model.numbers.longest_ms);
            }
        }
    }
}
