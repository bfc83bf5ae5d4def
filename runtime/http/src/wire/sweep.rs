//! All shelves of one worker, and the sweep that closes what nobody takes off them.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::Duration;

use hedgerow_actors::upstream::Endpoint;
use hedgerow_config::PoolPolicy;
use tokio::time::{Instant, sleep};

use super::shelf::Shelf;
use crate::resolve::{Lookups, StaticName};

/// How often is looked for connections that are past use, while there are idle ones.
pub(super) const EVERY: Duration = Duration::from_secs(1);

/// The shelves of one worker.
#[derive(Default)]
pub(crate) struct Shelves {
    /// By the place of the endpoint in memory; the shelf keeps the endpoint there.
    by_endpoint: RefCell<HashMap<*const Endpoint, Rc<Shelf>>>,
    lookups: Lookups,
    /// Whether somebody sweeps.
    swept: Cell<bool>,
}

impl Shelves {
    /// The shelf for an endpoint; a new one keeps by this policy.
    pub(super) fn shelf(self: &Rc<Self>, endpoint: &Arc<Endpoint>, policy: &PoolPolicy) -> Rc<Shelf> {
        let mut shelves = self.by_endpoint.borrow_mut();
        let shelf = shelves.entry(Arc::as_ptr(endpoint)).or_insert_with(|| {
            let name = StaticName::of(endpoint.addr().host(), &self.lookups);
            Rc::new(Shelf::new(endpoint.clone(), name, policy, Rc::downgrade(self)))
        });
        shelf.clone()
    }

    /// Sees to it that connections that are past use are closed, until there is none.
    #[inline]
    pub(super) fn sweep_from_now_on(self: &Rc<Self>) {
        if !self.swept.get() {
            self.begin();
        }
    }

    #[cold]
    #[expect(
        clippy::disallowed_methods,
        reason = "it goes over the connections of the worker that it lives on, where no actor lives, and ends with them"
    )]
    fn begin(self: &Rc<Self>) {
        self.swept.set(true);
        drop(tokio::task::spawn_local(sweep_all(Rc::downgrade(self))));
    }

    /// Closes what is past use, and forgets the shelves of endpoints that have left. Says how many connections are left.
    fn sweep(&self, now: Instant) -> usize {
        let mut shelves = self.by_endpoint.borrow_mut();
        let mut left = 0;
        shelves.retain(|_, shelf| {
            left += shelf.sweep(now);
            !shelf.endpoint().has_left()
        });
        left
    }
}

async fn sweep_all(shelves: Weak<Shelves>) {
    loop {
        sleep(EVERY).await;
        let Some(shelves) = shelves.upgrade() else { return };
        if shelves.sweep(Instant::now()) == 0 {
            shelves.swept.set(false);
            return;
        }
    }
}
