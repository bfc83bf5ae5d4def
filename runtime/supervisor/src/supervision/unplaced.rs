//! An actor with its cell, on the way to their place in a tree.

use std::sync::Arc;

use actix::Actor;
use hedgerow_view::Path;
use hedgerow_view::tree::ActorState;

use super::children::Children;
use super::spec::Settings;
use super::step::ChildId;
use crate::cell::context::CellContext;
use crate::cell::ending::Parent;
use crate::cell::lasting::{AnyCell as _, Cell, Factory, Home};
use crate::cell::mailbox::Handle;
use crate::cell::quarantine::Ward;
use crate::slot::{Environment, Slot, Superior};

/// Brings a cell of some actor type to its place.
pub(crate) trait Place: Send {
    fn place(self: Box<Self>, placement: Placement<'_>) -> Arc<Slot>;

    /// How many messages may wait in it, from now on.
    fn limit(&self, capacity: usize);
}

/// Where a cell is to live.
pub(crate) struct Placement<'a> {
    pub(crate) environment: &'a Arc<Environment>,
    pub(crate) path: Path,
    pub(crate) settings: Settings,
    pub(crate) superior: Option<Superior>,
    pub(crate) child: ChildId,
    pub(crate) parent: Arc<dyn Parent>,
    pub(crate) arbiter: usize,
}

/// An actor that has no place yet: its mailbox is there, and takes messages. Dropped without a place, it takes no more,
/// and who asked is told.
pub(crate) struct Unplaced<A: Actor<Context = CellContext<A>>> {
    cell: Arc<Cell<A>>,
}

impl<A: Actor<Context = CellContext<A>>> Unplaced<A> {
    pub(crate) fn new() -> Self {
        Self {
            cell: Arc::new(Cell::new()),
        }
    }

    pub(crate) fn handle(&self) -> Handle<A> {
        Handle::of(self.cell.clone())
    }

    pub(crate) fn place(
        self,
        factory: Box<dyn FnMut() -> A + Send>,
        children: Option<Children>,
        placement: Placement<'_>,
    ) -> Arc<Slot> {
        settle(&self.cell, factory, children, placement)
    }
}

impl<A: Actor<Context = CellContext<A>>> Drop for Unplaced<A> {
    fn drop(&mut self) {
        if !self.cell.is_settled() {
            self.cell.mark(ActorState::Stopped);
        }
    }
}

/// Gives a cell its place.
fn settle<A: Actor<Context = CellContext<A>>>(
    cell: &Arc<Cell<A>>,
    factory: Box<dyn FnMut() -> A + Send>,
    children: Option<Children>,
    placement: Placement<'_>,
) -> Arc<Slot> {
    let Placement {
        environment,
        path,
        settings,
        superior,
        child,
        parent,
        arbiter,
    } = placement;
    let fingerprints = settings.fingerprints;
    let ward = settings
        .quarantine
        .map(|rule| Box::new(Ward::new(rule, fingerprints, environment.events.clone())));
    let home = Home {
        factory: Factory::new(factory),
        path: path.clone(),
        clock: environment.clock,
        arbiters: environment.arbiters.clone(),
        arbiter,
        parent,
        child,
        shutdown: settings.shutdown.unwrap_or_default(),
        start_within: settings.start_within,
        while_restarting: settings.while_restarting,
        ward,
    };
    cell.limit(settings.mailbox);
    cell.settle(home);
    Arc::new(Slot::new(
        path,
        settings.kind,
        settings.face,
        superior,
        cell.clone(),
        children,
    ))
}

/// An actor and its factory.
pub(super) struct Recipe<A: Actor<Context = CellContext<A>>> {
    pub(super) unplaced: Unplaced<A>,
    pub(super) factory: Box<dyn FnMut() -> A + Send>,
}

impl<A: Actor<Context = CellContext<A>>> Place for Recipe<A> {
    fn place(self: Box<Self>, placement: Placement<'_>) -> Arc<Slot> {
        self.unplaced.place(self.factory, None, placement)
    }

    fn limit(&self, capacity: usize) {
        self.unplaced.cell.limit(capacity);
    }
}
