//! Asks the source who is there, and has the endpoints follow.

use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorFutureExt as _, AsyncContext as _, WrapFuture as _};
use hedgerow_config::DnsDiscovery;
use hedgerow_store::Key;
use hedgerow_supervisor::{CellContext, Persistence};
use hedgerow_view::Identity;

use super::align::Aligning;
use super::kept::{self, Kept};
use super::machine::{News, Step, Watch};
use super::resolve::{Question, Resolve, ResolveError, Resolved, Resolver};
use super::shown::Shown;
use crate::breaker::{LOAD_WITHIN, Means};
use crate::registry::RegistryHandle;
use crate::unix::unix_ms;
use crate::upstream::Membership;

/// How long a look-up may take, with all its tries.
const LOOK_UP_WITHIN: Duration = Duration::from_secs(10);

/// One discovery at work.
pub(super) struct Discovery {
    pub(super) upstream: String,
    pub(super) membership: Membership,
    pub(super) shown: Arc<Shown>,
    pub(super) means: Means,
    pub(super) aligning: Aligning,
    pub(super) source: Source,
}

/// Who is asked.
pub(super) enum Source {
    /// A resolver, now and again.
    Dns(Box<Dns>),
    /// The registry, whenever it rings.
    Registry {
        registry: RegistryHandle,
        service: String,
    },
}

/// A name that is looked up.
pub(super) struct Dns {
    policy: DnsDiscovery,
    question: Question,
    resolve: Arc<dyn Resolve>,
    /// Made anew after a failure, as the system's configuration may have been changed.
    resolver: Option<Box<dyn Resolver>>,
    watch: Watch,
    /// Where the last good answer is kept.
    key: Key,
    /// That of a former life of the process, until this one has had its first answer.
    kept: Option<Kept>,
    saved_at: Option<Duration>,
}

impl Dns {
    /// One that goes on with what was learned before.
    pub(super) fn new(
        policy: DnsDiscovery,
        resolve: Arc<dyn Resolve>,
        shown: &Shown,
        (key, seed): (Key, u64),
    ) -> Self {
        let learned = shown.learned().clone();
        Self {
            question: Question {
                name: policy.name.clone(),
                records: policy.records,
            },
            watch: Watch::resume(policy.clone(), learned.members, learned.confirmed_at, seed),
            policy,
            resolve,
            resolver: None,
            key,
            kept: None,
            saved_at: None,
        }
    }

    /// Goes on with the answer to a former life of the process, where there is one that counts. Answers how old it is.
    fn adopt(&mut self, asked: &str, unix_ms: u64) -> Option<Duration> {
        if self.watch.confirmed_at().is_some() || !self.watch.known().is_empty() {
            return None;
        }
        let kept_for = kept::kept_for(self.policy.max_stale);
        let (members, age) = self.kept.take()?.usable(asked, unix_ms, kept_for)?;
        self.watch.adopt(members, age);
        Some(age)
    }

    fn resolver(&mut self) -> Result<&dyn Resolver, ResolveError> {
        let resolver = match self.resolver.take() {
            Some(resolver) => resolver,
            None => self.resolve.resolver(self.policy.resolver)?,
        };
        Ok(&**self.resolver.insert(resolver))
    }
}

impl Actor for Discovery {
    type Context = CellContext<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.on_bell(Self::hear);
        // What an incarnation before left unfinished.
        self.align(context);
        match &self.source {
            Source::Dns(dns) if dns.watch.confirmed_at().is_none() => self.recall(context),
            Source::Dns(_) => self.look_up(context),
            Source::Registry { .. } => self.hear(context),
        }
    }
}

impl Discovery {
    /// The registry has rung.
    fn hear(&mut self, context: &mut CellContext<Self>) {
        let Source::Registry { registry, service } = &self.source else {
            return;
        };
        let members = registry.members(service);
        {
            let mut learned = self.shown.learned();
            learned.confirmed_at = Some(self.means.clock.now());
            learned.problem = members.is_empty().then(|| "nobody is registered".to_owned());
            learned.members = members;
        }
        self.align(context);
    }

    /// Reads what a former life of the process was answered last, and asks then. It is used where nobody answers alone: its addresses
    /// may be others' by now.
    fn recall(&mut self, context: &mut CellContext<Self>) {
        let Source::Dns(dns) = &self.source else { return };
        let found = self.means.store.load(&dns.key);
        let found = async move { tokio::time::timeout(LOAD_WITHIN, found).await };
        let found = found.into_actor(self).map(|found, discovery, context| {
            if let (Source::Dns(dns), Ok(Ok(Some(bytes)))) = (&mut discovery.source, found) {
                dns.kept = Kept::decode(&bytes);
            }
            discovery.look_up(context);
        });
        context.spawn(found);
    }

    fn look_up(&mut self, context: &mut CellContext<Self>) {
        let Source::Dns(dns) = &mut self.source else {
            return;
        };
        self.shown.learned().look_ups += 1;
        let question = dns.question.clone();
        match dns.resolver().map(|resolver| resolver.look_up(&question)) {
            Err(error) => self.told(Err(error), context),
            Ok(answered) => {
                let answered = async move {
                    let within = LOOK_UP_WITHIN;
                    let timely = tokio::time::timeout(within, answered).await;
                    timely.unwrap_or(Err(ResolveError::TimedOut { within }))
                };
                context.spawn(
                    answered
                        .into_actor(self)
                        .map(|told, discovery, context| discovery.told(told, context)),
                );
            }
        }
    }

    fn told(&mut self, told: Result<Resolved, ResolveError>, context: &mut CellContext<Self>) {
        let Source::Dns(dns) = &mut self.source else {
            return;
        };
        let (failed, unix_ms) = (told.is_err(), unix_ms(self.means.clock.wall()));
        let restored = if failed {
            dns.resolver = None;
            dns.adopt(&self.shown.named(), unix_ms)
        } else {
            dns.kept = None;
            None
        };
        let step = dns.watch.told(told, self.means.clock.now());
        {
            let mut learned = self.shown.learned();
            learned.failures += u64::from(failed);
            learned.confirmed_at = dns.watch.confirmed_at();
            learned.problem = dns.watch.problem().map(str::to_owned);
            learned.is_stale = dns.watch.is_stale();
            learned.members = dns.watch.known().clone();
        }
        if !failed {
            self.keep(&step);
        }
        let restored = restored.map(News::Restored);
        for news in step.news.into_iter().chain(restored) {
            self.tell(news, context);
        }
        self.align(context);
        context.run_later(step.pause, Self::look_up);
    }

    /// Keeps an answer that was believed, for a start at which nobody answers. What the store has to say of itself it says elsewhere.
    fn keep(&mut self, step: &Step) {
        let Source::Dns(dns) = &mut self.source else {
            return;
        };
        let (watch, now) = (&dns.watch, self.means.clock.now());
        let renewed_after = kept::renewed_after(dns.policy.max_stale);
        let is_due = |at: Duration| now.saturating_sub(at) >= renewed_after;
        if watch.is_stale() || (step.changes.is_empty() && !dns.saved_at.is_none_or(is_due)) {
            return;
        }
        dns.saved_at = Some(now);
        if watch.known().is_empty() {
            drop(self.means.store.delete(&dns.key));
        } else {
            let kept = Kept::new(
                &self.shown.named(),
                unix_ms(self.means.clock.wall()),
                watch.known(),
            );
            drop(self.means.store.save(&dns.key, kept.encode()));
        }
    }

    fn tell(&self, news: News, context: &CellContext<Self>) {
        let named = self.shown.named();
        let (kind, cause) = match news {
            News::Problem(why) => ("discoveryProblem", format!("{named}: {why}")),
            News::Restored(age) => {
                let age = age.as_secs();
                let cause =
                    format!("{named} does not answer: who was there {age} s before this start is called");
                ("discoveryRestored", cause)
            }
            News::Recovered => ("discoveryRecovered", format!("{named} says again who is there")),
        };
        let id = Identity::new("upstream", &self.upstream);
        let events = &self.means.events;
        events.emit(kind, context.path(), Some(&id), cause, Persistence::Volatile);
    }
}
