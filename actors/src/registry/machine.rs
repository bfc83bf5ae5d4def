//! Who is registered: pure.
//!
//! A registration that is not renewed is suspect after two thirds of its time, and ends after all of it: with a heartbeat
//! in each third, one that is lost does not even make it suspect, and two do not end it. Where more than half of a service's
//! registrations are overdue at once, something else than they is more likely to be broken (Eureka calls it
//! self-preservation): they stay as suspects, for [`KEPT_FOR`] times their time at most.

use std::collections::BTreeMap;
use std::time::Duration;

use super::book::{MOST, MOST_PER_SERVICE, Refused, Registration};
use super::version::Version;
use crate::discovery::{Member, Members};
use crate::upstream::Share;

/// How often its time a registration may be overdue where most of its service are.
const KEPT_FOR: u32 = 10;

/// The least time that a registration is given after a restart, as whoever renews it may not have found the mesh again yet.
const GRACE: Duration = Duration::from_secs(30);

/// A look at the times that comes later than this was held up, and so were heartbeats.
const HELD_UP: Duration = Duration::from_secs(1);

/// Everybody who is registered.
#[derive(Debug, Default)]
pub(crate) struct Book {
    services: BTreeMap<String, BTreeMap<String, Entry>>,
    count: usize,
    last_number: u64,
    /// When the times are looked at next.
    look_at: Option<Duration>,
}

/// One who is registered.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) registration: Registration,
    pub(crate) version: Version,
    /// When it was renewed last.
    pub(crate) renewed_at: Duration,
    pub(crate) heartbeats: u64,
    pub(crate) suspect: bool,
    /// How long it lives from when it was renewed last.
    lives_for: Duration,
    /// Whether it is from before a restart: then whoever holds it may know a later revision.
    restored: bool,
}

/// Which registration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Who<'a> {
    pub(crate) service: &'a str,
    pub(crate) id: &'a str,
}

/// What became of a heartbeat that was not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Beat {
    /// What to show with the next one.
    pub(crate) version: Version,
    /// Whether it ended a suspicion.
    pub(crate) recovered: bool,
}

/// What time has brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Overdue {
    pub(crate) service: String,
    pub(crate) id: String,
    /// For how long no heartbeat has come.
    pub(crate) silent_for: Duration,
    /// Whether it is not registered any more; else it is suspect.
    pub(crate) ended: bool,
}

impl Entry {
    fn suspect_at(&self) -> Duration {
        self.renewed_at + self.lives_for * 2 / 3
    }

    fn overdue_at(&self) -> Duration {
        self.renewed_at + self.lives_for
    }

    fn renew(&mut self, now: Duration) {
        self.renewed_at = now;
        self.lives_for = self.registration.ttl;
        self.version.revision += 1;
        self.suspect = false;
    }
}

/// How a version stands to the one that holds.
enum Standing {
    Current,
    /// The one before: the answer to it was lost.
    Repeated,
}

impl Book {
    /// Registers an instance, or changes its registration. `unix_ms` is what numbers of registrations begin at, so that none
    /// comes twice over restarts.
    ///
    /// Without a version, an id that is free is taken, one whose time is over, or one with the same address: an instance
    /// that was restarted does not know its version any more.
    pub(crate) fn register(
        &mut self,
        who: Who<'_>,
        registration: Registration,
        shown: Option<Version>,
        now: Duration,
        unix_ms: u64,
    ) -> Result<Version, Refused> {
        if let Some(version) = shown {
            let entry = self.entry(who)?;
            match standing(entry, version, who)? {
                Standing::Current => {
                    entry.registration = registration;
                    entry.renew(now);
                }
                Standing::Repeated if entry.registration == registration => {}
                Standing::Repeated => return Err(late(who, version)),
            }
            return Ok(entry.version);
        }
        match self.find(who) {
            Some(held) if held.registration.addr != registration.addr && now < held.overdue_at() => {
                return Err(Refused::Taken {
                    service: who.service.to_owned(),
                    id: who.id.to_owned(),
                    held_by: held.registration.addr.clone(),
                });
            }
            Some(_) => {}
            None => self.has_room(who)?,
        }
        self.last_number = (self.last_number + 1).max(unix_ms);
        let version = Version {
            number: self.last_number,
            revision: 0,
        };
        self.put(
            who,
            Entry {
                lives_for: registration.ttl,
                registration,
                version,
                renewed_at: now,
                heartbeats: 0,
                suspect: false,
                restored: false,
            },
        );
        Ok(version)
    }

    /// Renews a registration. One that shows the version before is answered as the first time, and renews nothing.
    pub(crate) fn beat(&mut self, who: Who<'_>, shown: Version, now: Duration) -> Result<Beat, Refused> {
        let entry = self.entry(who)?;
        let was_suspect = entry.suspect;
        let recovered = match standing(entry, shown, who)? {
            Standing::Current => {
                entry.renew(now);
                entry.heartbeats += 1;
                was_suspect
            }
            Standing::Repeated => false,
        };
        let version = entry.version;
        Ok(Beat { version, recovered })
    }

    /// Ends a registration. Who shows a version must hold it; an operator shows none.
    pub(crate) fn leave(&mut self, who: Who<'_>, shown: Option<Version>) -> Result<(), Refused> {
        let entry = self.entry(who)?;
        if let Some(version) = shown
            && version.number != entry.version.number
        {
            return Err(overtaken(who, version));
        }
        self.remove(who);
        Ok(())
    }

    /// Takes a registration from before a restart, unless there is one by now, or no room.
    pub(crate) fn restore(
        &mut self,
        who: Who<'_>,
        registration: Registration,
        number: u64,
        now: Duration,
    ) -> bool {
        self.last_number = self.last_number.max(number);
        if self.find(who).is_some() || self.has_room(who).is_err() {
            return false;
        }
        self.put(
            who,
            Entry {
                lives_for: registration.ttl.max(GRACE),
                registration,
                version: Version { number, revision: 0 },
                renewed_at: now,
                heartbeats: 0,
                suspect: false,
                restored: true,
            },
        );
        true
    }

    /// Looks who is suspect, and whose time is over.
    ///
    /// Where the look itself was held up, the process stood still or had no time, and everybody is given as much more.
    pub(crate) fn look(&mut self, now: Duration) -> Vec<Overdue> {
        let late = self.look_at.map_or(Duration::ZERO, |at| now.saturating_sub(at));
        if late > HELD_UP {
            for entry in self.services.values_mut().flat_map(BTreeMap::values_mut) {
                entry.renewed_at = (entry.renewed_at + late).min(now);
            }
        }
        let mut found = Vec::new();
        for (service, entries) in &mut self.services {
            let overdue = entries.values().filter(|entry| entry.overdue_at() <= now).count();
            let most_are = overdue * 2 > entries.len();
            for (id, entry) in entries {
                let silent_for = now.saturating_sub(entry.renewed_at);
                let ended =
                    entry.overdue_at() <= now && (!most_are || silent_for >= entry.lives_for * KEPT_FOR);
                let turns_suspect = !entry.suspect && entry.suspect_at() <= now;
                entry.suspect |= turns_suspect;
                if ended || turns_suspect {
                    found.push(Overdue {
                        service: service.clone(),
                        id: id.clone(),
                        silent_for,
                        ended,
                    });
                }
            }
        }
        for Overdue { service, id, .. } in found.iter().filter(|overdue| overdue.ended) {
            self.remove(Who { service, id });
        }
        self.look_at = self.next_look(now);
        found
    }

    /// When to look at the times; nothing where nobody is registered.
    pub(crate) fn look_at(&mut self, now: Duration) -> Option<Duration> {
        // It only moves forward with a look: heartbeats put off what is due, and the look finds nothing.
        let next = self.next_look(now);
        self.look_at = match (self.look_at, next) {
            (Some(armed), Some(next)) => Some(armed.min(next)),
            (_, next) => next,
        };
        self.look_at
    }

    fn next_look(&self, now: Duration) -> Option<Duration> {
        let entries = self.services.values().flat_map(BTreeMap::values);
        let due = entries.map(|entry| {
            if !entry.suspect {
                entry.suspect_at()
            } else if entry.overdue_at() > now {
                entry.overdue_at()
            } else {
                // It is kept because most are overdue, until they are not.
                now + entry.registration.ttl / 3
            }
        });
        due.min()
    }

    /// Who is registered for a service.
    pub(crate) fn members(&self, service: &str) -> Members {
        let entries = self.services.get(service).into_iter().flat_map(BTreeMap::values);
        let members = entries.map(|entry| Member {
            addr: entry.registration.addr.clone(),
            share: Share {
                weight: entry.registration.weight,
                ..Share::default()
            },
        });
        members.collect()
    }

    /// All of them, with service and id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Who<'_>, &Entry)> {
        self.services.iter().flat_map(|(service, entries)| {
            entries
                .iter()
                .map(move |(id, entry)| (Who { service, id }, entry))
        })
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    fn find(&self, who: Who<'_>) -> Option<&Entry> {
        self.services.get(who.service)?.get(who.id)
    }

    fn entry(&mut self, who: Who<'_>) -> Result<&mut Entry, Refused> {
        let entries = self.services.get_mut(who.service);
        let entry = entries.and_then(|entries| entries.get_mut(who.id));
        entry.ok_or_else(|| Refused::Unknown {
            service: who.service.to_owned(),
            id: who.id.to_owned(),
        })
    }

    fn has_room(&self, who: Who<'_>) -> Result<(), Refused> {
        let of_service = self.services.get(who.service).map_or(0, BTreeMap::len);
        let full = |count, most, whereof| Refused::Full {
            service: who.service.to_owned(),
            id: who.id.to_owned(),
            count,
            most,
            whereof,
        };
        if of_service >= MOST_PER_SERVICE {
            return Err(full(of_service, MOST_PER_SERVICE, "of the service"));
        }
        if self.count >= MOST {
            return Err(full(self.count, MOST, "in all"));
        }
        Ok(())
    }

    fn put(&mut self, who: Who<'_>, entry: Entry) {
        let entries = self.services.entry(who.service.to_owned()).or_default();
        if entries.insert(who.id.to_owned(), entry).is_none() {
            self.count += 1;
        }
    }

    fn remove(&mut self, who: Who<'_>) {
        if let Some(entries) = self.services.get_mut(who.service) {
            if entries.remove(who.id).is_some() {
                self.count -= 1;
            }
            if entries.is_empty() {
                self.services.remove(who.service);
            }
        }
    }
}

/// How the version that is shown stands to the one that holds.
fn standing(entry: &mut Entry, shown: Version, who: Who<'_>) -> Result<Standing, Refused> {
    if shown.number != entry.version.number {
        return Err(overtaken(who, shown));
    }
    if entry.restored && shown.revision > entry.version.revision {
        // Heartbeats are not kept: whoever holds it knows better than the record.
        entry.version.revision = shown.revision;
    }
    if shown.revision == entry.version.revision {
        Ok(Standing::Current)
    } else if shown.revision.checked_add(1) == Some(entry.version.revision) {
        Ok(Standing::Repeated)
    } else {
        Err(late(who, shown))
    }
}

fn overtaken(who: Who<'_>, version: Version) -> Refused {
    Refused::Overtaken {
        service: who.service.to_owned(),
        id: who.id.to_owned(),
        version: version.to_string(),
    }
}

fn late(who: Who<'_>, version: Version) -> Refused {
    Refused::Late {
        service: who.service.to_owned(),
        id: who.id.to_owned(),
        version: version.to_string(),
    }
}
