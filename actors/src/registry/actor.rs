//! Takes registrations one after another, keeps them, and lets those end whose time is over.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use actix::{Actor, ActorFutureExt as _, Handler, ResponseActFuture, WrapFuture as _, fut};
use hedgerow_store::{Reply, SaveError, Saved};
use hedgerow_supervisor::{CellContext, Persistence};
use hedgerow_view::Identity;

use super::book::Refused;
use super::handle::Place;
use super::machine::{Overdue, Who};
use super::messages::{Heartbeat, Leave, Made, NotMade, Register};
use super::record;
use super::version::Version;
use crate::breaker::Means;

/// The registry at work.
pub(crate) struct Registry {
    pub(super) place: Arc<Place>,
    pub(super) means: Means,
}

impl Registry {
    pub(super) fn new(place: Arc<Place>, means: Means) -> Self {
        Self { place, means }
    }
}

impl Actor for Registry {
    type Context = CellContext<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        self.restore(context);
        self.wake(context);
    }
}

impl Handler<Register> for Registry {
    type Result = ResponseActFuture<Self, Result<Made, NotMade>>;

    fn handle(&mut self, order: Register, context: &mut CellContext<Self>) -> Self::Result {
        let Register {
            service,
            id,
            registration,
            shown,
        } = order;
        let who = Who {
            service: &service,
            id: &id,
        };
        let key = match record::key(who) {
            Ok(key) => key,
            Err(error) => return Box::pin(fut::ready(Err(error.into()))),
        };
        let now = self.means.clock.now();
        let unix_ms = self.unix_ms();
        let addr = registration.addr.clone();
        let kept = registration.clone();
        let made = self.place.book().register(who, registration, shown, now, unix_ms);
        let version = match made {
            Ok(version) => version,
            Err(refused) => return Box::pin(fut::ready(Err(refused.into()))),
        };
        self.place.ring(&service);
        self.wake(context);
        let payload = record::encode(&kept, version.number);
        let saved = self.means.store.save(&key, payload);
        self.settle(
            saved,
            "registered",
            service,
            id,
            format!("at {addr}"),
            Some(version),
        )
    }
}

impl Handler<Heartbeat> for Registry {
    type Result = Result<Version, Refused>;

    fn handle(&mut self, order: Heartbeat, context: &mut CellContext<Self>) -> Self::Result {
        let Heartbeat { service, id, shown } = order;
        let who = Who {
            service: &service,
            id: &id,
        };
        let beat = self.place.book().beat(who, shown, self.means.clock.now())?;
        if beat.recovered {
            self.tell(context, "registrationLive", who, "its heartbeats come again");
        }
        Ok(beat.version)
    }
}

impl Handler<Leave> for Registry {
    type Result = ResponseActFuture<Self, Result<Made, NotMade>>;

    fn handle(&mut self, order: Leave, _: &mut CellContext<Self>) -> Self::Result {
        let Leave { service, id, shown } = order;
        let who = Who {
            service: &service,
            id: &id,
        };
        let key = match record::key(who) {
            Ok(key) => key,
            Err(error) => return Box::pin(fut::ready(Err(error.into()))),
        };
        let left = self.place.book().leave(who, shown);
        if let Err(refused) = left {
            return Box::pin(fut::ready(Err(refused.into())));
        }
        self.place.ring(&service);
        let deleted = self.means.store.delete(&key);
        self.settle(
            deleted,
            "deregistered",
            service,
            id,
            "by request".to_owned(),
            None,
        )
    }
}

impl Registry {
    /// Tells of a change, and answers, once it is on the disk or could not be brought there.
    fn settle(
        &self,
        saved: Reply<Saved, SaveError>,
        kind: &'static str,
        service: String,
        id: String,
        cause: String,
        version: Option<Version>,
    ) -> ResponseActFuture<Self, Result<Made, NotMade>> {
        let settled = saved.into_actor(self).map(move |saved, registry, context| {
            let persistence = match saved {
                Ok(Saved::Durable) => Persistence::Durable,
                Ok(Saved::InMemory) | Err(_) => Persistence::Volatile,
            };
            let who = Who {
                service: &service,
                id: &id,
            };
            registry.tell_as(context, kind, who, &cause, persistence);
            let persisted = persistence == Persistence::Durable;
            Ok(Made { version, persisted })
        });
        Box::pin(settled)
    }

    /// Looks at the times when something is due, and at no other time.
    pub(super) fn wake(&mut self, context: &mut CellContext<Self>) {
        let at = self.place.book().look_at(self.means.clock.now());
        context.wake_at(at, Self::look);
    }

    fn look(&mut self, context: &mut CellContext<Self>) {
        let overdue = self.place.book().look(self.means.clock.now());
        for Overdue {
            service,
            id,
            silent_for,
            ended,
        } in &overdue
        {
            let who = Who { service, id };
            let cause = format!("no heartbeat for {} ms", silent_for.as_millis());
            if *ended {
                self.place.ring(service);
                if let Ok(key) = record::key(who) {
                    // Where that fails it comes back with the next start, and ends again.
                    drop(self.means.store.delete(&key));
                }
                self.tell(context, "registrationExpired", who, &cause);
            } else {
                self.tell(context, "registrationSuspect", who, &cause);
            }
        }
        self.wake(context);
    }

    fn tell(&self, context: &CellContext<Self>, kind: &'static str, who: Who<'_>, cause: &str) {
        self.tell_as(context, kind, who, cause, Persistence::Volatile);
    }

    fn tell_as(
        &self,
        context: &CellContext<Self>,
        kind: &'static str,
        who: Who<'_>,
        cause: &str,
        persistence: Persistence,
    ) {
        let id = Identity::keyed("registration", who.service, "instance", who.id);
        let cause = format!("{} of {}: {cause}", who.id, who.service);
        self.means
            .events
            .emit(kind, context.path(), Some(&id), cause, persistence);
    }

    fn unix_ms(&self) -> u64 {
        let unix = self.means.clock.wall().duration_since(UNIX_EPOCH);
        u64::try_from(unix.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
    }
}
