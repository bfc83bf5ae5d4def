//! Asks the source who is there, and has the endpoints follow.

use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorFutureExt as _, AsyncContext as _, WrapFuture as _};
use hedgerow_config::DnsDiscovery;
use hedgerow_supervisor::{CellContext, Persistence};
use hedgerow_view::Identity;

use super::align::Aligning;
use super::machine::{News, Watch};
use super::resolve::{Question, Resolve, ResolveError, Resolved, Resolver};
use super::shown::Shown;
use crate::breaker::Means;
use crate::registry::RegistryHandle;
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
}

impl Dns {
    /// One that goes on with what was learned before.
    pub(super) fn new(policy: DnsDiscovery, resolve: Arc<dyn Resolve>, shown: &Shown, seed: u64) -> Self {
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
        }
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
        let failed = told.is_err();
        if failed {
            dns.resolver = None;
        }
        let step = dns.watch.told(told, self.means.clock.now());
        {
            let mut learned = self.shown.learned();
            learned.failures += u64::from(failed);
            learned.confirmed_at = dns.watch.confirmed_at();
            learned.problem = dns.watch.problem().map(str::to_owned);
            learned.is_stale = dns.watch.is_stale();
            learned.members = dns.watch.known().clone();
        }
        if let Some(news) = step.news {
            self.tell(news, context);
        }
        self.align(context);
        context.run_later(step.pause, Self::look_up);
    }

    fn tell(&self, news: News, context: &CellContext<Self>) {
        let named = self.shown.named();
        let (kind, cause) = match news {
            News::Problem(why) => ("discoveryProblem", format!("{named}: {why}")),
            News::Recovered => ("discoveryRecovered", format!("{named} says again who is there")),
        };
        let id = Identity::new("upstream", &self.upstream);
        let events = &self.means.events;
        events.emit(kind, context.path(), Some(&id), cause, Persistence::Volatile);
    }
}
