//! The steps of an edit: ask who is touched, prepare who comes, publish, stop who leaves. Until the one pointer is stored,
//! nothing has changed for anybody; after it, nothing is left to fail.

use std::sync::Arc;
use std::time::Duration;

use actix::{Handler, Message};
use hedgerow_supervisor::CellContext;

use super::actor::NodeActor;
use super::edit::{Edit, EditError};
use super::lineup::Place;
use super::node_slot::{NodeSlot, Touch};
use super::rearranged::{Change, EndRule, Entry, rearranged};
use super::slot::ChainSlot;
use super::spec::{NodeSpec, child};

/// How long a node may take to say that it does not agree.
const AGREES_WITHIN: Duration = Duration::from_secs(1);

/// How long a node that comes may take to become ready, and all before it in its supervisor's mailbox.
const READY_WITHIN: Duration = Duration::from_secs(10);

/// How long the reviser waits for a node that has left to stop, before it goes on.
const STOPPED_WITHIN: Duration = Duration::from_secs(6);

/// Where a node of the next line comes from.
#[derive(Clone)]
enum Source {
    Stays(Arc<NodeSlot>),
    Comes(NodeSpec),
}

/// The nodes of a chain that are to come into force, each with its actor at work.
pub(crate) struct Prepared {
    chain: Arc<ChainSlot>,
    places: Vec<Place>,
    came: Vec<Arc<NodeSlot>>,
    left: Vec<Arc<NodeSlot>>,
}

/// What a chain is to become.
enum Next {
    AsItIs,
    Line(Vec<Entry<Source>>),
}

impl ChainSlot {
    fn line(&self) -> Vec<Entry<Source>> {
        let lineup = self.lineup();
        let entry = |Place { node, enabled }: &Place| Entry {
            name: node.name.clone(),
            node: Source::Stays(Arc::clone(node)),
            is_last: node.is_last,
            enabled: *enabled,
        };
        lineup.places.iter().map(entry).collect()
    }

    /// What it becomes by an edit.
    fn next(&self, edit: Edit) -> Result<Next, EditError> {
        let line = self.line();
        let rule = EndRule::of(&self.origin_line());
        let next = rearranged(&line, change_of(edit), rule).map_err(|why| EditError::Misfit {
            chain: self.id.name().to_owned(),
            why,
        })?;
        let same = |(one, other): (&Entry<Source>, &Entry<Source>)| {
            let stays = match (&one.node, &other.node) {
                (Source::Stays(one), Source::Stays(other)) => Arc::ptr_eq(one, other),
                _ => false,
            };
            stays && one.enabled == other.enabled
        };
        let is_same = line.len() == next.len() && line.iter().zip(&next).all(same);
        Ok(if is_same { Next::AsItIs } else { Next::Line(next) })
    }

    /// The nodes that it began with. Those that are still there, untouched, stay.
    fn origin_line(&self) -> Vec<Entry<Source>> {
        let lineup = self.lineup();
        let began = self.origin.iter().enumerate().map(|(at, spec)| {
            let there = lineup.find(spec.name()).map(|place| &place.node);
            let stays = there.filter(|there| there.origin == Some(at));
            Entry {
                name: spec.name().to_owned(),
                is_last: spec.is_last(),
                enabled: spec.is_enabled(),
                node: match stays {
                    Some(stays) => Source::Stays(Arc::clone(stays)),
                    None => Source::Comes(spec.clone()),
                },
            }
        });
        began.collect()
    }

    /// Asks whom an edit touches, and prepares who comes by it. `None` where it changes nothing.
    ///
    /// # Errors
    /// Why it cannot be made. Nothing has changed then.
    pub(crate) async fn prepare(
        self: &Arc<Self>,
        edit: Edit,
        number: u64,
    ) -> Result<Option<Prepared>, EditError> {
        let touched = edit.touches().map(|(name, touch)| (name.to_owned(), touch));
        let Next::Line(line) = self.next(edit)? else {
            return Ok(None);
        };
        if let Some((name, touch)) = touched {
            self.ask(&name, touch).await?;
        }
        self.prepare_line(line, number).await.map(Some)
    }

    /// Prepares the nodes that it began with.
    ///
    /// # Errors
    /// As [`prepare`](Self::prepare).
    pub(crate) async fn prepare_origin(self: &Arc<Self>, number: u64) -> Result<Prepared, EditError> {
        self.prepare_line(self.origin_line(), number).await
    }

    async fn ask(&self, name: &str, touch: Touch) -> Result<(), EditError> {
        let lineup = self.lineup();
        let node = lineup.find(name).map(|place| &place.node);
        let Some((node, actor)) = node.and_then(|node| Some((node, node.actor()?))) else {
            return Ok(());
        };
        if node.agrees.is_none() {
            return Ok(());
        }
        // Who does not answer has not vetoed: a node that is stuck must be able to leave.
        match actor.ask_within(AGREES_WITHIN, Agree(touch)).await {
            Ok(Err(why)) => Err(EditError::Vetoed {
                chain: self.id.name().to_owned(),
                node: name.to_owned(),
                touch,
                why,
            }),
            Ok(Ok(())) | Err(_) => Ok(()),
        }
    }

    async fn prepare_line(
        self: &Arc<Self>,
        line: Vec<Entry<Source>>,
        number: u64,
    ) -> Result<Prepared, EditError> {
        let lineup = self.lineup();
        let mut prepared = Prepared {
            chain: Arc::clone(self),
            places: Vec::with_capacity(line.len()),
            came: Vec::new(),
            left: Vec::new(),
        };
        for Entry { node, enabled, .. } in line {
            let node = match node {
                Source::Stays(node) => node,
                Source::Comes(spec) => match self.start(spec, number, &lineup).await {
                    Ok(node) => {
                        prepared.came.push(Arc::clone(&node));
                        node
                    }
                    Err(error) => {
                        prepared.give_up().await;
                        return Err(error);
                    }
                },
            };
            prepared.places.push(Place { node, enabled });
        }
        let stays = |node: &Arc<NodeSlot>| prepared.places.iter().any(|place| Arc::ptr_eq(&place.node, node));
        let before = lineup.places.iter().map(|place| &place.node);
        prepared.left = before.filter(|node| !stays(node)).cloned().collect();
        Ok(prepared)
    }

    /// Starts the actor of a node that is to come, and waits until it has published its filter.
    async fn start(
        self: &Arc<Self>,
        spec: NodeSpec,
        number: u64,
        lineup: &super::lineup::Lineup,
    ) -> Result<Arc<NodeSlot>, EditError> {
        let name = spec.name().to_owned();
        let before = lineup.find(&name).map(|place| &*place.node);
        // The one that it replaces lives until the new one is in force.
        let taken = lineup.places.iter().any(|place| place.node.child == name);
        let called = if taken {
            format!("{name}@{number}")
        } else {
            name.clone()
        };
        let (node, make) = spec.settle(self.id.name(), &called, before);
        let node = Arc::new(node);
        let added = self.children.add(child(self, &node, make));
        let why = match tokio::time::timeout(READY_WITHIN, added).await {
            Ok(Ok(())) => return Ok(node),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("it was not ready within {READY_WITHIN:?}"),
        };
        // One that was late may have been added after all.
        self.stop(&node).await;
        Err(EditError::NotReady {
            chain: self.id.name().to_owned(),
            node: name,
            why,
        })
    }

    async fn stop(&self, node: &NodeSlot) {
        let stopped = self.children.delete(&node.child);
        if tokio::time::timeout(STOPPED_WITHIN, stopped).await.is_err() {
            tracing::warn!(node = %node.id, "the actor of a node that has left its chain does not stop in time");
        }
        node.retire();
    }

    /// Stops the actors of nodes that are not in it: those of an edit that was not finished.
    pub(crate) async fn stop_strangers(&self) {
        let lineup = self.lineup();
        let known = |name: &str| lineup.places.iter().any(|place| place.node.child == name);
        for name in self.children.names() {
            if !known(&name) {
                drop(self.children.delete(&name).await);
            }
        }
    }
}

impl Prepared {
    /// Has requests meet the new nodes from now on, under a revision of this number.
    pub(crate) fn publish(&mut self, number: u64) {
        self.chain.reorder(number, std::mem::take(&mut self.places));
        self.came.clear();
    }

    /// Stops who has left.
    pub(crate) async fn dismiss(self) {
        for node in &self.left {
            self.chain.stop(node).await;
        }
    }

    /// Stops who was to come.
    async fn give_up(self) {
        for node in &self.came {
            self.chain.stop(node).await;
        }
    }
}

fn change_of(edit: Edit) -> Change<Source> {
    let entry = |spec: NodeSpec| Entry {
        name: spec.name().to_owned(),
        is_last: spec.is_last(),
        enabled: spec.is_enabled(),
        node: Source::Comes(spec),
    };
    match edit {
        Edit::Insert { node, before } => Change::Insert {
            entry: entry(node),
            before,
        },
        Edit::Remove { name } => Change::Remove { name },
        Edit::Move { name, before } => Change::Move { name, before },
        Edit::Replace { name, node } => Change::Replace {
            name,
            entry: entry(node),
        },
        Edit::Enable { name } => Change::Enable { name },
        Edit::Disable { name } => Change::Disable { name },
    }
}

/// Whether a node agrees to be touched.
struct Agree(Touch);

impl Message for Agree {
    type Result = Result<(), String>;
}

impl Handler<Agree> for NodeActor {
    type Result = Result<(), String>;

    fn handle(&mut self, Agree(touch): Agree, _: &mut CellContext<Self>) -> Self::Result {
        self.node.agrees.as_ref().map_or(Ok(()), |agrees| agrees(touch))
    }
}
