//! The machine on a real gate, driven as a shell would drive it: by bell and timer, and not otherwise.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hedgerow_config::BreakerPolicy;
use hedgerow_gate::{Bell, Gate, Owner, Permit, State};

use super::super::{
    Driven, Instruction, Machine, Now, Record, Transition, drive, instruct, retune, take_charge,
};
use super::{EPOCH_UNIX_MS, SEED, policy};

#[derive(Default)]
struct Mark(AtomicBool);

impl Bell for Mark {
    fn ring(&self) {
        self.0.store(true, Ordering::Release);
    }
}

pub(super) type Held = Permit<Arc<Gate>>;

/// A gate, its machine, two clocks, a disk, and what a shell does with them.
pub(super) struct Shell {
    gate: Arc<Gate>,
    owner: Owner,
    bell: Arc<Mark>,
    pub(super) machine: Machine,
    /// What the config says: each incarnation begins with it.
    pub(super) policy: BreakerPolicy,
    pub(super) now: Now,
    pub(super) wake_at: Option<Duration>,
    disk: Option<Vec<u8>>,
    held: Vec<Held>,
    pub(super) moves: Vec<Transition>,
    pub(super) looks: u64,
}

impl Shell {
    pub(super) fn start() -> Self {
        Self::under(policy())
    }

    pub(super) fn under(policy: BreakerPolicy) -> Self {
        let now = Now {
            elapsed: Duration::ZERO,
            unix_ms: EPOCH_UNIX_MS,
        };
        Self::boot(now, None, policy)
    }

    fn boot(now: Now, disk: Option<Vec<u8>>, policy: BreakerPolicy) -> Self {
        let bell = Arc::new(Mark::default());
        // Its clock stands: a fence that the owner did not lift would stay.
        let (gate, owner) = Gate::fenced_by(bell.clone(), Arc::new(|| Duration::ZERO));
        let machine = Machine::new(policy.clone(), now, owner.sums(), SEED);
        let mut shell = Self {
            gate,
            owner,
            bell,
            machine,
            policy,
            now,
            wake_at: None,
            disk,
            held: Vec::new(),
            moves: Vec::new(),
            looks: 0,
        };
        shell.restart_actor();
        shell
    }

    /// A fresh incarnation over the same gate: all it has is the record and what the gate says.
    pub(super) fn restart_actor(&mut self) {
        let (base, policy) = (self.owner.sums(), self.policy.clone());
        self.machine = match &self.disk {
            Some(bytes) => Machine::restore(&Record::decode(bytes).unwrap(), policy, self.now, base, SEED).0,
            None => Machine::new(policy, self.now, base, SEED),
        };
        take_charge(&mut self.machine, &self.owner, self.now);
        self.disk = Some(self.machine.record().encode());
        self.look();
    }

    /// The process is gone and comes back: a new gate, and a monotonic clock that begins anew.
    pub(super) fn crash(&mut self, back_at_unix_ms: u64) {
        let now = Now {
            elapsed: Duration::ZERO,
            unix_ms: back_at_unix_ms,
        };
        *self = Self::boot(now, self.disk.take(), self.policy.clone());
    }

    pub(super) fn instruct(&mut self, instruction: Instruction) {
        let moved = instruct(&mut self.machine, &self.owner, self.now, instruction, "ada");
        self.disk = Some(self.machine.record().encode());
        self.moves.extend(moved);
        self.look();
    }

    pub(super) fn retune(&mut self, policy: BreakerPolicy) {
        self.policy = policy.clone();
        retune(&mut self.machine, &self.owner, self.now, policy);
        self.disk = Some(self.machine.record().encode());
        self.look();
    }

    fn look(&mut self) {
        self.looks += 1;
        // Cleared before looking: a ring during the look is another look.
        self.bell.0.store(false, Ordering::Release);
        let Driven {
            transitions, wake_at, ..
        } = drive(&mut self.machine, &self.owner, self.now);
        self.wake_at = wake_at;
        if !transitions.is_empty() {
            self.disk = Some(self.machine.record().encode());
            self.moves.extend(transitions);
        }
    }

    pub(super) fn call(&mut self, report: fn(Held)) -> Result<(), State> {
        let permit = self.acquire()?;
        report(permit);
        self.answer();
        Ok(())
    }

    /// A call that does not end before it is [let go](Self::let_go).
    pub(super) fn hang(&mut self) -> Result<(), State> {
        let permit = self.acquire()?;
        self.held.push(permit);
        Ok(())
    }

    /// Cancels all calls that hang.
    pub(super) fn let_go(&mut self) {
        self.held.clear();
        self.answer();
    }

    pub(super) fn acquire(&self) -> Result<Held, State> {
        Permit::acquire(Arc::clone(&self.gate)).map_err(|shut| shut.state())
    }

    pub(super) fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    /// The bytes of the record.
    pub(super) fn disk(&self) -> Option<Vec<u8>> {
        self.disk.clone()
    }

    /// As if nothing had been kept since these bytes were.
    pub(super) fn set_disk(&mut self, disk: Option<Vec<u8>>) {
        self.disk = disk;
    }

    /// Looks if the bell has rung.
    pub(super) fn answer(&mut self) {
        if self.bell.0.load(Ordering::Acquire) {
            self.look();
        }
    }

    pub(super) fn advance(&mut self, ms: u64) {
        let target = self.now.elapsed + Duration::from_millis(ms);
        while let Some(due) = self.wake_at.filter(|due| *due <= target) {
            self.set_clock(due.max(self.now.elapsed));
            self.look();
        }
        self.set_clock(target);
    }

    /// Goes to the next time the timer is due.
    pub(super) fn tick(&mut self) {
        let due = self.wake_at.expect("a timer is armed");
        self.set_clock(due);
        self.look();
    }

    fn set_clock(&mut self, elapsed: Duration) {
        let passed = elapsed - self.now.elapsed;
        self.now = Now {
            elapsed,
            unix_ms: self.now.unix_ms + u64::try_from(passed.as_millis()).unwrap(),
        };
    }

    pub(super) fn state(&self) -> State {
        assert_eq!(
            self.gate.state(),
            self.machine.state(),
            "callers meet the machine's state"
        );
        self.machine.state()
    }
}

fn fail(shell: &mut Shell, times: usize) {
    for _ in 0..times {
        shell.call(Permit::failure).unwrap();
    }
}

#[test]
fn the_whole_round_from_closed_to_closed() {
    let mut shell = Shell::start();
    fail(&mut shell, 7);
    assert_eq!(shell.call(Permit::success), Err(State::Open));
    shell.advance(999);
    assert_eq!(shell.call(Permit::success), Err(State::Open));
    shell.advance(1);
    shell.call(Permit::success).unwrap();
    shell.call(Permit::success).unwrap();
    assert_eq!(shell.state(), State::Closed);
    let causes: Vec<_> = shell.moves.iter().map(|moved| moved.cause.to_string()).collect();
    assert_eq!(
        causes,
        [
            "consecutiveFailures: limit 7, observed 7",
            "openFor: 1000 ms are over",
            "halfOpen.successes: limit 2, observed 2",
        ]
    );
}

#[test]
fn an_idle_breaker_has_no_timer_and_is_never_looked_at() {
    let mut shell = Shell::start();
    assert_eq!((shell.wake_at, shell.looks), (None, 1));
    shell.advance(3_600_000);
    assert_eq!(shell.looks, 1);
    // One call: a look, a tick for each bucket while it is in the window, and rest again.
    shell.call(Permit::success).unwrap();
    shell.advance(3_600_000);
    assert_eq!((shell.wake_at, shell.looks), (None, 2 + 20));
    shell.call(Permit::success).unwrap();
    assert_eq!(shell.looks, 2 + 20 + 1);
}

#[test]
fn ordinary_traffic_rings_no_bell() {
    let mut shell = Shell::start();
    shell.call(Permit::success).unwrap();
    shell.tick();
    let looks = shell.looks;
    for n in 0..10_000 {
        shell
            .call(if n % 100 == 0 {
                Permit::failure
            } else {
                Permit::success
            })
            .unwrap();
    }
    assert!(
        shell.looks - looks <= 7,
        "{} looks for 10,000 calls",
        shell.looks - looks
    );
    assert_eq!(shell.state(), State::Closed);
}

#[test]
fn a_rate_that_successes_complete_trips_at_the_next_tick() {
    let mut shell = Shell::start();
    for _ in 0..2 {
        fail(&mut shell, 6);
        shell.call(Permit::success).unwrap();
    }
    for _ in 0..6 {
        shell.call(Permit::success).unwrap();
    }
    assert_eq!(shell.state(), State::Closed);
    shell.tick();
    assert_eq!(
        shell.moves[0].cause.to_string(),
        "failureRate: limit 50 %, observed 60 % of 20 calls"
    );
}

#[test]
fn calls_during_a_rest_are_counted_from_the_first() {
    let mut shell = Shell::start();
    fail(&mut shell, 6);
    shell.call(Permit::success).unwrap();
    shell.advance(60_000);
    assert_eq!(shell.wake_at, None);
    fail(&mut shell, 5);
    shell.tick();
    assert_eq!(shell.machine.window().totals(), super::sums(0, 5));
}

#[test]
fn an_actor_that_dies_between_publishing_and_keeping_its_record_closes_nothing() {
    let mut shell = Shell::start();
    let before_the_trip = shell.disk.clone();
    fail(&mut shell, 7);
    shell.disk = before_the_trip;
    shell.restart_actor();
    assert_eq!(shell.state(), State::Open);
    assert_eq!(shell.wake_at, Some(Duration::from_secs(1)));
}

#[test]
fn an_actor_that_restarts_while_probing_gives_no_permit_out_twice() {
    let mut shell = Shell::start();
    fail(&mut shell, 7);
    shell.advance(1_000);
    let gate = Arc::clone(&shell.gate);
    let held: Vec<_> = (0..3).map(|_| Permit::acquire(&*gate).unwrap()).collect();
    shell.restart_actor();
    assert_eq!(shell.call(Permit::success), Err(State::HalfOpen));
    held.into_iter().for_each(Permit::success);
    shell.answer();
    assert_eq!(shell.state(), State::Closed);
}

#[test]
fn a_streak_goes_on_across_a_restart_of_the_actor() {
    let mut shell = Shell::start();
    fail(&mut shell, 6);
    shell.restart_actor();
    fail(&mut shell, 1);
    assert_eq!(shell.state(), State::Open);
}

#[test]
fn b3_probes_that_never_return_do_not_wedge_the_breaker() {
    let mut shell = Shell::start();
    fail(&mut shell, 7);
    shell.advance(1_000);
    for _ in 0..3 {
        shell.hang().unwrap();
    }
    shell.advance(29_999);
    assert_eq!(shell.call(Permit::success), Err(State::HalfOpen));
    shell.advance(1);
    assert_eq!(shell.call(Permit::success), Err(State::Open));
    assert_eq!(
        shell.moves.last().unwrap().cause.to_string(),
        "halfOpen.maxStay: limit 30000 ms, observed 3 probes without an end"
    );
    shell.advance(2_000);
    for _ in 0..2 {
        shell.call(Permit::success).unwrap();
    }
    assert_eq!(shell.state(), State::Closed, "the permits are there again");
    shell.let_go();
    assert_eq!(shell.state(), State::Closed, "late ends say nothing");
}

#[test]
fn calls_that_leave_the_window_can_leave_a_rate_behind_that_trips() {
    let mut shell = Shell::start();
    shell.advance(60_000);
    // The first wakes the breaker and is noticed alone, and so leaves first: of 21 calls 10 have failed, of the last 20 too.
    shell.call(Permit::success).unwrap();
    for _ in 0..10 {
        shell.call(Permit::success).unwrap();
        fail(&mut shell, 1);
    }
    shell.advance(9_999);
    assert_eq!(shell.state(), State::Closed);
    shell.advance(1);
    assert_eq!(
        shell.moves[0].cause.to_string(),
        "failureRate: limit 50 %, observed 50 % of 20 calls"
    );
}
