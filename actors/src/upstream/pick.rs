//! Which endpoint an attempt goes to.

use std::sync::Arc;
use std::time::Duration;

use hedgerow_config::SlowStart;
use hedgerow_gate::State;

use super::attempt::{Attempt, Measure};
use super::endpoint::Endpoint;
use super::roll::Roll;
use super::set::{EndpointSet, Level};
use super::tried::Tried;
use crate::balance::{By, Candidates, Observed, ramp};
use crate::chance;

/// Choices of the balancer before all endpoints are asked. Each was found admitting a moment before it was asked.
const CHOICES: usize = 3;

/// What a choice goes by.
pub(super) struct Pick<'a> {
    pub(super) endpoints: &'a EndpointSet,
    pub(super) roll: &'a Roll,
    pub(super) by: By,
    pub(super) tried: &'a Tried,
    pub(super) slow_start: Option<&'a SlowStart>,
    pub(super) panic_below: f64,
    /// What is written down of the attempt.
    pub(super) measure: Measure,
    /// Read where there is use for it.
    pub(super) now: Duration,
}

/// How far an attempt may go for its endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// To those that its call has not tried.
    Untried,
    /// To those that it has tried as well, where there is no other.
    Any,
}

impl Pick<'_> {
    /// One that probes first, else whom the balancer chooses among those whose gates admit an attempt. Where the call has made an
    /// attempt, one that it has not tried and that is well comes first, so that no call fails for two probes; then another that
    /// it has not tried, and last one that it has. `None` where no endpoint admits an attempt.
    #[inline]
    pub(super) fn pick(&self, reach: Reach) -> Option<Attempt> {
        let panics = self.endpoints.panics(self.roll, self.panic_below);
        let field = |among| Field {
            pick: self,
            panics,
            among,
        };
        if self.tried.is_none() {
            return field(Among::Untried).choose();
        }
        let untried = || field(Among::Untried).choose();
        let any = || match reach {
            Reach::Untried => None,
            Reach::Any => field(Among::All).choose(),
        };
        field(Among::Well).choose().or_else(untried).or_else(any)
    }
}

/// Which endpoints are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Among {
    /// Those that were not tried, and whose gates are closed.
    Well,
    /// Those that were not tried.
    Untried,
    All,
}

/// The endpoints as a balancer sees them.
struct Field<'a> {
    pick: &'a Pick<'a>,
    /// Whether those that are ejected or unhealthy count.
    panics: bool,
    among: Among,
}

impl Field<'_> {
    #[inline]
    fn choose(&self) -> Option<Attempt> {
        let Pick { endpoints, by, .. } = self.pick;
        let all = endpoints.len();
        let in_turn = (0..all).map(|at| &endpoints[by.turn.wrapping_add(at) % all]);
        let in_turn = in_turn.filter(|endpoint| self.is_in(endpoint));
        let is_probing = |endpoint: &&Arc<Endpoint>| {
            let breaker = endpoint.breaker();
            breaker.is_some_and(|breaker| breaker.gate().state() == State::HalfOpen)
        };
        let may_probe = self.pick.roll.half_open.are_there();
        let probing = in_turn.clone().filter(is_probing);
        let probing = may_probe.then_some(probing).into_iter().flatten();
        let admit = |endpoint| Attempt::at(endpoint, self.pick.measure);
        choose(probing, || self.balanced(), in_turn, admit)
    }

    #[inline]
    fn balanced(&self) -> Option<Attempt> {
        match self.pick.endpoints.levels() {
            [only] => self.balanced_in(only),
            _ => self.balanced_by_priority(),
        }
    }

    /// Of the first priority in which somebody admits an attempt.
    #[inline(never)]
    fn balanced_by_priority(&self) -> Option<Attempt> {
        let Pick {
            endpoints,
            roll,
            panic_below,
            ..
        } = self.pick;
        if !roll.has_judged() {
            // Nobody has to be counted.
            return endpoints
                .levels()
                .iter()
                .find_map(|level| self.balanced_in(level));
        }
        let mut levels = endpoints.levels_in_order(*panic_below);
        levels.find_map(|level| self.balanced_in(level))
    }

    #[inline]
    fn balanced_in(&self, level: &Level) -> Option<Attempt> {
        let Pick {
            endpoints,
            by,
            measure,
            ..
        } = self.pick;
        let (field, start) = (self, level.start());
        (0..CHOICES).find_map(|_| {
            let run = Run { field, start };
            let index = level.table().pick(*by, &run, &mut chance::draw)?;
            Attempt::at(&endpoints[start + index], *measure)
        })
    }

    /// Whether it may be chosen as far as its gate is not asked.
    #[inline]
    fn is_in(&self, endpoint: &Arc<Endpoint>) -> bool {
        let is_among = match self.among {
            Among::Well => !self.pick.tried.has(endpoint) && endpoint.is_well(),
            Among::Untried => !self.pick.tried.has(endpoint),
            Among::All => true,
        };
        is_among && !endpoint.is_excluded(self.panics)
    }
}

/// The endpoints of one priority, which begin there in the set.
struct Run<'a> {
    field: &'a Field<'a>,
    start: usize,
}

impl Run<'_> {
    #[inline]
    fn endpoint(&self, index: usize) -> &Arc<Endpoint> {
        &self.field.pick.endpoints[self.start + index]
    }
}

impl Candidates for Run<'_> {
    #[inline]
    fn may_be_used(&self, index: usize) -> bool {
        let endpoint = self.endpoint(index);
        self.field.is_in(endpoint) && endpoint.admits()
    }

    #[inline]
    fn observed(&self, index: usize) -> Observed {
        self.endpoint(index).load().observed(self.field.pick.now)
    }

    fn all_in_flight(&self) -> u64 {
        self.field.pick.roll.in_flight()
    }

    #[inline]
    fn ramp(&self, index: usize) -> f64 {
        let Some(slow_start) = self.field.pick.slow_start else {
            return 1.0;
        };
        match self.endpoint(index).joined() {
            Some(joined) => ramp(slow_start, self.field.pick.now.saturating_sub(joined)),
            None => 1.0,
        }
    }
}

/// The first that admits: of those that probe, else the one that is balanced on, else any. Each is asked in the end whatever
/// its state was before, so that one that changes it meanwhile is not passed over.
pub(super) fn choose<'a, T: 'a, A>(
    mut probing: impl Iterator<Item = &'a T>,
    balanced: impl FnOnce() -> Option<A>,
    mut all: impl Iterator<Item = &'a T>,
    admit: impl Fn(&'a T) -> Option<A>,
) -> Option<A> {
    let probe = probing.find_map(&admit);
    probe.or_else(balanced).or_else(|| all.find_map(&admit))
}
