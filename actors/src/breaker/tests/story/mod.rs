//! Breakers of every policy against what is obvious of them, through whatever happens.
//!
//! The model follows the breaker: of each move it asks whether it may be, and where there was none, whether there had to be
//! one. It knows all calls and their times, and computes everything anew from them at each step. Where the breaker promises no
//! more than bounds (a window of time is exact to a twentieth), the model asks both.

mod follow;
mod history;
mod policies;

use std::time::Duration;

use hedgerow_config::BreakerPolicy;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::super::Instruction;
use super::drive::{Held, Shell};
use follow::{Followed, Under};
use history::End;

#[derive(Debug, Clone)]
enum Op {
    /// A call from its beginning to its end. `asks_ms` is how long a callee that fails asks not to be called.
    Call(Report),
    /// A call that goes on.
    Begin,
    /// One of those that go on ends, also one that began under another state.
    End(Index, Report),
    /// One of those that go on was never made.
    Cancel(Index),
    Advance(u64),
    RestartActor,
    Crash(u64),
    Instruct(Instruction),
    Retune(BreakerPolicy),
}

#[derive(Debug, Clone, Copy)]
struct Report {
    end: End,
    slow: bool,
    asks_ms: Option<u64>,
}

fn report() -> impl Strategy<Value = Report> {
    let end = prop_oneof![4 => Just(End::Success), 4 => Just(End::Failure), 3 => Just(End::Timeout)];
    let asks = prop_oneof![8 => Just(None), 1 => (1_u64..10_000).prop_map(Some)];
    (end, any::<bool>(), asks).prop_map(|(end, slow, asks_ms)| Report { end, slow, asks_ms })
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        30 => report().prop_map(Op::Call),
        4 => Just(Op::Begin),
        3 => (any::<Index>(), report()).prop_map(|(which, report)| Op::End(which, report)),
        1 => any::<Index>().prop_map(Op::Cancel),
        5 => (0_u64..150).prop_map(Op::Advance),
        4 => (150_u64..2_500).prop_map(Op::Advance),
        1 => Just(Op::RestartActor),
        1 => (0_u64..3_000).prop_map(Op::Crash),
        1 => select(&Instruction::ALL[..]).prop_map(Op::Instruct),
        2 => Just(Op::Instruct(Instruction::Release)),
        1 => policies::policy().prop_map(Op::Retune),
    ]
}

impl Report {
    fn tell(self, permit: Held, now: Duration) {
        let permit = if self.slow { permit.slow() } else { permit };
        let at = self.asks_ms.map(|ms| now + Duration::from_millis(ms));
        match (self.end, at) {
            (End::Success, _) => permit.success(),
            (End::Failure, None) => permit.failure(),
            (End::Failure, Some(at)) => permit.failure_until(at),
            (End::Timeout, None) => permit.timeout(),
            (End::Timeout, Some(at)) => permit.timeout_until(at),
        }
    }
}

/// The breaker, what is known of it, and the calls that go on.
struct Story {
    shell: Shell,
    model: Followed,
    calls: Vec<(Held, Under)>,
}

impl Story {
    fn begin(&mut self) -> Result<Option<(Held, Under)>, TestCaseError> {
        let acquired = self.shell.acquire();
        prop_assert_eq!(acquired.is_ok(), self.model.admits(), "{:?}", &self.model);
        let Ok(permit) = acquired else { return Ok(None) };
        let under = self.model.admit(self.shell.now.elapsed);
        self.shell.answer();
        Ok(Some((permit, under)))
    }

    fn end(&mut self, (permit, under): (Held, Under), report: Report) {
        let now = self.shell.now.elapsed;
        report.tell(permit, now);
        self.model.end(under, report, now);
        self.shell.answer();
    }

    fn play(&mut self, op: Op) -> Result<(), TestCaseError> {
        match op {
            Op::Call(report) => {
                if let Some(call) = self.begin()? {
                    self.end(call, report);
                }
            }
            Op::Begin => {
                let call = self.begin()?;
                self.calls.extend(call);
            }
            Op::End(which, report) if !self.calls.is_empty() => {
                let call = self.calls.remove(which.index(self.calls.len()));
                self.end(call, report);
            }
            Op::Cancel(which) if !self.calls.is_empty() => {
                let (permit, under) = self.calls.remove(which.index(self.calls.len()));
                drop(permit);
                self.model.cancel(under);
                self.shell.answer();
            }
            Op::End(..) | Op::Cancel(_) => {}
            Op::Advance(ms) => {
                self.shell.advance(ms);
                self.model.is_looked_at = ms >= 700;
            }
            Op::RestartActor => {
                self.model.restart(self.shell.now.elapsed);
                self.shell.restart_actor();
            }
            Op::Crash(down_ms) => {
                let before = self.shell.state();
                self.shell.crash(self.shell.now.unix_ms + down_ms);
                self.calls.clear();
                return self.model.crash(before, &self.shell);
            }
            Op::Instruct(instruction) => {
                self.model.instruct(instruction);
                self.shell.instruct(instruction);
            }
            Op::Retune(policy) => {
                self.model.retune(&policy, self.shell.now.elapsed);
                self.shell.retune(policy);
            }
        }
        self.model.follow(&mut self.shell)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(1_000), ..ProptestConfig::default() })]
    #[test]
    fn a_breaker_of_any_policy_moves_where_it_must_and_only_where_it_may(
        policy in policies::policy(),
        ops in prop::collection::vec(op(), 1..150),
    ) {
        let shell = Shell::under(policy.clone());
        let model = Followed::new(policy);
        let mut story = Story { shell, model, calls: Vec::new() };
        for op in ops {
            story.play(op)?;
        }
    }
}
