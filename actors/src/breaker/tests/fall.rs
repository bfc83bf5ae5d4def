//! The actor falls, and callers do not notice.

use std::sync::Arc;
use std::time::Duration;

use actix::Message;
use hedgerow_gate::{Gate, Permit, State};
use hedgerow_store::{Key, Store};
use hedgerow_supervisor::{Arbiters, AskError, CellContext, Ground, Handle, Inspect as _, Supervisor, Tree};
use hedgerow_view::breaker::BreakerState;
use hedgerow_view::tree::ActorState;
use hedgerow_view::{BreakerView, Identity, Path, View};
use tokio::task::yield_now;
use tokio::time::advance;

use super::super::actor::Breaker;
use super::super::spec::with_actor;
use super::super::{BreakerHandle, Means, Record};
use super::disk::Disk;
use super::policy;
use crate::paused::{idle, run, until};

/// Has the actor panic.
struct Fall;

impl Message for Fall {
    type Result = ();
}

impl actix::Handler<Fall> for Breaker {
    type Result = ();

    fn handle(&mut self, _: Fall, _: &mut CellContext<Self>) {
        panic!("told to");
    }
}

/// A mesh of one breaker, which is open for a second.
struct Site {
    tree: Tree,
    breaker: BreakerHandle,
    actor: Handle<Breaker>,
    store: Store,
}

impl Site {
    async fn on(disk: &Disk) -> Self {
        let (ground, store) = (Ground::new(Arbiters::current_thread()), disk.store());
        let means = Means {
            store: store.clone(),
            events: ground.events.clone(),
            clock: ground.clock,
        };
        let id = Identity::new("breaker", "payments");
        let (child, breaker, actor) = with_actor("breaker", id, policy(), &means).unwrap();
        let tree = Tree::start(Supervisor::one_for_one("root").child(child), &ground)
            .await
            .unwrap();
        let site = Self {
            tree,
            breaker,
            actor,
            store,
        };
        site.until_persisted().await;
        site
    }

    fn view(&self) -> BreakerView {
        let View::Breaker(view) = self.breaker.view(&Path::root("root").child("breaker")) else {
            unreachable!("a breaker shows itself as one")
        };
        view
    }

    async fn until(&self, state: BreakerState) {
        until(|| self.view().state == state).await;
    }

    async fn until_persisted(&self) {
        until(|| self.view().persisted).await;
    }

    fn acquire(&self) -> Option<Permit<Arc<Gate>>> {
        Permit::acquire(Arc::clone(self.breaker.gate())).ok()
    }

    fn fail(&self, times: usize) {
        for _ in 0..times {
            self.acquire().unwrap().failure();
        }
    }

    /// Has the actor fall, and sees to it at every step of its way back that callers meet what they met before.
    async fn fall(&self, lets_through: bool) {
        let fallen = self.actor.ask(Fall).await;
        assert!(matches!(fallen, Err(AskError::Panicked { .. })));
        loop {
            assert_eq!(
                self.acquire().is_some(),
                lets_through,
                "the gate keeps its last word"
            );
            let shown = self.tree.directory().tree().children[0].clone();
            if shown.restarts == 1 && shown.state == ActorState::Running {
                return;
            }
            yield_now().await;
        }
    }

    async fn recorded(&self) -> State {
        let key = Key::new("breaker", "payments", [""; 0]).unwrap();
        Record::decode(&self.store.load(&key).await.unwrap().unwrap())
            .unwrap()
            .state
    }

    async fn stop(self) {
        self.tree.stop().await;
        self.store.close();
    }
}

#[test]
fn a2_an_open_breaker_whose_actor_falls_refuses_on_and_goes_half_open_when_it_would_have() {
    run(async {
        let disk = Disk::default();
        let site = Site::on(&disk).await;
        site.fail(7);
        site.until(BreakerState::Open).await;
        site.until_persisted().await;
        advance(Duration::from_millis(400)).await;
        site.fall(false).await;
        assert_eq!(site.view().state, BreakerState::Open);
        site.until_persisted().await;
        assert_eq!(site.recorded().await, State::Open);
        advance(Duration::from_millis(595)).await;
        idle().await;
        assert_eq!(site.view().state, BreakerState::Open, "not before its time");
        advance(Duration::from_millis(10)).await;
        site.until(BreakerState::HalfOpen).await;
        for _ in 0..2 {
            site.acquire().unwrap().success();
        }
        site.until(BreakerState::Closed).await;
        site.until_persisted().await;
        assert_eq!(site.recorded().await, State::Closed);
        site.stop().await;
    });
}

#[test]
fn a2_a_closed_breaker_whose_actor_falls_lets_calls_through_and_trips_as_before() {
    run(async {
        let disk = Disk::default();
        let site = Site::on(&disk).await;
        site.acquire().unwrap().success();
        site.fall(true).await;
        site.until_persisted().await;
        assert_eq!(site.recorded().await, State::Closed);
        site.acquire().unwrap().success();
        site.fail(7);
        site.until(BreakerState::Open).await;
        site.until_persisted().await;
        assert_eq!(site.recorded().await, State::Open);
        site.stop().await;
    });
}

#[test]
fn a2_a_breaker_that_fails_while_its_actor_is_down_trips_once_it_is_back() {
    run(async {
        let disk = Disk::default();
        let site = Site::on(&disk).await;
        disk.hold();
        assert!(site.actor.ask(Fall).await.is_err());
        idle().await;
        assert_ne!(
            site.tree.directory().tree().children[0].state,
            ActorState::Running
        );
        site.fail(7);
        idle().await;
        assert_eq!(
            site.view().state,
            BreakerState::Closed,
            "nobody is there to draw the consequence"
        );
        disk.release();
        site.until(BreakerState::Open).await;
        assert!(site.acquire().is_none());
        site.until_persisted().await;
        assert_eq!(site.recorded().await, State::Open);
        site.stop().await;
    });
}
