//! What OTP would do, as plainly as it can be said: one thing after the other, nothing at the same time.
//!
//! It knows neither rounds nor incarnations, and recurses where the machine takes in messages. It says what is started
//! and stopped in which order, who is up, and who is on the list, after each event that meets a quiet tree.

use std::time::Duration;

use super::{Declared, Fate, Path, Told, below};
use crate::supervision::decide::{AutoShutdown, Restart, Strategy};
use crate::supervision::step::{ChildRules, Order, Origin, Policy};

pub(super) struct Kid {
    pub(super) id: u64,
    pub(super) rules: ChildRules,
    pub(super) up: bool,
    wanted: bool,
    starts: u32,
    pub(super) inner: Option<Team>,
}

/// A supervisor.
pub(super) struct Team {
    policy: Policy,
    pub(super) kids: Vec<Kid>,
    restarts: Vec<Duration>,
}

/// How a supervisor or a child ended, as far as anyone decides by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Normal,
    Shutdown,
    Panic,
    InitFailed,
    IntensityReached,
}

impl End {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Shutdown => "shutdown",
            Self::Panic => "panic",
            Self::InitFailed => "initFailed",
            Self::IntensityReached => "intensityReached",
        }
    }
}

pub(super) struct Model {
    pub(super) root: Team,
    /// How the root ended; `None` while it is up.
    pub(super) ended: Option<End>,
    pub(super) said: Said,
}

/// What is the same for the whole tree.
pub(super) struct Said {
    pub(super) fate: Fate,
    pub(super) now: Duration,
    /// What was started and stopped, in order.
    pub(super) orders: Vec<(Told, Path)>,
}

impl Kid {
    pub(super) fn new(id: u64, declared: &Declared, origin: Origin) -> Self {
        Self {
            id,
            rules: declared.rules(id, origin),
            up: false,
            wanted: true,
            starts: 0,
            inner: declared
                .inner
                .as_ref()
                .map(|(policy, kids)| Team::new(*policy, kids)),
        }
    }

    fn goes_when_down(&self) -> bool {
        self.rules.origin == Origin::Added && self.rules.restart == Restart::Temporary
    }

    fn start(&mut self, path: &Path, said: &mut Said) -> Result<(), End> {
        said.orders.push((Told::Start, path.clone()));
        self.starts += 1;
        match &mut self.inner {
            Some(team) => team.start(path, said)?,
            None if said.fate.fails(path, self.starts) => return Err(End::InitFailed),
            None => {}
        }
        self.up = true;
        Ok(())
    }

    fn stop(&mut self, path: &Path, said: &mut Said) {
        if self.up {
            said.orders.push((Told::Stop, path.clone()));
            self.up = false;
            if let Some(team) = &mut self.inner {
                team.stop(path, said);
            }
        }
    }
}

impl Team {
    pub(super) fn new(policy: Policy, kids: &[Declared]) -> Self {
        let kids = (0..)
            .zip(kids)
            .map(|(id, kid)| Kid::new(id, kid, Origin::Declared));
        Self {
            policy,
            kids: kids.collect(),
            restarts: Vec::new(),
        }
    }

    fn start(&mut self, path: &Path, said: &mut Said) -> Result<(), End> {
        self.restarts.clear();
        self.kids.retain(|kid| !kid.goes_when_down());
        for kid in &mut self.kids {
            kid.wanted = true;
        }
        for index in 0..self.kids.len() {
            let kid = &mut self.kids[index];
            if kid.start(&below(path, kid.id), said).is_err() {
                self.stop(path, said);
                return Err(End::InitFailed);
            }
        }
        Ok(())
    }

    fn stop(&mut self, path: &Path, said: &mut Said) {
        for kid in self.kids.iter_mut().rev() {
            kid.stop(&below(path, kid.id), said);
        }
        self.kids.retain(|kid| !kid.goes_when_down());
    }

    /// A kid ended by itself, or its start failed. Returns how the supervisor ends, if it does.
    fn fell(&mut self, id: u64, end: End, path: &Path, said: &mut Said) -> Option<End> {
        let kid = self.kids.iter_mut().find(|kid| kid.id == id)?;
        kid.up = false;
        let again = match kid.rules.restart {
            Restart::Permanent => true,
            Restart::Transient => !matches!(end, End::Normal | End::Shutdown),
            Restart::Temporary => false,
        };
        if again {
            return self.restart(id, path, said);
        }
        kid.wanted = false;
        let significant = kid.rules.significant;
        if kid.goes_when_down() {
            self.kids.retain(|kid| kid.id != id);
        }
        let others = self.kids.iter().any(|kid| kid.rules.significant && kid.wanted);
        let ends = match self.policy.auto_shutdown {
            AutoShutdown::Never => false,
            AutoShutdown::AnySignificant => significant,
            AutoShutdown::AllSignificant => significant && !others,
        };
        if ends {
            self.stop(path, said);
        }
        ends.then_some(end)
    }

    fn restart(&mut self, fallen: u64, path: &Path, said: &mut Said) -> Option<End> {
        let mut fallen = fallen;
        loop {
            let now = said.now;
            let period = self.policy.intensity.period;
            self.restarts.retain(|at| now - *at <= period);
            if self.restarts.len() == self.policy.intensity.max_restarts as usize {
                self.stop(path, said);
                return Some(End::IntensityReached);
            }
            self.restarts.push(now);
            let strategy = self.policy.strategy;
            let in_group = |kid: &Kid| match strategy {
                Strategy::OneForOne => kid.id == fallen,
                Strategy::OneForAll => kid.wanted,
                Strategy::RestForOne => kid.wanted && kid.id >= fallen,
            };
            let group: Vec<u64> = self
                .kids
                .iter()
                .filter(|kid| in_group(kid))
                .map(|kid| kid.id)
                .collect();
            for kid in self.kids.iter_mut().rev().filter(|kid| group.contains(&kid.id)) {
                kid.stop(&below(path, kid.id), said);
                kid.wanted &= kid.rules.restart != Restart::Temporary;
            }
            self.kids.retain(|kid| kid.wanted || !kid.goes_when_down());
            let mut members = self
                .kids
                .iter_mut()
                .filter(|kid| kid.wanted && group.contains(&kid.id));
            match members.find_map(|kid| kid.start(&below(path, kid.id), said).err().map(|_| kid.id)) {
                Some(failed) => fallen = failed,
                None => return None,
            }
        }
    }

    fn by_hand(&mut self, id: u64, order: Order, path: &Path, said: &mut Said) -> Option<End> {
        let kid = self.kids.iter_mut().find(|kid| kid.id == id)?;
        let at = below(path, id);
        if order == Order::Start && kid.wanted {
            return None;
        }
        kid.stop(&at, said);
        kid.wanted = order != Order::Stop;
        if kid.wanted {
            let failed = kid.start(&at, said).err()?;
            return self.fell(id, failed, path, said);
        }
        if kid.goes_when_down() {
            self.kids.retain(|kid| kid.id != id);
        }
        None
    }
}

impl Model {
    pub(super) fn begin(&mut self) {
        self.ended = self.root.start(&Vec::new(), &mut self.said).err();
    }

    pub(super) fn end(&mut self) {
        self.root.stop(&Vec::new(), &mut self.said);
        self.ended = Some(End::Shutdown);
    }

    /// The supervisor at `path`.
    fn team<'a>(root: &'a mut Team, path: &[u64]) -> Option<&'a mut Team> {
        let mut team = root;
        for id in path {
            team = team.kids.iter_mut().find(|kid| kid.id == *id)?.inner.as_mut()?;
        }
        Some(team)
    }

    pub(super) fn fell(&mut self, path: &[u64], end: End) {
        let Some((id, above)) = path.split_last() else {
            self.ended = Some(end);
            return;
        };
        let team = Self::team(&mut self.root, above).unwrap();
        if let Some(end) = team.fell(*id, end, &above.to_vec(), &mut self.said) {
            self.fell(above, end);
        }
    }

    /// A supervisor falls; its kids are told to stop.
    pub(super) fn supervisor_fell(&mut self, path: &[u64]) {
        let team = Self::team(&mut self.root, path).unwrap();
        for kid in team.kids.iter_mut().rev() {
            kid.stop(&below(path, kid.id), &mut self.said);
        }
        self.fell(path, End::Panic);
    }

    pub(super) fn by_hand(&mut self, path: &[u64], order: Order) {
        let (id, above) = path.split_last().unwrap();
        let team = Self::team(&mut self.root, above).unwrap();
        if let Some(end) = team.by_hand(*id, order, &above.to_vec(), &mut self.said) {
            self.fell(above, end);
        }
    }

    pub(super) fn add(&mut self, above: &[u64], id: u64, declared: &Declared) {
        let mut kid = Kid::new(id, declared, Origin::Added);
        let team = Self::team(&mut self.root, above).unwrap();
        if kid.start(&below(above, id), &mut self.said).is_ok() {
            team.kids.push(kid);
        }
    }

    pub(super) fn delete(&mut self, path: &[u64]) {
        let (id, above) = path.split_last().unwrap();
        let team = Self::team(&mut self.root, above).unwrap();
        let Some(kid) = team.kids.iter_mut().find(|kid| kid.id == *id) else {
            return;
        };
        kid.stop(&path.to_vec(), &mut self.said);
        team.kids.retain(|kid| kid.id != *id);
    }

    /// Who is on the list, and whether it is up.
    pub(super) fn list(&self) -> Vec<(Path, bool)> {
        fn walk(team: &Team, path: &[u64], list: &mut Vec<(Path, bool)>) {
            for kid in &team.kids {
                let path = below(path, kid.id);
                list.push((path.clone(), kid.up));
                if let Some(inner) = &kid.inner {
                    walk(inner, &path, list);
                }
            }
        }
        let mut list = Vec::new();
        walk(&self.root, &[], &mut list);
        list
    }
}
