//! What others hold of the registry.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hedgerow_supervisor::{Clock, Doorbell, Handle, Inspect};
use hedgerow_view::registry::{RegistrationState, RegistrationView, RegistryView};
use hedgerow_view::{Path, View};

use super::actor::Registry;
use super::book::{MOST, MOST_PER_SERVICE};
use super::machine::Book;
use crate::discovery::Members;

/// The registry, as others hold it. Cheap to clone. Reading it sends no message.
#[derive(Clone)]
pub struct RegistryHandle {
    pub(super) place: Arc<Place>,
    pub(super) actor: Handle<Registry>,
}

/// What belongs to the registry's place, over all incarnations. Only its actor writes the book; the locks are held for no longer
/// than it takes to read or write.
pub(super) struct Place {
    book: Mutex<Book>,
    followers: Mutex<BTreeMap<String, Vec<Doorbell>>>,
    /// Whether the book holds what the store kept.
    pub(super) is_restored: AtomicBool,
    clock: Clock,
}

impl Place {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            book: Mutex::default(),
            followers: Mutex::default(),
            is_restored: AtomicBool::new(false),
            clock,
        }
    }

    pub(super) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn followers(&self) -> MutexGuard<'_, BTreeMap<String, Vec<Doorbell>>> {
        self.followers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Rings those who follow a service.
    pub(super) fn ring(&self, service: &str) {
        let followers = self.followers();
        followers
            .get(service)
            .into_iter()
            .flatten()
            .for_each(Doorbell::ring);
    }

    /// Rings everybody.
    pub(super) fn ring_all(&self) {
        self.followers().values().flatten().for_each(Doorbell::ring);
    }
}

impl RegistryHandle {
    /// Who is registered for a service.
    pub fn members(&self, service: &str) -> Members {
        self.place.book().members(service)
    }

    /// Has this bell rung with every change of who is registered for a service.
    pub fn follow(&self, service: String, bell: Doorbell) {
        self.place.followers().entry(service).or_default().push(bell);
    }
}

impl Inspect for RegistryHandle {
    fn view(&self, _: &Path) -> View {
        let now = self.place.clock.now();
        let millis = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let book = self.place.book();
        let registrations = book.iter().map(|(who, entry)| RegistrationView {
            service: who.service.to_owned(),
            id: who.id.to_owned(),
            path: Path::root(who.service).child(who.id),
            addr: entry.registration.addr.to_string(),
            weight: entry.registration.weight,
            ttl_ms: millis(entry.registration.ttl),
            state: if entry.suspect {
                RegistrationState::Suspect
            } else {
                RegistrationState::Live
            },
            age_ms: millis(now.saturating_sub(entry.renewed_at)),
            heartbeats: entry.heartbeats,
        });
        View::Registry(RegistryView {
            registrations: registrations.collect(),
            followed: self.place.followers().keys().cloned().collect(),
            most: MOST,
            most_per_service: MOST_PER_SERVICE,
        })
    }
}

impl fmt::Debug for RegistryHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistryHandle")
            .field("registrations", &self.place.book().len())
            .finish_non_exhaustive()
    }
}
