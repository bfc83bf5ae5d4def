//! What the keeper is told from outside.

use std::sync::Arc;

use actix::{Handler, Message, ResponseFuture};
use hedgerow_config::BreakerPolicy;
use hedgerow_supervisor::CellContext;
use tokio::sync::oneshot;

use super::keeper::Keeper;
use super::place::Care;
use crate::breaker::BreakerHandle;

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
        if place.care() == Care::Awake {
            return Box::pin(async move { Some(place.breaker()?.handle.clone()) });
        }
        let (answer, answered) = oneshot::channel();
        self.asked.push((Arc::clone(&place), answer));
        self.see_to(place, context);
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
        self.family.post(policy);
        let family = Arc::clone(&self.family);
        Box::pin(async move {
            let breakers = family.all().into_iter().filter_map(|place| place.breaker());
            for breaker in breakers.collect::<Vec<_>>() {
                // The one that holds now: another may have been given meanwhile.
                let policy = BreakerPolicy::clone(&family.policy.load());
                // One that is gone by now leaves a gate behind that has the rules.
                let _ = breaker.handle.retune(policy).await;
            }
        })
    }
}
