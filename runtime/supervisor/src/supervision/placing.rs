//! Puts supervisors and their children in their places.

use std::sync::{Arc, Mutex};

use hedgerow_view::Path;

use super::actor::{Link, SupervisorActor};
use super::children::Children;
use super::list::{ChildList, Closed};
use super::machine::Machine;
use super::spec::{Body, ChildSpec};
use super::step::{ChildId, ChildRules, Origin, Policy};
use super::supervisor::Supervisor;
use super::unplaced::{Placement, Unplaced};
use crate::cell::ending::Parent;
use crate::cell::mailbox::Handle;
use crate::slot::{Environment, Slot, Superior};

/// A supervisor that has no place yet: its mailbox and its list are there.
pub(crate) struct Prepared {
    unplaced: Unplaced<SupervisorActor>,
    pub(super) children: Children,
}

impl Prepared {
    pub(super) fn new() -> Self {
        let unplaced = Unplaced::new();
        let children = Children::new(unplaced.handle());
        Self { unplaced, children }
    }
}

/// Where the children of one supervisor live. Belongs to the supervisor's place.
pub(super) struct Site {
    pub(super) environment: Arc<Environment>,
    pub(super) path: Path,
    pub(super) policy: Policy,
    pub(super) list: Arc<ChildList>,
    superior: Handle<SupervisorActor>,
    link: Arc<dyn Parent>,
    /// A supervisor's actors live on the same arbiter, so that a restart crosses no threads.
    arbiter: usize,
}

impl Site {
    /// Puts a child in its place, at the end of the list. It does not run until it is ordered to start.
    pub(super) fn settle(&self, spec: ChildSpec, origin: Origin) -> Result<(ChildId, ChildRules), Closed> {
        let child = self.list.number();
        let (restart, significant) = (spec.settings.restart, spec.settings.significant);
        let slot = self.place(child, spec);
        let rules = ChildRules {
            name: slot.path.shared_name(),
            restart,
            significant,
            origin,
        };
        if let Err(closed) = self.list.insert(child, slot.clone()) {
            slot.retire();
            return Err(closed);
        }
        Ok((child, rules))
    }

    fn place(&self, child: ChildId, spec: ChildSpec) -> Arc<Slot> {
        let ChildSpec { name, settings, body } = spec;
        let placement = Placement {
            environment: &self.environment,
            path: self.path.child(name),
            settings,
            superior: Some(Superior {
                handle: self.superior.clone(),
                child,
            }),
            child,
            parent: self.link.clone(),
            arbiter: self.arbiter,
        };
        match body {
            Body::Supervisor(inner) => {
                let arbiter = self.environment.next_arbiter();
                place(*inner, Placement { arbiter, ..placement })
            }
            Body::Actor(recipe) => recipe.place(placement),
        }
    }
}

/// Puts a supervisor and all below it in their places. Nothing runs until it is ordered to start.
pub(crate) fn place(supervisor: Supervisor<ChildSpec>, placement: Placement<'_>) -> Arc<Slot> {
    let Prepared { unplaced, children } = supervisor.prepared.unwrap_or_else(Prepared::new);
    let path = placement.path.clone();
    children.list.settle_at(path.clone());
    let site = Arc::new(Site {
        environment: placement.environment.clone(),
        path,
        policy: supervisor.policy,
        list: children.list.clone(),
        superior: unplaced.handle(),
        link: Arc::new(Link(unplaced.handle())),
        arbiter: placement.arbiter,
    });
    let declared = supervisor.children.into_iter();
    // Nobody can have closed a list that nobody has seen in the tree yet.
    let declared: Vec<_> = declared
        .filter_map(|spec| site.settle(spec, Origin::Declared).ok())
        .collect();
    let seed = site.environment.seed_at(&site.path);
    let machine = Arc::new(Mutex::new(Machine::new(site.policy, seed, declared)));
    let factory = Box::new(move || SupervisorActor::new(machine.clone(), site.clone()));
    unplaced.place(factory, Some(children), placement)
}
