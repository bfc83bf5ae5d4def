//! The name of an endpoint that stands in a config: looked up again by its time to live, with the last good answer meanwhile.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::Name;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use super::hosts::{self, Families, Hosts};

/// An answer is kept for no shorter time, whatever it says.
const LEAST_TTL: Duration = Duration::from_secs(1);

/// An answer is kept for no longer time.
const MOST_TTL: Duration = Duration::from_secs(3_600);

/// How long after a look-up that came to nothing the next one begins.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// How long a dial waits for a fresh answer where there is an older one.
const FRESH_WITHIN: Duration = Duration::from_millis(250);

/// Who looks up the names of one thread. It is made with the first name, as of the system's `resolv.conf` and `hosts` then.
#[derive(Clone, Default)]
pub(crate) struct Lookups(Arc<OnceLock<Result<TokioResolver, String>>>);

#[cfg(test)]
impl Lookups {
    /// Those that ask this server.
    pub(super) fn asking(server: SocketAddr) -> Self {
        let resolver = super::asking(Some(server)).map_err(|error| error.to_string());
        Self(Arc::new(OnceLock::from(resolver)))
    }
}

/// An endpoint's name.
pub(crate) struct StaticName {
    host: Box<str>,
    lookups: Lookups,
    families: Families,
    state: Mutex<State>,
    answered: Notify,
}

struct State {
    /// The last good answer; empty before the first one.
    ips: BTreeSet<IpAddr>,
    /// When the next look-up is due.
    due: Instant,
    is_asking: bool,
    /// Why the last look-up came to nothing, where it did.
    problem: Option<String>,
}

impl StaticName {
    /// `None` where it is an address, which needs no look-up.
    pub(crate) fn of(host: &str, lookups: &Lookups) -> Option<Arc<Self>> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        if bare.parse::<IpAddr>().is_ok() {
            return None;
        }
        Some(Arc::new(Self {
            host: host.into(),
            lookups: lookups.clone(),
            families: Families::default(),
            state: Mutex::new(State {
                ips: BTreeSet::new(),
                due: Instant::now(),
                is_asking: false,
                problem: None,
            }),
            answered: Notify::new(),
        }))
    }

    /// Its addresses. An answer is waited for as long as the caller likes where there was none yet.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) async fn addrs(self: &Arc<Self>, port: u16) -> Result<Vec<SocketAddr>, String> {
        loop {
            // Before the state is looked at, so that no answer is missed.
            let answered = self.answered.notified();
            self.look_up_if_due();
            let (known, is_asking, problem) = {
                let state = self.state();
                (
                    self.with_port(&state, port),
                    state.is_asking,
                    state.problem.clone(),
                )
            };
            match (known.is_empty(), is_asking) {
                (false, false) => return Ok(known),
                (false, true) => {
                    // In vain or not: what is known by then is what there is.
                    let _ = timeout(FRESH_WITHIN, answered).await;
                    return Ok(self.with_port(&self.state(), port));
                }
                (true, true) => answered.await,
                (true, false) => {
                    let host = &self.host;
                    let why = problem.unwrap_or_else(|| "it has no address".to_owned());
                    return Err(format!("`{host}` cannot be looked up: {why}"));
                }
            }
        }
    }

    /// Whether a connection to this address is still one to this name. Has it looked up where that is due: nobody may have dialled
    /// for long.
    pub(crate) fn has(self: &Arc<Self>, ip: IpAddr) -> bool {
        self.look_up_if_due();
        let state = self.state();
        state.ips.is_empty() || state.ips.contains(&ip)
    }

    fn with_port(&self, state: &State, port: u16) -> Vec<SocketAddr> {
        state.ips.iter().map(|ip| SocketAddr::new(*ip, port)).collect()
    }

    fn look_up_if_due(self: &Arc<Self>) {
        let now = Instant::now();
        let mut state = self.state();
        if state.is_asking || now < state.due {
            return;
        }
        state.is_asking = true;
        drop(state);
        spawn(Arc::clone(self));
    }

    async fn look_up(&self) {
        let answer = match self.lookups.resolver() {
            Ok(resolver) => match Name::from_utf8(&*self.host) {
                Ok(name) => {
                    // What an answer said before is no answer.
                    resolver.clear_cache();
                    let answer = hosts::hosts(resolver, name, &self.families).await;
                    answer.map_err(|error| error.to_string())
                }
                Err(error) => Err(error.to_string()),
            },
            Err(why) => Err(why.clone()),
        };
        let now = Instant::now();
        let mut state = self.state();
        state.is_asking = false;
        let kept = |ttl: Duration| ttl.clamp(LEAST_TTL, MOST_TTL);
        match answer {
            Ok(Hosts::Some {
                mut ips,
                ttl,
                is_partial,
            }) => {
                if is_partial {
                    ips.extend(&state.ips);
                }
                state.ips = ips;
                state.problem = None;
                state.due = now + kept(ttl);
            }
            // "No such name" may be a moment's mistake: who was there stays until another answer names others.
            Ok(Hosts::None { .. }) => {
                state.problem = Some("it has no address".to_owned());
                state.due = now + ASK_AGAIN;
            }
            Err(why) => {
                state.problem = Some(why);
                state.due = now + ASK_AGAIN;
            }
        }
        drop(state);
        self.answered.notify_waiters();
    }

    /// Why the last look-up came to nothing, where it did.
    #[cfg(test)]
    pub(super) fn problem(&self) -> Option<String> {
        self.state().problem.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lookups {
    fn resolver(&self) -> &Result<TokioResolver, String> {
        self.0
            .get_or_init(|| super::asking(None).map_err(|error| error.to_string()))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a look-up goes on for all who want the name, on the thread that dials, where no actor lives, and ends with its answer"
)]
fn spawn(name: Arc<StaticName>) {
    drop(tokio::spawn(async move { name.look_up().await }));
}
