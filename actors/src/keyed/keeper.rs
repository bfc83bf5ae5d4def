//! The actor that gives a key its breaker, and takes it away again.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix::{Actor, ActorFutureExt as _, AsyncContext as _, SpawnHandle, WrapFuture as _};
use hedgerow_config::BreakerPolicy;
use hedgerow_supervisor::{AddError, CellContext, ChildSpec, Children};
use tokio::sync::oneshot;

use super::family::Family;
use super::place::{Care, Place};
use crate::breaker::{BreakerHandle, BreakerSlot, Means, Past, around, key};

/// Breakers that are being started at once, as each waits for the store, and those that are being taken away.
pub(super) const AT_ONCE: usize = 64;

/// How long to wait before a breaker that could not be started is started again.
const START_AGAIN: Duration = Duration::from_millis(100);

/// The keeper at work.
///
/// What it does for a place is [written there](Care): the next incarnation goes on with it.
pub(super) struct Keeper {
    pub(super) family: Arc<Family>,
    pub(super) means: Means,
    /// The breakers, in the tree.
    pub(super) children: Children,
    /// Places whose breaker is up.
    pub(super) awake: Vec<Arc<Place>>,
    /// Places that are to be given one, once others have theirs.
    waiting: VecDeque<Arc<Place>>,
    pub(super) starting: usize,
    /// Those of the places that are awake whose breaker is to be taken away, once those of others are.
    pub(super) tired: VecDeque<Arc<Place>>,
    pub(super) resting: usize,
    /// Who waits for the breaker of a place.
    pub(super) asked: Vec<(Arc<Place>, oneshot::Sender<Option<BreakerHandle>>)>,
    pub(super) round: Option<SpawnHandle>,
    pub(super) crowded: super::sweep::Crowded,
}

impl Keeper {
    pub(super) fn new(family: Arc<Family>, means: Means, children: Children) -> Self {
        Self {
            family,
            means,
            children,
            awake: Vec::new(),
            waiting: VecDeque::new(),
            starting: 0,
            tired: VecDeque::new(),
            resting: 0,
            asked: Vec::new(),
            round: None,
            crowded: super::sweep::Crowded::default(),
        }
    }
}

impl Actor for Keeper {
    type Context = CellContext<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.on_bell(Self::answer);
        self.sweep_regularly(context);
        if !self.family.is_remembered.load(Ordering::Acquire) {
            self.remember(context);
        }
        for place in self.family.all() {
            match place.care() {
                Care::Left => {}
                Care::Awake => self.awake.push(place),
                // A keeper that fell has left it half started or half stopped.
                Care::Waking | Care::Resting => self.wake(place, context),
            }
        }
        self.go_round(context);
        self.answer(context);
    }
}

impl Keeper {
    /// Sees to those who called for help, and to the room there is.
    fn answer(&mut self, context: &mut CellContext<Self>) {
        while let Some(place) = self.family.calls_for_help.next() {
            if self.family.take_back(&place) {
                self.see_to(place, context);
            }
        }
        self.make_room(context);
    }

    /// Gives a place its breaker, unless it has one or is being given one. Where it is being taken away, that looks for
    /// what was missed when it is done.
    pub(super) fn see_to(&mut self, place: Arc<Place>, context: &mut CellContext<Self>) {
        if place.care() == Care::Left {
            self.wake(place, context);
        }
    }

    /// Gives a place its breaker, anew where it has one.
    pub(super) fn wake(&mut self, place: Arc<Place>, context: &mut CellContext<Self>) {
        place.set_care(Care::Waking);
        place.lay_down();
        self.waiting.push_back(place);
        self.start_next(context);
    }

    fn start_next(&mut self, context: &mut CellContext<Self>) {
        while self.starting < AT_ONCE
            && let Some(place) = self.waiting.pop_front()
        {
            let Some(spec) = self.breaker_of(&place) else {
                place.set_care(Care::Left);
                self.tell(&place, None);
                continue;
            };
            self.starting += 1;
            let (children, name) = (self.children.clone(), Family::child_name(&place));
            let started = async move { start(&children, &name, spec).await };
            context.spawn(started.into_actor(self).map(move |started, keeper, context| {
                keeper.starting -= 1;
                keeper.woken(place, started, context);
                keeper.start_next(context);
            }));
        }
        self.go_round(context);
    }

    /// Makes the breaker of a place, and connects its bell. `None` where the store cannot keep anything under its name,
    /// which was ruled out when the family was made.
    pub(super) fn breaker_of(&self, place: &Arc<Place>) -> Option<ChildSpec> {
        let family = &*self.family;
        let id = family.id(place);
        let key = key(&id).ok()?;
        let was_recorded = place.is_recorded.swap(true, Ordering::AcqRel);
        let past = if was_recorded || !family.is_remembered.load(Ordering::Acquire) {
            Past::Recorded
        } else {
            Past::None
        };
        let policy = BreakerPolicy::clone(&family.policy.load());
        let slot = BreakerSlot::new(id, place.owner.clone(), place.base(), policy, family.clock());
        let (spec, handle) = around(Family::child_name(place), Arc::new(slot), key, past, &self.means);
        place.wake(handle);
        Some(spec)
    }

    /// Its breaker is up, or could not be started.
    pub(super) fn woken(
        &mut self,
        place: Arc<Place>,
        started: Result<(), AddError>,
        context: &mut CellContext<Self>,
    ) {
        let Err(error) = started else {
            place.set_care(Care::Awake);
            let breaker = place.breaker().map(|awake| awake.handle.clone());
            self.tell(&place, breaker);
            return self.awake.push(place);
        };
        place.lay_down();
        // Where one of its name is still being taken away, it need only be waited for.
        if !matches!(error, AddError::Invalid { .. }) {
            self.tell(&place, None);
        }
        context.run_later(START_AGAIN, move |keeper, context| keeper.wake(place, context));
    }

    fn tell(&mut self, place: &Arc<Place>, breaker: Option<BreakerHandle>) {
        let wants = |(wanted, _): &mut (Arc<Place>, _)| Arc::ptr_eq(wanted, place);
        for (_, answer) in self.asked.extract_if(.., wants) {
            // Whoever asked may have gone.
            let _ = answer.send(breaker.clone());
        }
    }
}

/// Starts a breaker. Where there is one of its name, left behind by a keeper that fell, that goes first.
pub(super) async fn start(children: &Children, name: &str, spec: ChildSpec) -> Result<(), AddError> {
    let added = children.add(spec).await;
    if let Err(AddError::Invalid { .. }) = &added {
        // Whatever comes of it, the next try tells.
        let _ = children.delete(name).await;
    }
    added
}
