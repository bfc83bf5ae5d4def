//! What a watch over a name does: pure.
//!
//! The last good answer stays for as long as the resolver fails, unless config bounds that (RFC 8767 speaks of the same
//! for resolvers). An answer without an endpoint is doubted until it was given so many times in a row, and the next one is
//! asked for only after the first has lived its time, as a resolver may give it again and again from its memory.

use std::time::Duration;

use hedgerow_config::DnsDiscovery;
use hedgerow_supervisor::{Backoff, Curve, Jitter};

use super::member::{Change, Members};
use super::resolve::{Answer, ResolveError, Resolved};

/// Endpoints that one name may have. Of an answer with more the first are taken, in the order of their texts, so that the same
/// ones are taken again.
pub(crate) const MOST_MEMBERS: usize = 1_000;

/// How long an answer without an endpoint is taken to live where it does not say, and at least: a zone that is being
/// loaded, a server that is being restarted are over by then.
const DOUBTED_FOR: Duration = Duration::from_secs(5);

/// The part of a pause by which it may be longer, so that watches that began together do not ask together.
const SPREAD: f64 = 0.1;

/// A watch over one name.
#[derive(Debug)]
pub(crate) struct Watch {
    policy: DnsDiscovery,
    known: Members,
    /// When the last answer came that was believed.
    confirmed_at: Option<Duration>,
    /// How old it was when this process began, where it was given to another one.
    age_before: Duration,
    /// Doubted answers without an endpoint, since the last that was believed.
    doubted: u32,
    /// What was wrong with the last look-up, or its answer.
    problem: Option<String>,
    /// Whether it did not confirm who is known.
    is_stale: bool,
    backoff: Backoff,
    jitter: Jitter,
}

/// What follows from a look-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// What has changed.
    pub(crate) changes: Vec<Change>,
    /// How long to wait before the next look-up.
    pub(crate) pause: Duration,
    /// What is told, where the source began or ceased to fail.
    pub(crate) news: Option<News>,
}

/// What is told of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum News {
    /// It does not say who is there any more, or says that nobody is, for this reason.
    Problem(String),
    /// It does again.
    Recovered,
    /// It has not answered in this life of the process, which goes on with an answer to a former one, so old.
    Restored(Duration),
}

impl Watch {
    /// One that goes on with `known`, confirmed at that time; `seed` spreads its pauses.
    pub(crate) fn resume(
        policy: DnsDiscovery,
        known: Members,
        confirmed_at: Option<Duration>,
        seed: u64,
    ) -> Self {
        let curve = Curve {
            initial: policy.min_ttl,
            max: policy.every,
        };
        let mut watch = Self {
            policy,
            known,
            confirmed_at,
            age_before: Duration::ZERO,
            doubted: 0,
            problem: None,
            is_stale: false,
            backoff: Backoff::new(curve, seed),
            jitter: Jitter::new(seed),
        };
        watch.begin_backoff();
        watch
    }

    /// Goes on with whom a former life of the process knew, as this one has had no answer. So old that was when this one began.
    pub(crate) fn adopt(&mut self, known: Members, age: Duration) {
        self.known = known;
        self.age_before = age;
    }

    /// Who is known.
    pub(crate) fn known(&self) -> &Members {
        &self.known
    }

    /// When the last answer came that was believed.
    pub(crate) fn confirmed_at(&self) -> Option<Duration> {
        self.confirmed_at
    }

    /// Whether the last look-up did not confirm who is known.
    pub(crate) fn is_stale(&self) -> bool {
        self.is_stale
    }

    /// What was wrong with the last look-up, or its answer.
    pub(crate) fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// A look-up has ended.
    pub(crate) fn told(&mut self, told: Result<Resolved, ResolveError>, now: Duration) -> Step {
        match told {
            Ok(Resolved::Found(answer)) if !answer.members.is_empty() => self.found(answer, now),
            Ok(Resolved::Found(answer)) => self.nothing(Some(answer.ttl), now),
            Ok(Resolved::Nothing { ttl }) => self.nothing(ttl, now),
            Err(error) => {
                let pause = self.backoff.next().max(self.policy.min_ttl);
                self.keep(error.to_string(), pause, now)
            }
        }
    }

    fn found(&mut self, answer: Answer, now: Duration) -> Step {
        let Answer {
            mut members,
            ttl,
            unresolved,
        } = answer;
        self.doubted = 0;
        self.begin_backoff();
        let pause = self.pause(ttl);
        let mut problem = None;
        self.is_stale = unresolved > 0 && !self.is_too_old(now);
        if self.is_stale {
            // Who is missing may be there nevertheless, and nobody leaves for it.
            let missing = self
                .known
                .iter()
                .filter(|member| members.get(&member.addr).is_none());
            let missing: Vec<_> = missing.cloned().collect();
            missing.into_iter().for_each(|member| members.insert(member));
            problem = Some(format!(
                "{unresolved} names of its records could not be looked up: nobody leaves meanwhile"
            ));
        } else {
            self.confirmed_at = Some(now);
        }
        let beyond = members.cut(MOST_MEMBERS);
        if beyond > 0 {
            problem = Some(format!(
                "{beyond} endpoints beyond {MOST_MEMBERS} are left out: no name may have more"
            ));
        }
        let changes = self.become_known(members);
        self.step(changes, pause, problem)
    }

    fn nothing(&mut self, ttl: Option<Duration>, now: Duration) -> Step {
        self.doubted = self.doubted.saturating_add(1);
        self.begin_backoff();
        let lives = ttl.unwrap_or_default().max(DOUBTED_FOR);
        let (doubted, enough) = (self.doubted, self.policy.empty_answers);
        if doubted < enough && !self.known.is_empty() {
            let why = format!("an answer without endpoints is doubted: {doubted} of {enough} in a row");
            let pause = self.spread(lives.min(self.policy.every.max(DOUBTED_FOR)));
            return self.keep(why, pause, now);
        }
        // Nobody is left who could be lost.
        let pause = self.spread(lives.min(self.policy.every));
        self.confirmed_at = Some(now);
        self.is_stale = false;
        let changes = self.become_known(Members::default());
        self.step(changes, pause, Some("the name has no endpoints".to_owned()))
    }

    /// Goes on with who is known, which nobody has confirmed, unless that has lasted too long.
    fn keep(&mut self, why: String, pause: Duration, now: Duration) -> Step {
        self.is_stale = true;
        let changes = if self.is_too_old(now) {
            self.become_known(Members::default())
        } else {
            Vec::new()
        };
        self.step(changes, pause, Some(why))
    }

    /// Whether who is known has gone unconfirmed for longer than config bears. Who is known from before this process may be as
    /// old as it is.
    fn is_too_old(&self, now: Duration) -> bool {
        let unconfirmed = match self.confirmed_at {
            Some(at) => now.saturating_sub(at),
            None => now.saturating_add(self.age_before),
        };
        self.policy.max_stale.is_some_and(|most| unconfirmed > most)
    }

    fn become_known(&mut self, members: Members) -> Vec<Change> {
        let changes = self.known.changes_to(&members);
        self.known = members;
        changes
    }

    fn step(&mut self, changes: Vec<Change>, pause: Duration, problem: Option<String>) -> Step {
        let news = match (&self.problem, &problem) {
            (None, Some(why)) => Some(News::Problem(why.clone())),
            (Some(_), None) => Some(News::Recovered),
            (None, None) | (Some(_), Some(_)) => None,
        };
        self.problem = problem;
        Step { changes, pause, news }
    }

    /// How long an answer is good for.
    fn pause(&mut self, ttl: Duration) -> Duration {
        let pause = ttl.min(self.policy.every).max(self.policy.min_ttl);
        self.spread(pause)
    }

    fn spread(&mut self, pause: Duration) -> Duration {
        pause.mul_f64(1.0 + SPREAD * self.jitter.unit())
    }

    /// The first try of a run is immediate: it is the one that fails.
    fn begin_backoff(&mut self) {
        self.backoff.reset();
        let _ = self.backoff.next();
    }
}
