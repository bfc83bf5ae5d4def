//! The actor that gives a key its breaker, and takes it away again.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix::{
    Actor, ActorFutureExt as _, AsyncContext as _, Handler, Message, ResponseFuture, SpawnHandle,
    WrapFuture as _,
};
use hedgerow_config::BreakerPolicy;
use hedgerow_gate::{Armed, State, Sums};
use hedgerow_supervisor::{AddError, CellContext, ChildSpec, Children};
use hedgerow_view::breaker::BreakerState;
use tokio::sync::oneshot;

use super::family::Family;
use super::place::Place;
use crate::breaker::{BreakerHandle, BreakerSlot, Means, Past, around, key};

/// Breakers that are being started at once: each waits for the store.
pub(super) const STARTS_AT_ONCE: usize = 64;

/// How often breakers are asked whether they are still needed, while there are some.
const ROUND: Duration = Duration::from_secs(1);

/// How long to wait before a breaker that could not be started is started again.
const START_AGAIN: Duration = Duration::from_millis(100);

/// The keeper at work.
pub(super) struct Keeper {
    pub(super) family: Arc<Family>,
    pub(super) means: Means,
    /// The breakers, in the tree.
    pub(super) children: Children,
    /// Places that have a breaker, or are being given one.
    awake: Vec<Arc<Place>>,
    /// Places that are to be given one, once others have theirs.
    waiting: VecDeque<Arc<Place>>,
    starting: usize,
    /// Who waits for the breaker of a place.
    asked: Vec<(Arc<Place>, oneshot::Sender<Option<BreakerHandle>>)>,
    round: Option<SpawnHandle>,
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
        if context.incarnation() == 1 {
            self.remember(context);
        }
        // A keeper that fell may have left some half started or half stopped: all of them are given their breaker anew.
        for place in self.family.all() {
            if place.breaker().is_some() {
                place.lay_down();
                self.wake(place, context);
            }
        }
        self.answer(context);
    }
}

impl Keeper {
    /// Sees to those who called for help, and to the room there is.
    fn answer(&mut self, context: &mut CellContext<Self>) {
        while let Some(place) = self.family.calls_for_help.next() {
            if self.family.take_back(&place) {
                self.wake(place, context);
            }
        }
        self.make_room(context);
    }

    /// Gives a place its breaker, unless it has one.
    fn wake(&mut self, place: Arc<Place>, context: &mut CellContext<Self>) {
        if place.breaker().is_some() {
            return;
        }
        if self.starting >= STARTS_AT_ONCE {
            self.waiting.push_back(place);
            return;
        }
        let Some(spec) = self.breaker_of(&place) else {
            return self.tell(&place, None);
        };
        self.starting += 1;
        let (children, name) = (self.children.clone(), Family::child_name(&place));
        let started = async move { start(&children, &name, spec).await };
        context.spawn(
            started
                .into_actor(self)
                .map(move |started, keeper, context| keeper.woken(place, started, context)),
        );
        self.go_round(context);
    }

    /// Makes the breaker of a place, and connects its bell. `None` where the store cannot keep anything under its name,
    /// which was ruled out when the family was made.
    pub(super) fn breaker_of(&self, place: &Arc<Place>) -> Option<ChildSpec> {
        let family = &*self.family;
        let id = family.id(place);
        let key = key(&id).ok()?;
        let past = if place.is_recorded.swap(true, Ordering::AcqRel) {
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

    fn woken(&mut self, place: Arc<Place>, started: Result<(), AddError>, context: &mut CellContext<Self>) {
        self.starting -= 1;
        match started {
            Ok(()) => self.is_awake(place),
            Err(_) => self.start_again(place, context),
        }
        if let Some(next) = self.waiting.pop_front() {
            self.wake(next, context);
        }
    }

    pub(super) fn is_awake(&mut self, place: Arc<Place>) {
        let breaker = place.breaker().map(|awake| awake.handle.clone());
        self.tell(&place, breaker);
        self.awake.push(place);
    }

    pub(super) fn start_again(&mut self, place: Arc<Place>, context: &mut CellContext<Self>) {
        place.lay_down();
        self.tell(&place, None);
        context.run_later(START_AGAIN, move |keeper, context| keeper.wake(place, context));
    }

    fn tell(&mut self, place: &Arc<Place>, breaker: Option<BreakerHandle>) {
        let asked = std::mem::take(&mut self.asked);
        for (wanted, answer) in asked {
            if Arc::ptr_eq(&wanted, place) {
                // Whoever asked may have gone.
                let _ = answer.send(breaker.clone());
            } else {
                self.asked.push((wanted, answer));
            }
        }
    }

    /// Asks all breakers from time to time whether they are still needed.
    pub(super) fn go_round(&mut self, context: &mut CellContext<Self>) {
        if self.round.is_some() {
            return;
        }
        self.round = Some(context.run_later(ROUND, |keeper, context| {
            keeper.round = None;
            let (well, ill) = std::mem::take(&mut keeper.awake)
                .into_iter()
                .partition(|place| calm(place).is_some());
            keeper.awake = ill;
            let well: Vec<Arc<Place>> = well;
            for place in well {
                keeper.put_to_rest(place, context);
            }
            if !keeper.awake.is_empty() || keeper.starting > 0 {
                keeper.go_round(context);
            }
        }));
    }

    /// Takes the breaker of a place away.
    fn put_to_rest(&mut self, place: Arc<Place>, context: &mut CellContext<Self>) {
        let Some(Calm { seen, has_moved }) = calm(&place) else {
            self.awake.push(place);
            return;
        };
        // Before it is stopped: a call that rings from now on is not lost.
        place.lay_down();
        let (children, name) = (self.children.clone(), Family::child_name(&place));
        let stopped = async move { children.delete(&name).await };
        context.spawn(stopped.into_actor(self).map(move |stopped, keeper, context| {
            let is_left =
                stopped.is_ok() && place.owner.state() == State::Closed && place.leave(seen) == Armed::Set;
            if !is_left {
                place.begin_window();
                return keeper.wake(place, context);
            }
            if !has_moved && place.is_recorded.swap(false, Ordering::AcqRel) {
                keeper.forget(&place);
            }
        }));
    }
}

/// A breaker that has nothing to do.
struct Calm {
    /// The sums that it has seen.
    seen: Sums,
    /// Whether it has a past that its next life should know of.
    has_moved: bool,
}

/// Whether the breaker of a place is closed, by no order of an operator, and its window holds no bad call.
fn calm(place: &Place) -> Option<Calm> {
    let awake = place.breaker()?;
    let shown = awake.handle.slot.shown.load();
    // 0 is one that has not begun.
    let has_begun = shown.save != 0;
    let is_well = shown.state == BreakerState::Closed && shown.window.failures == 0 && shown.window.slow == 0;
    (has_begun && is_well).then(|| Calm {
        seen: shown.seen,
        has_moved: shown.last_transition.is_some(),
    })
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

/// Give a key its breaker, and say which it is.
#[derive(Debug)]
pub struct Rouse {
    pub(super) key: Box<str>,
}

impl Message for Rouse {
    type Result = Option<BreakerHandle>;
}

impl Handler<Rouse> for Keeper {
    type Result = ResponseFuture<Option<BreakerHandle>>;

    fn handle(&mut self, Rouse { key }: Rouse, context: &mut CellContext<Self>) -> Self::Result {
        let place = self.family.place(&key);
        if *place.key != *key {
            return Box::pin(async { None });
        }
        if let Some(awake) = place.breaker() {
            return Box::pin(async move { Some(awake.handle.clone()) });
        }
        let (answer, answered) = oneshot::channel();
        self.asked.push((Arc::clone(&place), answer));
        place.call_for_help();
        self.answer(context);
        Box::pin(async move { answered.await.ok().flatten() })
    }
}

/// Go by another policy.
#[derive(Debug)]
pub struct Retune(pub(super) BreakerPolicy);

impl Message for Retune {
    type Result = ();
}

impl Handler<Retune> for Keeper {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, Retune(policy): Retune, _: &mut CellContext<Self>) -> Self::Result {
        self.family.post(policy.clone());
        let breakers: Vec<BreakerHandle> = self
            .family
            .all()
            .iter()
            .filter_map(|place| Some(place.breaker()?.handle.clone()))
            .collect();
        Box::pin(async move {
            for breaker in breakers {
                // One that is gone by now leaves a gate behind that has the rules.
                let _ = breaker.retune(policy.clone()).await;
            }
        })
    }
}
