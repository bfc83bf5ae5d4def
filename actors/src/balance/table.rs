//! One balancer over one set of members.

use hedgerow_config::{Balance, Hashing};

use super::hashed::{Hashed, Way};
use super::lots::Lots;
use super::maglev::Maglev;
use super::ring::Ring;
use super::turns::Turns;
use super::two_choices::{self, Cost};
use super::{By, Candidates};

/// One of those that a balancer chooses among.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member<'a> {
    /// What it goes by, the same in every process: keys are led to names.
    pub name: &'a str,
    /// Its part of the sum of all weights, at least 1.
    pub weight: u32,
}

/// All that a balancer knows of a set of members in advance. Built once for a set, it never changes.
///
/// ```
/// use hedgerow_actors::balance::{By, Candidates, Member, Observed, Table};
/// use hedgerow_config::Balance;
///
/// /// All may be used, and have nothing to do.
/// struct Idle;
/// impl Candidates for Idle {
///     fn may_be_used(&self, _: usize) -> bool { true }
///     fn observed(&self, _: usize) -> Observed { Observed::default() }
///     fn all_in_flight(&self) -> u64 { 0 }
///     fn ramp(&self, _: usize) -> f64 { 1.0 }
/// }
///
/// let members = ["a:1", "b:1"].map(|name| Member { name, weight: 1 });
/// let table = Table::build(&Balance::RoundRobin, &members);
/// let by = By { turn: 3, hash: None };
/// assert_eq!(table.pick(by, &Idle, &mut || 0), Some(1));
/// ```
#[derive(Debug)]
pub struct Table {
    lots: Lots,
    way: Choice,
}

#[derive(Debug)]
enum Choice {
    Two(Cost),
    Turns(Turns),
    Hashed(Hashed),
}

impl Table {
    /// Looks at all members. It takes milliseconds for thousands of them where keys are led, and less elsewhere.
    pub fn build(balance: &Balance, members: &[Member<'_>]) -> Self {
        let weights: Vec<u32> = members.iter().map(|member| member.weight.max(1)).collect();
        let hashed = |hashing: &Hashing, way: fn(&[u64], &[u32]) -> Way| {
            let names = members.iter().map(|member| member.name);
            Choice::Hashed(Hashed::new(
                |seeds| way(seeds, &weights),
                names,
                hashing.bounded_load,
            ))
        };
        let way = match balance {
            Balance::P2cEwma => Choice::Two(Cost::Time),
            Balance::LeastRequest => Choice::Two(Cost::InFlight),
            Balance::RoundRobin => Choice::Turns(Turns::Plain),
            Balance::Weighted => Choice::Turns(Turns::weighted(&weights)),
            Balance::RingHash(hashing) => {
                hashed(hashing, |seeds, weights| Way::Ring(Ring::new(seeds, weights)))
            }
            Balance::Maglev(hashing) => {
                hashed(hashing, |seeds, weights| Way::Maglev(Maglev::new(seeds, weights)))
            }
        };
        let lots = match balance {
            Balance::RoundRobin => Lots::equal(members.len()),
            _ => Lots::new(weights.iter().copied()),
        };
        Self { lots, way }
    }

    /// Whether a pick depends on what members have under way.
    pub(crate) fn reads_load(&self) -> bool {
        match &self.way {
            Choice::Two(_) => true,
            Choice::Turns(_) => false,
            Choice::Hashed(hashed) => hashed.is_bounded(),
        }
    }

    /// The index of the member that a call goes to; `None` where none may be used. Takes no lock, allocates nothing, and
    /// looks at few members, but where few of many may be used: then it may look at all.
    ///
    /// `random` gives a number of 64 bits each time.
    #[inline]
    pub fn pick(
        &self,
        by: By,
        candidates: &impl Candidates,
        random: &mut impl FnMut() -> u64,
    ) -> Option<usize> {
        match (&self.way, by.hash) {
            (Choice::Two(cost), _) => two_choices::pick(&self.lots, *cost, candidates, random),
            (Choice::Turns(turns), _) => turns.pick(&self.lots, by, candidates, random),
            (Choice::Hashed(hashed), Some(hash)) => hashed.pick(hash, &self.lots, candidates),
            (Choice::Hashed(_), None) => self.lots.draw(candidates, random),
        }
    }
}
