//! What belongs to the place of a pool in the tree, over all incarnations of its actor.

use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;
use hedgerow_config::PoolPolicy;
use hedgerow_gate::Bell as _;
use hedgerow_supervisor::Clock;
use hedgerow_view::{Identity, Refusal};
use tokio::sync::Notify;
use tokio::time::timeout_at;

use super::bound::{Bound, Entered, Joined};
use super::census::Census;
use super::contract::Contract;
use super::figures::{Count, Figures};
use super::grant::{Desk, Grant, Stub};
use super::holding::{Register, Site};
use super::shown::Shown;
use crate::bell::LateBell;
use crate::pool::{Limits, Pool};

pub(super) struct PoolSlot {
    pub(super) id: Identity,
    pub(super) policy: PoolPolicy,
    pub(super) desk: Arc<Desk>,
    stubs: Pool<Stub>,
    pub(super) register: Register,
    pub(super) bell: LateBell,
    /// The actor's own; it is here so that a restart forgets nothing.
    pub(super) contract: Mutex<Contract>,
    pub(super) shown: ArcSwap<Shown>,
    /// What is idle, where the pool keeps it itself.
    idle: OnceLock<Weak<dyn Idle>>,
}

/// What waits in a pool to be leased.
pub(super) trait Idle: Send + Sync {
    /// Closes what has been idle or has lived for long enough. Says how many are left.
    fn sweep(&self, now: Duration) -> usize;

    /// How many there are, and how many with those that are leased.
    fn census(&self) -> (usize, usize);
}

impl PoolSlot {
    pub(super) fn new(id: Identity, policy: PoolPolicy, clock: Clock) -> Self {
        let figures = Figures::new(&policy);
        let contract = Contract::new(policy.slo, clock.now(), figures.reading());
        Self {
            id,
            desk: Arc::new(Desk {
                bound: Bound::new(policy.max_leases, policy.barging),
                figures,
                clock,
                drained: Notify::new(),
            }),
            policy,
            stubs: Pool::new(Limits::default()),
            register: Register::default(),
            bell: LateBell::default(),
            contract: Mutex::new(contract),
            shown: ArcSwap::default(),
            idle: OnceLock::new(),
        }
    }

    /// Says where the idle ones are; the first word counts.
    pub(super) fn keeps(&self, idle: Weak<dyn Idle>) {
        self.idle.get_or_init(|| idle);
    }

    pub(super) fn idle(&self) -> Option<Arc<dyn Idle>> {
        self.idle.get()?.upgrade()
    }

    #[inline]
    pub(super) fn now(&self) -> Duration {
        self.desk.clock.now()
    }

    /// A lease at once, or how things stand.
    #[inline]
    pub(super) fn try_grant(&self, asked: Duration, site: Site) -> Result<Grant, Census> {
        let entered = self.desk.bound.enter()?;
        Ok(self.granted(entered, asked, asked, site))
    }

    #[inline]
    fn granted(&self, entered: Entered, asked: Duration, now: Duration, site: Site) -> Grant {
        if entered == Entered::First {
            self.bell.ring();
        }
        let stub = self
            .stubs
            .take(|| Stub::new(Arc::clone(&self.desk), self.register.enroll()));
        Grant::new(stub, asked, now, site)
    }

    /// A lease, waited for in turn until `due` at the latest, by the mesh's clock.
    ///
    /// # Errors
    /// The refusal, where too many wait already, it is not to be had in time, or the pool is drained.
    ///
    /// # Cancel safety
    /// Dropped while it waits, it is out of the queue, and a lease that it was given meanwhile passes on.
    pub(super) async fn grant(&self, asked: Duration, due: Duration, site: Site) -> Result<Grant, Refusal> {
        match self.try_grant(asked, site) {
            Ok(grant) => Ok(grant),
            Err(_) => self.wait(asked, due, site).await,
        }
    }

    #[cold]
    async fn wait(&self, asked: Duration, due: Duration, site: Site) -> Result<Grant, Refusal> {
        let figures = &self.desk.figures;
        let due = due.min(asked.saturating_add(self.policy.max_wait));
        let turn = match self.desk.bound.join(self.policy.max_waiting) {
            Joined::In(entered) => return Ok(self.granted(entered, asked, asked, site)),
            Joined::Waiting(turn) => turn,
            Joined::Refused(census) => {
                figures.add(Count::Refused);
                return Err(self.refusal(census));
            }
        };
        figures.add(Count::Waited);
        let gone = GoneAway(Some(figures));
        let served = timeout_at(self.desk.clock.at(due), turn).await;
        gone.stayed();
        match served {
            Ok(true) => Ok(self.granted(Entered::Quietly, asked, self.now(), site)),
            Ok(false) => {
                figures.add(Count::Refused);
                Err(self.refusal(self.desk.bound.census()))
            }
            Err(_) => {
                figures.add(Count::TimedOut);
                let limit = format!("{} ms", due.saturating_sub(asked).as_millis());
                let census = self.desk.bound.census();
                Err(self.refused_by("pool.maxWait", limit, census))
            }
        }
    }

    fn refusal(&self, census: Census) -> Refusal {
        let PoolPolicy {
            max_leases,
            max_waiting,
            ..
        } = self.policy;
        match (census.is_closed, max_waiting) {
            (true, _) => self.refused_by("pool.drain", "nothing more".to_owned(), census),
            (false, 0) => self.refused_by("pool.maxLeases", max_leases.to_string(), census),
            (false, _) => self.refused_by("pool.maxWaiting", max_waiting.to_string(), census),
        }
    }

    fn refused_by(&self, rule: &str, limit: String, census: Census) -> Refusal {
        Refusal::new(self.id.to_string(), rule, limit, census.to_string())
    }

    /// Gives nothing out any more, and waits until all that is out has come back.
    pub(super) async fn drain(&self) {
        let desk = &self.desk;
        let back = desk.drained.notified();
        tokio::pin!(back);
        // Before looking: what is missed now is told to this one.
        back.as_mut().enable();
        desk.bound.close();
        if desk.bound.census().out > 0 {
            back.await;
        }
    }
}

/// Counts one who goes away while it waits.
struct GoneAway<'a>(Option<&'a Figures>);

impl GoneAway<'_> {
    fn stayed(mut self) {
        self.0 = None;
    }
}

impl Drop for GoneAway<'_> {
    fn drop(&mut self) {
        if let Some(figures) = self.0 {
            figures.add(Count::GoneAway);
        }
    }
}
