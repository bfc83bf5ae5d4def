//! The actor of a pool: it measures, reports leaks, closes what is idle, and rests while there is nothing to do.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use actix::Actor;
use hedgerow_config::PoolPolicy;
use hedgerow_supervisor::{CellContext, ChildSpec, Events, Persistence};
use hedgerow_view::Identity;

use super::contract::{Change, SLICES};
use super::holding::{Held, Novelty};
use super::shown::{SHOWN_LEAKS, Shown};
use super::slot::PoolSlot;
use crate::breaker::Means;

/// It looks no more often than this, and no less often than [`SELDOM`] while there is something to see.
const OFTEN: Duration = Duration::from_millis(50);
const SELDOM: Duration = Duration::from_secs(5);

/// Leaks that are told one by one in one look; further ones are told together.
const TOLD_LEAKS: usize = 8;

/// The child `name` that looks after the pool of this slot.
pub(super) fn spec(name: &str, slot: &Arc<PoolSlot>, means: &Means) -> ChildSpec {
    let (place, events) = (Arc::clone(slot), means.events.clone());
    let (spec, handle) = ChildSpec::actor(name, move || Keeper {
        slot: Arc::clone(&place),
        events: events.clone(),
    });
    slot.bell.connect(handle.doorbell());
    spec.kind("pool")
        .identity(slot.id.clone())
        .inspect(Arc::<PoolSlot>::clone(slot))
}

/// How often it looks while there is something to see.
fn interval(policy: &PoolPolicy) -> Duration {
    let quarter = |time: Duration| time / 4;
    let slice = policy.slo.window / SLICES;
    let longest = policy.longest_lease.map_or(SELDOM, quarter);
    slice
        .min(quarter(policy.min_keep_alive))
        .min(longest)
        .clamp(OFTEN, SELDOM)
}

struct Keeper {
    slot: Arc<PoolSlot>,
    events: Events,
}

impl Actor for Keeper {
    type Context = CellContext<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.on_bell(Self::look);
        self.look(context);
    }
}

impl Keeper {
    fn look(&mut self, context: &mut CellContext<Self>) {
        let slot = &self.slot;
        let now = slot.now();
        let (changes, shown, is_quiet) = {
            let mut contract = slot.contract.lock().unwrap_or_else(PoisonError::into_inner);
            let changes = contract.observe(now, &slot.desk.figures.reading());
            let shown = Shown {
                measured: contract.measured(),
                broken: contract.broken().map(|rule| rule.name()).collect(),
                ..Shown::default()
            };
            (changes, shown, contract.is_quiet())
        };
        let overdue = match slot.policy.longest_lease {
            Some(limit) => slot.register.overdue(now, limit),
            None => Vec::new(),
        };
        slot.shown.store(Arc::new(Shown {
            leaks: overdue.iter().take(SHOWN_LEAKS).map(|(held, _)| *held).collect(),
            overdue: overdue.len(),
            ..shown
        }));
        for change in &changes {
            self.tell_change(change, context);
        }
        let news = overdue
            .into_iter()
            .filter(|(_, novelty)| *novelty == Novelty::New);
        self.tell_leaks(&news.map(|(held, _)| held).collect::<Vec<_>>(), now, context);
        let slot = &self.slot;
        let idle = slot.idle().map_or(0, |idle| idle.sweep(now));
        // Where it rests, the next lease rings.
        let rests = idle == 0 && is_quiet && slot.desk.bound.rest();
        let next = (!rests).then(|| context.clock().now() + interval(&slot.policy));
        context.wake_at(next, Self::look);
    }

    fn tell_change(&self, change: &Change, context: &CellContext<Self>) {
        let kind = match change.is_breach {
            true => "contractBreached",
            false => "contractMet",
        };
        self.tell(kind, change.cause(), context);
    }

    fn tell_leaks(&self, leaks: &[Held], now: Duration, context: &CellContext<Self>) {
        let limit = self
            .slot
            .policy
            .longest_lease
            .unwrap_or(Duration::MAX)
            .as_millis();
        for held in leaks.iter().take(TOLD_LEAKS) {
            let age = now.saturating_sub(held.since).as_millis();
            let trace = match held.trace {
                0 => String::new(),
                trace => format!(", trace {trace:032x}"),
            };
            let cause = format!(
                "longestLease: limit {limit} ms, observed {age} ms, taken at {}{trace}",
                held.site
            );
            self.tell("leaseOverdue", cause, context);
        }
        if let Some(more) = leaks.len().checked_sub(TOLD_LEAKS).filter(|more| *more > 0) {
            let cause = format!(
                "longestLease: limit {limit} ms, observed {more} more leases that are out for longer"
            );
            self.tell("leaseOverdue", cause, context);
        }
    }

    fn tell(&self, kind: &'static str, cause: String, context: &CellContext<Self>) {
        let id: &Identity = &self.slot.id;
        self.events
            .emit(kind, context.path(), Some(id), cause, Persistence::Volatile);
    }
}
