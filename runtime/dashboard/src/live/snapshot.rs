//! One look at the mesh: every view as a sheet.

use hedgerow_supervisor::Directory;
use hedgerow_view::{ActorView, Path, View};
use serde::Serialize;
use serde_json::json;

use super::entry::Entry;
use super::past::{self, Permille};
use super::sheet::Sheet;
use crate::health;

/// The views, by the names of their events.
const NAMES: [&str; 10] = [
    "tree",
    "breakers",
    "keys",
    "chains",
    "upstreams",
    "pools",
    "factories",
    "registry",
    "listeners",
    "mesh",
];

/// Everything that is shown, at one moment.
#[derive(Debug, Default)]
pub(super) struct Snapshot {
    sheets: [Sheet; NAMES.len()],
    /// The failure rates of the breakers that had calls.
    pub(super) rates: Vec<(Path, Permille)>,
}

impl Snapshot {
    /// Reads what is published. No actor is asked.
    pub(super) fn of(directory: &Directory) -> Self {
        let mut snapshot = Self::default();
        snapshot.actors(directory.tree());
        let views = directory.views();
        for (_, view) in &views {
            snapshot.view(view);
        }
        let findings = health::findings(directory, views.iter().map(|(_, view)| view));
        let revision = views.iter().filter_map(|(_, view)| match view {
            View::Chain(chain) => Some(chain.revision),
            _ => None,
        });
        let mesh = json!({
            "root": directory.root(),
            "ready": health::is_ready(&findings),
            "findings": findings,
            "revision": revision.max(),
        });
        snapshot.add("mesh", "mesh", &mesh);
        snapshot
    }

    /// An actor and then those below it: whoever reads the keys in order can build the tree from their paths.
    fn actors(&mut self, mut actor: ActorView) {
        let children = std::mem::take(&mut actor.children);
        let path = actor.path.to_string();
        self.sheet("tree")
            .add(&path, Entry::of(&actor).without("children"));
        for child in children {
            self.actors(child);
        }
    }

    fn view(&mut self, view: &View) {
        match view {
            View::Breaker(breaker) => {
                self.rates.extend(past::rate(breaker));
                self.add("breakers", &breaker.path.to_string(), breaker);
            }
            View::Keys(keys) => self.add("keys", &keys.path.to_string(), keys),
            View::Chain(chain) => self.add("chains", &chain.path.to_string(), chain),
            View::Upstream(upstream) => self.add("upstreams", &upstream.path.to_string(), upstream),
            View::Pool(pool) => self.add("pools", &pool.path.to_string(), pool),
            View::Factory(factory) => self.add("factories", &factory.path.to_string(), factory),
            View::Listener(listener) => self.add("listeners", &listener.path.to_string(), listener),
            View::Registry(registry) => {
                for registration in &registry.registrations {
                    let key = format!("{}\n{}", registration.service, registration.id);
                    self.add("registry", &key, registration);
                }
            }
            // A store is among the findings, the source of endpoints in its upstream.
            _ => {}
        }
    }

    fn add(&mut self, name: &'static str, key: &str, shown: &impl Serialize) {
        self.sheet(name).add(key, Entry::of(shown));
    }

    fn sheet(&mut self, name: &'static str) -> &mut Sheet {
        let at = NAMES.iter().position(|known| *known == name);
        &mut self.sheets[at.expect("each name is in the list")]
    }

    /// Every view with all of it.
    pub(super) fn whole(&self) -> impl Iterator<Item = (&'static str, String)> {
        let sheets = NAMES.into_iter().zip(&self.sheets);
        sheets.map(|(name, sheet)| (name, sheet.whole()))
    }

    /// The views that changed, with what makes this snapshot of `old`.
    pub(super) fn since(&self, old: &Self) -> impl Iterator<Item = (&'static str, String)> {
        let sheets = NAMES.into_iter().zip(self.sheets.iter().zip(&old.sheets));
        sheets.filter_map(|(name, (new, old))| Some((name, new.since(old)?)))
    }
}
