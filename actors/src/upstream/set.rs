//! The endpoints of an upstream at one instant.

use std::ops::Deref;
use std::sync::Arc;

use hedgerow_config::{Balance, EndpointAddr};

use super::endpoint::Endpoint;
use super::level::{self, Standing};
use super::roll::Roll;
use crate::balance::{Member, Table};

/// The endpoints of an upstream at one instant. It never changes: who joins or leaves makes another one, which takes its
/// place by one pointer. An endpoint that is in both is the same one, with its breaker and its figures.
pub struct EndpointSet {
    /// The better priority first.
    endpoints: Vec<Arc<Endpoint>>,
    balance: Arc<Balance>,
    levels: Box<[Level]>,
}

/// The endpoints of one priority: a run of the set.
pub(super) struct Level {
    start: usize,
    end: usize,
    table: Table,
}

impl Level {
    fn new(start: usize, endpoints: &[Arc<Endpoint>], balance: &Balance) -> Self {
        let members: Vec<Member<'_>> = endpoints
            .iter()
            .map(|endpoint| Member {
                name: endpoint.name(),
                weight: endpoint.weight(),
            })
            .collect();
        Self {
            start,
            end: start + endpoints.len(),
            table: Table::build(balance, &members),
        }
    }

    /// Where in the set it begins.
    #[inline]
    pub(super) fn start(&self) -> usize {
        self.start
    }

    /// What chooses among them.
    #[inline]
    pub(super) fn table(&self) -> &Table {
        &self.table
    }
}

impl EndpointSet {
    pub(super) fn new(endpoints: Vec<Arc<Endpoint>>, balance: Arc<Balance>) -> Self {
        // Read once: it may be given another meanwhile.
        let mut ranked: Vec<(u16, Arc<Endpoint>)> = endpoints
            .into_iter()
            .map(|endpoint| (endpoint.priority(), endpoint))
            .collect();
        ranked.sort_by_key(|(priority, _)| *priority);
        let runs = ranked.chunk_by(|(one, _), (other, _)| one == other);
        let lengths: Vec<usize> = runs.map(<[_]>::len).collect();
        let endpoints: Vec<Arc<Endpoint>> = ranked.into_iter().map(|(_, endpoint)| endpoint).collect();
        let mut start = 0;
        let levels = lengths.into_iter().map(|length| {
            let level = Level::new(start, &endpoints[start..start + length], &balance);
            start = level.end;
            level
        });
        let levels = levels.collect();
        Self {
            endpoints,
            balance,
            levels,
        }
    }

    /// The endpoint at this address.
    pub fn at(&self, addr: &EndpointAddr) -> Option<&Arc<Endpoint>> {
        self.endpoints.iter().find(|endpoint| endpoint.is_at(addr))
    }

    /// The same, for who reads of its endpoints what has changed.
    pub(super) fn anew(&self) -> Self {
        Self::new(self.endpoints.clone(), Arc::clone(&self.balance))
    }

    /// Those of each priority, the better one first.
    #[inline]
    pub(super) fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// In which order priorities are turned to.
    pub(super) fn levels_in_order(&self, below: f64) -> impl Iterator<Item = &Level> {
        level::in_order(self.standings(), below).map(|at| &self.levels[at])
    }

    /// Whether so few are left, by a share, that it does not count who is ejected or unhealthy.
    #[inline]
    pub(super) fn panics(&self, roll: &Roll, below: f64) -> bool {
        match &*self.levels {
            [] | [_] => roll.panics(self.endpoints.len(), below),
            _ => roll.has_judged() && level::panic(self.standings(), below),
        }
    }

    fn standings(&self) -> impl Iterator<Item = Standing> + Clone {
        self.levels.iter().map(|level| {
            let endpoints = &self.endpoints[level.start..level.end];
            // Who is about to leave is neither left nor missing.
            let staying = endpoints.iter().filter(|one| !one.exclusions().are_draining());
            let judged = staying.clone().filter(|one| one.exclusions().are_judged());
            Standing {
                all: staying.count(),
                judged: judged.count(),
            }
        })
    }

    /// Who chooses among them.
    pub(super) fn balance(&self) -> &Balance {
        &self.balance
    }

    /// Whether a choice depends on what they have under way: of one there is none.
    #[inline]
    pub(super) fn are_chosen_by_load(&self) -> bool {
        self.endpoints.len() > 1 && self.levels.first().is_some_and(|level| level.table.reads_load())
    }

    /// The same with one more, at the end of those of its priority.
    pub(super) fn with(&self, joined: Arc<Endpoint>) -> Self {
        let endpoints = self.endpoints.iter().cloned().chain([joined]).collect();
        Self::new(endpoints, Arc::clone(&self.balance))
    }

    /// The same without the one at this address.
    pub(super) fn without(&self, addr: &EndpointAddr) -> Self {
        let stay = self.endpoints.iter().filter(|endpoint| !endpoint.is_at(addr));
        Self::new(stay.cloned().collect(), Arc::clone(&self.balance))
    }
}

impl Deref for EndpointSet {
    type Target = [Arc<Endpoint>];

    fn deref(&self) -> &Self::Target {
        &self.endpoints
    }
}
