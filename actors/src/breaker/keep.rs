//! Keeping what a breaker is, and telling what happened to it.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix::{ActorFutureExt as _, AsyncContext as _, SpawnHandle, WrapFuture as _};
use hedgerow_gate::Sums;
use hedgerow_store::{SaveError, Saved};
use hedgerow_supervisor::{Backoff, CellContext, Curve, Persistence};

use super::Transition;
use super::actor::Breaker;

/// How long to wait before a save that has failed is tried again.
const SAVE_AGAIN: Curve = Curve {
    initial: Duration::from_millis(100),
    max: Duration::from_secs(5),
};

/// How the saves of one incarnation are going.
#[derive(Default)]
pub(super) struct Keeping {
    /// What is told once its save is answered, in the order in which it happened.
    untold: VecDeque<Untold>,
    /// While saves fail.
    backoff: Option<Backoff>,
    again: Option<SpawnHandle>,
    /// The record of the life before could not be read, and the breaker has not moved since: it stays until it is read. What
    /// had been counted when the breaker began without it.
    pub(super) unread: Option<Sums>,
}

/// News, and the save that it waits for.
struct Untold {
    save: u64,
    news: Vec<News>,
    answer: Option<Persistence>,
}

/// An event to be told.
pub(super) struct News {
    pub(super) kind: &'static str,
    pub(super) cause: String,
}

impl From<Transition> for News {
    fn from(transition: Transition) -> Self {
        let Transition {
            from,
            to,
            cause,
            author,
            ..
        } = transition;
        let by = author.map_or_else(String::new, |author| format!(" by {author}"));
        Self {
            kind: "breakerTransition",
            cause: format!("{from} to {to}: {cause}{by}"),
        }
    }
}

impl Breaker {
    /// Saves the state, until that is acknowledged or a later state takes its place. Tells the news once the record
    /// is on the disk, or could not be brought there at the first try, and never before older news.
    pub(super) fn keep(&mut self, news: Vec<News>, context: &mut CellContext<Self>) {
        let Some(machine) = &self.machine else { return };
        if let Some(again) = self.keeping.again.take() {
            context.cancel_future(again);
        }
        self.keeping.unread = None;
        let save = self.slot.saves.fetch_add(1, Ordering::AcqRel) + 1;
        self.keeping.untold.push_back(Untold {
            save,
            news,
            answer: None,
        });
        let saved = self.means.store.save(&self.key, machine.record().encode());
        context.spawn(
            saved
                .into_actor(self)
                .map(move |saved, breaker, context| breaker.kept(save, &saved, context)),
        );
    }

    fn kept(&mut self, save: u64, saved: &Result<Saved, SaveError>, context: &mut CellContext<Self>) {
        let persistence = match saved {
            Ok(Saved::Durable) => Persistence::Durable,
            Ok(Saved::InMemory) | Err(_) => Persistence::Volatile,
        };
        // Several answers may come at once, and then in any order.
        if let Some(untold) = self.keeping.untold.iter_mut().find(|untold| untold.save == save) {
            untold.answer = Some(persistence);
        }
        while let Some(persistence) = self.keeping.untold.front().and_then(|untold| untold.answer) {
            let answered = self.keeping.untold.pop_front();
            for news in answered.into_iter().flat_map(|untold| untold.news) {
                self.tell(context, news, persistence);
            }
        }
        // A later save has the later record: only its answer speaks for the state shown.
        if self.slot.saves.load(Ordering::Acquire) != save {
            return;
        }
        if saved.is_err() {
            self.keep_again(context);
        } else {
            self.keeping.backoff = None;
            if persistence == Persistence::Durable {
                self.slot.kept.store(save, Ordering::Release);
            }
        }
    }

    fn keep_again(&mut self, context: &mut CellContext<Self>) {
        let seed = self.seed;
        let backoff = self.keeping.backoff.get_or_insert_with(|| {
            let mut backoff = Backoff::new(SAVE_AGAIN, seed);
            // The first try of a run is immediate: it is the one that has just failed.
            let _ = backoff.next();
            backoff
        });
        self.keeping.again = Some(context.run_later(backoff.next(), |breaker, context| {
            breaker.keeping.again = None;
            breaker.keep(Vec::new(), context);
        }));
    }

    pub(super) fn tell(&self, context: &CellContext<Self>, news: News, persistence: Persistence) {
        self.means.events.emit(
            news.kind,
            context.path(),
            Some(&self.slot.id),
            news.cause,
            persistence,
        );
    }
}
