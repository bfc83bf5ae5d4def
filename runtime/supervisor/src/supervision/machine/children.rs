//! The list of a supervisor's children, and what is known of each.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::round::RoundId;
use crate::backoff::{Backoff, Curve};
use crate::supervision::decide::Scope;
use crate::supervision::step::{ChildId, ChildRules};

/// What a child is doing, as far as its supervisor was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Down,
    Starting,
    Up { since: Duration },
    Stopping,
}

/// One child.
#[derive(Debug)]
pub(super) struct Child {
    pub(super) rules: ChildRules,
    /// The incarnation that was ordered last; 0 where none was.
    pub(super) incarnation: u32,
    /// Whether who added it still waits for its first start.
    pub(super) first_starting: bool,
    /// The round that it was put in last; it may be over.
    pub(super) round: Option<RoundId>,
    status: Status,
    /// Whether it should be up: not stopped by hand, not ended for good, not on its way off the list.
    wanted: bool,
    /// Whether it goes off the list once it is down.
    leaving: bool,
    /// Made at its first fall, because most children never fall.
    backoff: Option<Box<Backoff>>,
}

impl Child {
    pub(super) fn status(&self) -> Status {
        self.status
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.wanted
    }

    pub(super) fn is_leaving(&self) -> bool {
        self.leaving
    }

    pub(super) fn is_running(&self) -> bool {
        matches!(self.status, Status::Starting | Status::Up { .. })
    }

    /// How long it waits before its next start.
    pub(super) fn next_wait(&mut self, curve: Curve, seed: u64) -> Duration {
        self.backoff
            .get_or_insert_with(|| Box::new(Backoff::new(curve, seed)))
            .next()
    }

    /// Makes its next start immediate again.
    pub(super) fn reset_backoff(&mut self) {
        if let Some(backoff) = &mut self.backoff {
            backoff.reset();
        }
    }
}

/// The children in start order.
#[derive(Debug, Default)]
pub(super) struct Children {
    list: BTreeMap<ChildId, Child>,
    /// Those that are not down.
    alive: BTreeSet<ChildId>,
    /// How many significant ones are wanted.
    significant: usize,
    /// How often a child was looked at: what the tests of cost count.
    #[cfg(test)]
    looks: std::cell::Cell<u64>,
}

const LISTED: &str = "rounds and inputs are checked against the list, and who leaves it leaves its round";

impl Children {
    /// Puts a child that is down and wanted on the list.
    pub(super) fn insert(&mut self, id: ChildId, rules: ChildRules) {
        self.significant += usize::from(rules.significant);
        let child = Child {
            rules,
            incarnation: 0,
            first_starting: false,
            round: None,
            status: Status::Down,
            wanted: true,
            leaving: false,
            backoff: None,
        };
        self.list.insert(id, child);
    }

    /// Takes a child off the list.
    pub(super) fn remove(&mut self, id: ChildId) -> Option<Child> {
        self.look();
        self.alive.remove(&id);
        let child = self.list.remove(&id)?;
        self.significant -= usize::from(child.wanted && child.rules.significant);
        Some(child)
    }

    pub(super) fn contains(&self, id: ChildId) -> bool {
        self.list.contains_key(&id)
    }

    pub(super) fn get(&self, id: ChildId) -> Option<&Child> {
        self.look();
        self.list.get(&id)
    }

    /// # Panics
    /// If it is not on the list.
    pub(super) fn at(&self, id: ChildId) -> &Child {
        self.get(id).expect(LISTED)
    }

    /// # Panics
    /// If it is not on the list.
    pub(super) fn at_mut(&mut self, id: ChildId) -> &mut Child {
        self.look();
        self.list.get_mut(&id).expect(LISTED)
    }

    /// What it was doing before.
    pub(super) fn set_status(&mut self, id: ChildId, status: Status) -> Status {
        if status == Status::Down {
            self.alive.remove(&id);
        } else {
            self.alive.insert(id);
        }
        std::mem::replace(&mut self.at_mut(id).status, status)
    }

    pub(super) fn want(&mut self, id: ChildId) {
        self.set_wanted(id, true);
    }

    pub(super) fn give_up(&mut self, id: ChildId) {
        self.set_wanted(id, false);
    }

    /// Sends a child off the list, as soon as it is down.
    pub(super) fn dismiss(&mut self, id: ChildId) {
        self.set_wanted(id, false);
        self.at_mut(id).leaving = true;
    }

    fn set_wanted(&mut self, id: ChildId, wanted: bool) {
        let child = self.at_mut(id);
        let before = std::mem::replace(&mut child.wanted, wanted);
        if child.rules.significant {
            self.significant += usize::from(wanted);
            self.significant -= usize::from(before);
        }
    }

    /// The last one in start order that is not down.
    pub(super) fn last_alive(&self) -> Option<ChildId> {
        self.look();
        self.alive.last().copied()
    }

    pub(super) fn alive(&self) -> &BTreeSet<ChildId> {
        &self.alive
    }

    /// Whether a significant child is up, or will be.
    pub(super) fn any_significant(&self) -> bool {
        self.significant > 0
    }

    /// Those that `test` holds for, in start order. Looks at every child.
    pub(super) fn select(&self, test: impl Fn(&Child) -> bool) -> BTreeSet<ChildId> {
        self.filtered(self.list.iter(), test)
    }

    /// The wanted ones of those that a restart because of `id` takes in.
    pub(super) fn group(&self, scope: Scope, id: ChildId) -> BTreeSet<ChildId> {
        match scope {
            Scope::One => BTreeSet::from([id]),
            Scope::All => self.select(Child::is_wanted),
            Scope::Rest => self.filtered(self.list.range(id..), Child::is_wanted),
        }
    }

    fn filtered<'a>(
        &self,
        children: impl Iterator<Item = (&'a ChildId, &'a Child)>,
        test: impl Fn(&Child) -> bool,
    ) -> BTreeSet<ChildId> {
        children
            .inspect(|_| self.look())
            .filter(|(_, child)| test(child))
            .map(|(id, _)| *id)
            .collect()
    }

    #[cfg(not(test))]
    fn look(&self) {}

    #[cfg(test)]
    fn look(&self) {
        self.looks.set(self.looks.get() + 1);
    }

    #[cfg(test)]
    pub(super) fn looks(&self) -> u64 {
        self.looks.get()
    }
}
