//! Begins attempts, publishes what they make, retires what is of no use any more.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix::{Actor, ActorContext as _, ActorFutureExt as _, AsyncContext as _, Running, WrapFuture as _};
use hedgerow_supervisor::{CellContext, Context, Events, Persistence};

use super::attempt;
use super::held::Made;
use super::machine::{State, Wanted};
use super::place::{Place, Resting};
use super::record::Turn;
use super::slot::{Loss, Notice, Slot};

/// One factory at work.
pub(super) struct Factory<T: Send + Sync + 'static> {
    slot: Arc<Slot<T>>,
    events: Events,
    /// When keys without a use are looked for.
    sweep_at: Option<Duration>,
    leave: Leave,
}

/// How far an incarnation is on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leave {
    /// Not at all.
    No,
    /// It waits until all is closed.
    Closing,
    /// Nothing is left to wait for.
    Now,
}

impl<T: Send + Sync + 'static> Actor for Factory<T> {
    type Context = CellContext<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.on_bell(Self::look);
        self.slot.is_stopped.store(false, Ordering::Release);
        self.look(context);
    }

    /// Whoever orders a stop gets it when all that was made is closed, or at the limit of that.
    fn stopping(&mut self, context: &mut Self::Context) -> Running {
        match self.leave {
            Leave::Now => return Running::Stop,
            Leave::Closing => {}
            Leave::No => {
                self.leave = Leave::Closing;
                self.give_up();
                let closing = Arc::clone(&self.slot.closing);
                let closed = async move { closing.closed().await };
                context.spawn(closed.into_actor(self).map(|(), factory, context| {
                    factory.leave = Leave::Now;
                    context.stop();
                }));
            }
        }
        Running::Continue
    }
}

impl<T: Send + Sync + 'static> Factory<T> {
    pub(super) fn new(slot: Arc<Slot<T>>, events: Events) -> Self {
        Self {
            slot,
            events,
            sweep_at: None,
            leave: Leave::No,
        }
    }

    /// Sees to what it was told, and to what is due.
    fn look(&mut self, context: &mut CellContext<Self>) {
        while let Some(notice) = self.slot.notices.pop() {
            match notice {
                Notice::Wanted(place) => {
                    place.is_wanted.store(false, Ordering::Release);
                    self.want(&place);
                }
                Notice::Ended {
                    place,
                    attempt,
                    result,
                } => self.ended(&place, attempt, result, context),
                Notice::Lost { place, made, loss } => self.lost(&place, &made, loss, context),
            }
        }
        if self.leave != Leave::No {
            return;
        }
        let now = self.slot.clock.now();
        self.make_what_is_required();
        self.retire(now, context);
        self.sweep(now);
        let turn = self.slot.figures().record.look(now);
        if let Some(turn) = turn {
            self.tell_turn(turn, context);
        }
        self.wake(now, context);
    }

    fn want(&self, place: &Arc<Place<T>>) {
        // It came meanwhile, or nothing is made any more.
        if place.made.load().is_some() || self.leave != Leave::No {
            return;
        }
        let now = self.slot.clock.now();
        let attempt = {
            let mut kept = place.kept();
            if let State::There(_) = kept.machine.state() {
                // A holder has taken it away: the notice of that is on its way.
                kept.machine.lost_now(now);
            }
            match kept.machine.wanted(now) {
                Wanted::Make(attempt) => attempt,
                Wanted::Wait | Wanted::Rest(_) => return,
            }
        };
        self.slot.figures().attempts += 1;
        attempt::begin(&self.slot, place, attempt);
    }

    fn ended(
        &self,
        place: &Place<T>,
        attempt: u64,
        result: Result<Made<T>, String>,
        context: &CellContext<Self>,
    ) {
        let now = self.slot.clock.now();
        let told = match result {
            Ok(made) => self.made(place, made, now),
            Err(why) => self.failed(place, attempt, why, now),
        };
        if let Some((kind, cause)) = told {
            self.tell(kind, place, cause, context);
        }
        place.changed.notify_waiters();
    }

    /// What is not of use any more is dropped, and so closed.
    fn made(&self, place: &Place<T>, made: Made<T>, now: Duration) -> Option<(&'static str, String)> {
        let mut kept = place.kept();
        let is_first = kept.machine.is_first();
        if !kept.machine.made(made.attempt, now) {
            return None;
        }
        kept.under_way = None;
        kept.was_made = true;
        drop(kept);
        let took = made.took;
        place.resting.store(None);
        place.made.store(Some(Arc::new(made)));
        let mut figures = self.slot.figures();
        figures.made += 1;
        figures.problem = None;
        if is_first {
            figures.record.add(now, Some(took));
            return None;
        }
        Some((
            "factoryMade",
            format!("made after attempts that failed, within {} ms", took.as_millis()),
        ))
    }

    fn failed(
        &self,
        place: &Place<T>,
        attempt: u64,
        why: String,
        now: Duration,
    ) -> Option<(&'static str, String)> {
        let mut kept = place.kept();
        let is_first = kept.machine.is_first();
        let until = kept.machine.failed(attempt, now)?;
        kept.under_way = None;
        drop(kept);
        let resting = Resting {
            until,
            why: why.clone(),
        };
        place.resting.store(Some(Arc::new(resting)));
        let mut figures = self.slot.figures();
        figures.failures += 1;
        figures.problem = Some(why.clone());
        if !is_first {
            return None;
        }
        figures.record.add(now, None);
        Some(("factoryFailed", format!("not made: {why}")))
    }

    /// A holder has taken it away already.
    fn lost(&self, place: &Place<T>, made: &Arc<Made<T>>, loss: Loss, context: &CellContext<Self>) {
        let now = self.slot.clock.now();
        let mut kept = place.kept();
        let until = kept.machine.lost(made.attempt, now);
        let why = match loss {
            Loss::Broken(why) => {
                self.slot.figures().invalidated += 1;
                why
            }
            Loss::Reset => {
                self.slot.figures().reset += 1;
                if self.slot.closing.recipe.reset.is_some() && until.is_some() {
                    kept.spare = Some(Arc::clone(&made.held));
                }
                "it is to be reset".to_owned()
            }
        };
        drop(kept);
        if let Some(until) = until.filter(|until| *until > now) {
            let why = format!("taken away soon after it was made: {why}");
            place.resting.store(Some(Arc::new(Resting { until, why })));
        }
        place.changed.notify_waiters();
        self.tell("factoryTakenAway", place, format!("taken away: {why}"), context);
    }

    /// What is required is made without a caller, until it was made once.
    fn make_what_is_required(&self) {
        if let (true, Some(global)) = (self.slot.policy.required, self.slot.global())
            && !global.kept().was_made
        {
            global.kept().context.get_or_insert_with(Context::default);
            self.want(global);
        }
    }

    /// Takes away what is too old.
    fn retire(&self, now: Duration, context: &CellContext<Self>) {
        let Some(max_life) = self.slot.policy.max_life else {
            return;
        };
        for place in self.slot.places() {
            let made = place.made.load_full();
            if let Some(made) = made.filter(|made| now.saturating_sub(made.at) >= max_life) {
                place.made.compare_and_swap(&made, None);
                place.kept().machine.lost_now(now);
                self.slot.figures().expired += 1;
                let cause = format!("taken away: its life of {} ms is over", max_life.as_millis());
                self.tell("factoryExpired", &place, cause, context);
            }
        }
    }

    /// Takes away what nobody has used since the last sweep.
    fn sweep(&mut self, now: Duration) {
        let places = match self.slot.global() {
            Some(_) => return,
            None => self.slot.places(),
        };
        let idle_for = self.slot.policy.keys.idle_for;
        if self.sweep_at.is_some_and(|at| now >= at) {
            for place in &places {
                let is_making = place.kept().machine.state() == State::Making;
                if !place.take_used() && !is_making {
                    self.slot.remove(place);
                    place.has_left.store(true, Ordering::Release);
                    if place.made.swap(None).is_some() {
                        self.slot.figures().unused += 1;
                    }
                    place.changed.notify_waiters();
                }
            }
            self.sweep_at = None;
        }
        if self.sweep_at.is_none() && !places.is_empty() {
            self.sweep_at = Some(now + idle_for);
        }
    }

    /// Ends what is under way, and takes away all that there is.
    fn give_up(&mut self) {
        self.slot.is_stopped.store(true, Ordering::Release);
        for place in self.slot.places() {
            let mut kept = place.kept();
            kept.machine.stop();
            let (under_way, spare) = (kept.under_way.take(), kept.spare.take());
            drop(kept);
            if let Some(under_way) = under_way {
                under_way.abort();
            }
            drop(spare);
            place.made.store(None);
            place.changed.notify_waiters();
        }
    }

    fn tell_turn(&self, turn: Turn, context: &CellContext<Self>) {
        let slo = *self.slot.figures().record.slo();
        let promised = format!(
            "{} % of first attempts succeed within {} ms",
            in_percent(slo.first_time_success),
            slo.cold_start.as_millis()
        );
        let (kind, sums) = match turn {
            Turn::Broken(sums) => ("factorySloBreached", sums),
            Turn::Kept(sums) => ("factorySloKept", sums),
        };
        let cause = match sums.share() {
            Some(share) => format!(
                "{promised}: observed {} % of {}",
                in_percent(share),
                sums.attempts
            ),
            None => format!("{promised}: observed none in the window"),
        };
        let id = &self.slot.id;
        self.events
            .emit(kind, context.path(), Some(id), cause, Persistence::Volatile);
    }

    fn tell(&self, kind: &'static str, place: &Place<T>, cause: String, context: &CellContext<Self>) {
        let cause = match &place.key {
            Some(key) => format!("key {key}: {cause}"),
            None => cause,
        };
        let id = &self.slot.id;
        self.events
            .emit(kind, context.path(), Some(id), cause, Persistence::Volatile);
    }

    /// Looks again when something is due, and at no other time.
    fn wake(&mut self, now: Duration, context: &mut CellContext<Self>) {
        let policy = &self.slot.policy;
        let required = self.slot.global().filter(|_| policy.required).and_then(|global| {
            let kept = global.kept();
            match kept.machine.state() {
                State::Resting(until) if !kept.was_made => Some(until),
                _ => None,
            }
        });
        let expiry = policy.max_life.and_then(|max_life| {
            let made = self.slot.places().into_iter();
            made.filter_map(|place| Some(place.made.load().as_ref()?.at + max_life))
                .min()
        });
        let record = self.slot.figures().record.look_at(now);
        let due = [required, expiry, record, self.sweep_at];
        context.wake_at(due.into_iter().flatten().min(), Self::look);
    }
}

/// To a thousandth of a per cent.
fn in_percent(share: f64) -> f64 {
    (share * 1e5).round() / 1e3
}
