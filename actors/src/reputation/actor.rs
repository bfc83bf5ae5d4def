//! The shell: a bell, a timer and a store around a [`Record`].

use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorFutureExt as _, AsyncContext as _, Running, SpawnHandle, WrapFuture as _};
use hedgerow_config::OutlierPolicy;
use hedgerow_store::{Key, KeyError, LoadError, Saved};
use hedgerow_supervisor::{CellContext, ChildSpec, Persistence};
use hedgerow_view::Identity;

use super::alarm::Alarm;
use super::recalled::{GivenBack, Recalled};
use super::record::{LEAST_FAILING, MOST, RECORD_VERSION, Record, Unwell, policy_hash};
use crate::breaker::{LOAD_WITHIN, Means};
use crate::outlier::Monitor;
use crate::unix::unix_ms;
use crate::upstream::{Endpoint, UpstreamHandle};

const KIND: &str = "reputation";

/// How often it is saved while somebody is unwell, unless somebody is ejected or returns.
const EVERY: Duration = Duration::from_secs(1);

/// Where the record of an upstream is kept.
///
/// # Errors
/// Where its name is empty or too long to be a key of the store.
pub(crate) fn key(upstream: &str) -> Result<Key, KeyError> {
    Key::new(KIND, upstream, [""; 0])
}

/// Makes the child `reputation`, which keeps what calls have taught of the endpoints of an upstream, rung by `alarm`.
///
/// It gives the endpoints what it finds before it is ready; those that join later find it in `recalled`. A store that does
/// not answer within [`LOAD_WITHIN`] keeps nobody waiting: the endpoints begin as if nothing were known of them.
///
/// # Restarts
/// What is known belongs to the endpoints: a fresh incarnation reads them, and no record. While the actor is stopped by hand,
/// nothing is kept.
pub(crate) fn spec(
    upstream: &UpstreamHandle,
    key: Key,
    policy: &OutlierPolicy,
    (alarm, recalled): (&Arc<Alarm>, &Arc<Recalled>),
    means: &Means,
) -> ChildSpec {
    let place = Place {
        upstream: upstream.clone(),
        key,
        policy: policy.clone(),
        alarm: Arc::clone(alarm),
        recalled: Arc::clone(recalled),
        means: means.clone(),
    };
    let (spec, actor) = ChildSpec::actor(KIND, move || Reputation {
        place: place.clone(),
        begun: false,
        saved: None,
        may_be_on_disk: true,
        has_told: false,
        timer: None,
    });
    alarm.bell.connect(actor.doorbell());
    spec.kind(KIND)
        .identity(Identity::new(KIND, upstream.id().name()))
}

/// What each incarnation is given.
#[derive(Clone)]
struct Place {
    upstream: UpstreamHandle,
    key: Key,
    policy: OutlierPolicy,
    alarm: Arc<Alarm>,
    recalled: Arc<Recalled>,
    means: Means,
}

struct Reputation {
    place: Place,
    /// Whether the record has been read, or given up.
    begun: bool,
    /// What was saved last.
    saved: Option<Vec<Sign>>,
    may_be_on_disk: bool,
    /// Whether it was told that somebody is unwell, since all were well.
    has_told: bool,
    timer: Option<SpawnHandle>,
}

/// What tells two records of an endpoint apart, beside the passing of time.
#[derive(Debug, Clone, PartialEq)]
struct Sign {
    addr: String,
    heard_at: u64,
    ejected_until: Option<Duration>,
    times: u32,
}

impl Actor for Reputation {
    type Context = CellContext<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.on_bell(Self::look);
        if context.incarnation() == 1 {
            self.load(context);
        } else {
            self.begun = true;
            self.look(context);
        }
    }

    fn stopping(&mut self, _: &mut Self::Context) -> Running {
        let (record, _) = self.seen();
        if self.begun && !record.endpoints.is_empty() {
            // Queued before the store is closed, which waits for its queue: nobody is left to hear of it.
            drop(self.place.means.store.save(&self.place.key, record.encode()));
        }
        Running::Stop
    }
}

impl Reputation {
    fn load(&self, context: &mut CellContext<Self>) {
        let record = self.place.means.store.load(&self.place.key);
        let found = async move { tokio::time::timeout(LOAD_WITHIN, record).await };
        let found = found.into_actor(self).map(|found, reputation, context| {
            let decoded = match found {
                Ok(Ok(None)) => Ok(None),
                Ok(Ok(Some(bytes))) => Record::decode(&bytes)
                    .map(Some)
                    .map_err(|error| error.to_string()),
                Ok(Err(LoadError::Record(error))) => Err(error.to_string()),
                Ok(Err(error)) => Err(error.to_string()),
                Err(_) => Err(format!("not read within {} ms", LOAD_WITHIN.as_millis())),
            };
            match decoded {
                Ok(None) => reputation.may_be_on_disk = false,
                Ok(Some(record)) => reputation.recall(&record, context),
                Err(cause) => {
                    let cause = format!("the endpoints begin as if nothing were known of them: {cause}");
                    reputation.tell("recordUnusable", None, cause, context);
                }
            }
            reputation.begun = true;
            reputation.look(context);
        });
        context.wait(found);
    }

    /// Gives the endpoints that there are what the record says of them, and keeps the rest for those that join.
    fn recall(&self, record: &Record, context: &CellContext<Self>) {
        let Place {
            upstream,
            policy,
            recalled,
            means,
            ..
        } = &self.place;
        let now = unix_ms(means.clock.wall());
        recalled.find(record.pasts(policy, now), record.usual(now), means.clock.now());
        let endpoints = upstream.endpoints();
        for endpoint in endpoints.iter() {
            recalled.give_load(endpoint, means.clock);
        }
        for given in recalled.give_ejections(&endpoints, policy, means.clock) {
            let GivenBack {
                addr,
                failing,
                ejected_for,
            } = given;
            let what = match ejected_for {
                Some(left) => format!("restored: ejected for {} ms more", left.as_millis()),
                None => format!("restored: a share of failures of {failing:.3}"),
            };
            self.tell("endpointRestored", Some(addr.as_str()), what, context);
        }
    }

    /// Looks at the endpoints, and keeps what is to be kept.
    fn look(&mut self, context: &mut CellContext<Self>) {
        if !self.begun {
            return;
        }
        let (mut record, mut signs) = self.seen();
        if record.endpoints.is_empty() {
            self.place.alarm.rest();
            // What failed between these two looks has rung nobody.
            (record, signs) = self.seen();
        }
        if record.endpoints.is_empty() {
            return self.forget();
        }
        let moved = |sign: &Sign| (sign.addr.clone(), sign.ejected_until);
        let moves = |signs: &[Sign]| {
            signs
                .iter()
                .map(moved)
                .filter(|(_, until)| until.is_some())
                .collect()
        };
        let (out, was_out): (Vec<_>, Vec<_>) = (
            moves(&signs),
            self.saved.as_deref().map(moves).unwrap_or_default(),
        );
        if self.saved.as_ref() != Some(&signs) && (self.timer.is_none() || out != was_out) {
            self.save(&record, signs, context);
        }
        if self.timer.is_none() {
            self.timer = Some(context.run_later(EVERY, |reputation, context| {
                reputation.timer = None;
                reputation.look(context);
            }));
        }
    }

    fn save(&mut self, record: &Record, signs: Vec<Sign>, context: &mut CellContext<Self>) {
        self.saved = Some(signs);
        self.may_be_on_disk = true;
        let worst = record.endpoints.first().map(|unwell| unwell.addr.clone());
        let saved = self.place.means.store.save(&self.place.key, record.encode());
        context.spawn(
            saved
                .into_actor(self)
                .map(move |saved, reputation, context| match saved {
                    Ok(saved) => reputation.told_kept(saved, worst.as_deref(), context),
                    // Tried again at the next look: what the store has to say of itself it says elsewhere.
                    Err(_) => reputation.saved = None,
                }),
        );
    }

    /// Tells the first save since all were well.
    fn told_kept(&mut self, saved: Saved, worst: Option<&str>, context: &CellContext<Self>) {
        if !std::mem::replace(&mut self.has_told, true) {
            let persistence = match saved {
                Saved::Durable => Persistence::Durable,
                Saved::InMemory => Persistence::Volatile,
            };
            let cause = "it is not well, and what is known of it is kept".to_owned();
            self.tell_as(persistence, "endpointKept", worst, cause, context);
        }
    }

    /// All are well.
    fn forget(&mut self) {
        self.saved = None;
        self.has_told = false;
        if std::mem::take(&mut self.may_be_on_disk) {
            // One that stays on a disk that fails says nothing once it is old.
            drop(self.place.means.store.delete(&self.place.key));
        }
    }

    /// What is known of the endpoints by now.
    fn seen(&self) -> (Record, Vec<Sign>) {
        let clock = self.place.means.clock;
        let (now, unix_ms) = (clock.now(), unix_ms(clock.wall()));
        let endpoints = self.place.upstream.endpoints();
        let mut unwell: Vec<(Unwell, Sign)> = Vec::new();
        let mut usual: Vec<f64> = Vec::new();
        for endpoint in endpoints.iter() {
            match seen(endpoint, now, unix_ms) {
                Ok(seen) => unwell.push(seen),
                Err(average) if average > 0.0 => usual.push(average),
                Err(_) => {}
            }
        }
        unwell.sort_by(|(one, _), (other, _)| {
            let rank = |unwell: &Unwell| (unwell.ejected_until.is_some(), unwell.failing);
            rank(other)
                .partial_cmp(&rank(one))
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        unwell.truncate(MOST);
        usual.sort_by(f64::total_cmp);
        let (endpoints, mut signs): (Vec<_>, Vec<_>) = unwell.into_iter().unzip();
        signs.sort_by(|one: &Sign, other| one.addr.cmp(&other.addr));
        let record = Record {
            version: RECORD_VERSION,
            at: unix_ms,
            policy: policy_hash(&self.place.policy),
            usual_ns: usual.get(usual.len() / 2).copied().unwrap_or(0.0),
            endpoints,
        };
        (record, signs)
    }

    fn tell(&self, kind: &'static str, addr: Option<&str>, cause: String, context: &CellContext<Self>) {
        self.tell_as(Persistence::Volatile, kind, addr, cause, context);
    }

    fn tell_as(
        &self,
        persistence: Persistence,
        kind: &'static str,
        addr: Option<&str>,
        cause: String,
        context: &CellContext<Self>,
    ) {
        let upstream = self.place.upstream.id().name();
        let id = match addr {
            Some(addr) => Identity::keyed("endpoint", upstream, "endpoint", addr),
            None => Identity::new(KIND, upstream),
        };
        let events = &self.place.means.events;
        events.emit(kind, context.path(), Some(&id), cause, persistence);
    }
}

/// An endpoint that is not well; or how fast one that is well answers, in nanoseconds.
fn seen(endpoint: &Endpoint, now: Duration, unix_ms: u64) -> Result<(Unwell, Sign), f64> {
    let (load, monitor) = (endpoint.load(), endpoint.monitor());
    let heard_at = load.heard_at();
    let known = load.known(now);
    let ejected_until = monitor.and_then(Monitor::ejected_until);
    let times = monitor.map_or(0, Monitor::times);
    if known.failing < LEAST_FAILING && ejected_until.is_none() && times == 0 {
        return Err(known.nanos);
    }
    let addr = endpoint.addr().as_str().to_owned();
    let in_unix = |until: Duration| unix_ms.saturating_add(millis(until.saturating_sub(now)));
    let unwell = Unwell {
        addr: addr.clone(),
        average_ns: known.nanos,
        failing: known.failing,
        ejected_until: ejected_until.map(in_unix),
        times,
    };
    let sign = Sign {
        addr,
        heard_at,
        ejected_until,
        times,
    };
    Ok((unwell, sign))
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
