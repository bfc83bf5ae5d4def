//! The quarantine of a chain: which requests are refused at its door because those like them keep crashing a node.

use std::hash::{BuildHasher, Hash as _, Hasher as _, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use hedgerow_config::RequestQuarantine;
use hedgerow_supervisor::{Persistence, Poison, Quarantine, Quarantined, Verdict};
use hedgerow_view::chain::QuarantinedRequestView;
use hedgerow_view::{Identity, Refusal};
use http::HeaderName;

use super::head::RequestHead;
use super::slot::ChainSlot;

/// Letters of a path that are told.
const MAX_PATH: usize = 120;

/// Suspects and quarantined requests, and how they are told apart.
pub(super) struct Ward {
    rule: RequestQuarantine,
    headers: Vec<HeaderName>,
    /// With a key of its own: nobody outside can make two requests look the same.
    hasher: RandomState,
    cases: Mutex<Cases>,
    /// What requests look at, without a lock.
    known: ArcSwap<Known>,
}

struct Cases {
    /// Requests that were refused.
    refused: u64,
    poison: Poison<Mark>,
    /// Until when fingerprints are taken of all requests: one crashed whose fingerprint was not known.
    alert_until: Option<Duration>,
}

/// What a request goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    node: Arc<str>,
    print: u64,
}

/// The fingerprints that something is known of.
#[derive(Default)]
struct Known {
    /// In order.
    prints: Box<[u64]>,
    /// When something of it is over.
    until: Option<Duration>,
}

/// A request that crashed in a node.
pub(super) struct Suspect<'a> {
    pub(super) node: &'a str,
    /// `None` where it could not be taken any more.
    pub(super) print: Option<u64>,
    /// What it was, for people.
    pub(super) line: Option<&'a str>,
}

impl Ward {
    /// A header that can have no value, as its name is none, tells no requests apart.
    pub(super) fn new(rule: RequestQuarantine) -> Self {
        let headers = rule.headers.iter();
        let poison = Poison::new(Quarantine {
            crashes: rule.crashes,
            within: rule.per,
            ..Quarantine::default()
        });
        Self {
            headers: headers
                .filter_map(|name| HeaderName::try_from(name).ok())
                .collect(),
            rule,
            hasher: RandomState::new(),
            cases: Mutex::new(Cases {
                refused: 0,
                poison,
                alert_until: None,
            }),
            known: ArcSwap::default(),
        }
    }

    /// The fingerprint of a request.
    pub(super) fn print(&self, head: &dyn RequestHead) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        head.method().hash(&mut hasher);
        head.path().hash(&mut hasher);
        for name in &self.headers {
            head.header(name).hash(&mut hasher);
        }
        hasher.finish()
    }

    /// A request is at the door. Who refuses it, if somebody does.
    pub(super) fn refuses(&self, chain: &ChainSlot, print: u64) -> Option<Refusal> {
        let now = chain.clock.now();
        if self.known.load().until.is_some_and(|until| until <= now) {
            self.lapse(chain, now);
        }
        if !self.knows(print) {
            return None;
        }
        let mut cases = self.cases();
        let Cases {
            refused: count,
            poison,
            ..
        } = &mut *cases;
        let refused = poison.refuse_where(|mark| mark.print == print)?;
        *count += 1;
        let left = refused.since.saturating_add(self.rule.lasts).saturating_sub(now);
        let RequestQuarantine { crashes, per, .. } = self.rule;
        let refusal = Refusal::new(
            id(chain, &refused.mark).to_string(),
            "quarantine",
            format!("{crashes} crashes in {per:?}"),
            format!("{} crashes of fingerprint {print:016x}", refused.crashes),
        );
        Some(refusal.retry_after(left))
    }

    /// A request crashed.
    pub(super) fn crashed(&self, chain: &ChainSlot, suspect: &Suspect<'_>) {
        let now = chain.clock.now();
        let Some(print) = suspect.print else {
            return self.change(chain, |cases| {
                cases.alert_until = Some(now.saturating_add(self.rule.per));
            });
        };
        let mark = Mark {
            node: suspect.node.into(),
            print,
        };
        let Some(Verdict {
            quarantined,
            released,
        }) = self.change(chain, |cases| cases.poison.crashed(mark, now))
        else {
            return;
        };
        let Quarantined { mark, crashes, .. } = &quarantined;
        let line = suspect.line.unwrap_or("a request");
        let cause = format!("{line} with fingerprint {print:016x}, after {crashes} crashes");
        tell(chain, "requestQuarantined", mark, cause);
        if let Some(released) = released {
            let Mark { node, print } = mark;
            let why = format!("it made room for fingerprint {print:016x} of {node}");
            self.tell_released(chain, &released, &why);
        }
    }

    /// A request was handled, without a crash, by each of these nodes.
    pub(super) fn succeeded<'n>(&self, chain: &ChainSlot, print: u64, nodes: impl Iterator<Item = &'n str>) {
        if !self.knows(print) {
            return;
        }
        let now = chain.clock.now();
        let released: Vec<_> = self.change(chain, |cases| {
            let acquitted = nodes.filter_map(|node| {
                let mark = Mark {
                    node: node.into(),
                    print,
                };
                cases.poison.succeeded(&mark, now);
                cases.poison.acquit(&mark, now)
            });
            acquitted.collect()
        });
        for entry in released {
            self.tell_released(chain, &entry, "a request like it was handled");
        }
    }

    /// Lets everything in again. How many fingerprints that were.
    pub(super) fn release(&self, chain: &ChainSlot, by: &str) -> usize {
        let released: Vec<_> = self.change(chain, |cases| {
            let quarantined = cases.poison.list();
            let released = quarantined
                .iter()
                .filter_map(|entry| cases.poison.release(&entry.mark));
            released.collect()
        });
        for entry in &released {
            self.tell_released(chain, entry, &format!("by {by}"));
        }
        released.len()
    }

    /// How many requests it has refused.
    pub(super) fn refused(&self) -> u64 {
        self.cases().refused
    }

    /// What is refused, the longest first.
    pub(super) fn view(&self, chain: &ChainSlot) -> Vec<QuarantinedRequestView> {
        let now = chain.clock.now();
        let quarantined = self.cases().poison.list();
        let left = |since: Duration| since.saturating_add(self.rule.lasts).saturating_sub(now);
        let held = quarantined
            .into_iter()
            .filter(|entry| !left(entry.since).is_zero());
        held.map(|entry| QuarantinedRequestView {
            node: entry.mark.node.to_string(),
            fingerprint: format!("{:016x}", entry.mark.print),
            crashes: entry.crashes,
            refused: entry.refused,
            left_ms: u64::try_from(left(entry.since).as_millis()).unwrap_or(u64::MAX),
        })
        .collect()
    }

    /// How many fingerprints something is known of.
    #[cfg(test)]
    pub(super) fn known_count(&self) -> usize {
        self.known.load().prints.len()
    }

    fn lapse(&self, chain: &ChainSlot, now: Duration) {
        let released = self.change(chain, |cases| {
            cases.alert_until = cases.alert_until.filter(|until| now < *until);
            cases.poison.lapse(now, self.rule.lasts)
        });
        for entry in released {
            self.tell_released(chain, &entry, "its time is over");
        }
    }

    fn knows(&self, print: u64) -> bool {
        self.known.load().prints.binary_search(&print).is_ok()
    }

    fn tell_released(&self, chain: &ChainSlot, entry: &Quarantined<Mark>, why: &str) {
        let (print, refused) = (entry.mark.print, entry.refused);
        let cause = format!("fingerprint {print:016x}, after {refused} refusals: {why}");
        tell(chain, "requestReleased", &entry.mark, cause);
    }

    fn cases(&self) -> MutexGuard<'_, Cases> {
        // No code of the user's runs under it.
        self.cases.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is known, and publishes it.
    fn change<T>(&self, chain: &ChainSlot, change: impl FnOnce(&mut Cases) -> T) -> T {
        let mut cases = self.cases();
        let result = change(&mut cases);
        let Cases {
            poison, alert_until, ..
        } = &*cases;
        let mut prints: Vec<u64> = poison.watched().map(|mark| mark.print).collect();
        prints.sort_unstable();
        let until = poison
            .lapses_at(self.rule.lasts)
            .into_iter()
            .chain(*alert_until)
            .min();
        chain.watch_requests(!prints.is_empty() || alert_until.is_some());
        let prints = prints.into();
        self.known.store(Arc::new(Known { prints, until }));
        result
    }
}

fn id(chain: &ChainSlot, mark: &Mark) -> Identity {
    Identity::keyed("node", chain.id.name(), "node", &*mark.node)
}

/// Tells of a node, at the place of its chain.
fn tell(chain: &ChainSlot, kind: &'static str, mark: &Mark, cause: String) {
    let id = id(chain, mark);
    match (chain.events.get(), chain.children.path()) {
        (Some(events), Some(path)) => events.emit(kind, &path, Some(&id), cause, Persistence::Volatile),
        _ => tracing::warn!(kind, node = %id, %cause, "event"),
    }
}

/// What a request is, for people: its method and its path, or as much of it as is told.
pub(super) fn line(head: &dyn RequestHead) -> String {
    let (method, path) = (head.method(), head.path());
    let told: String = path.chars().take(MAX_PATH).flat_map(char::escape_debug).collect();
    let more = if path.chars().nth(MAX_PATH).is_some() {
        "…"
    } else {
        ""
    };
    format!("`{method} {told}{more}`")
}
