//! The rules that hold whatever happens, each checked when a machine gives the order.
//!
//! Nobody is started twice, or stopped while a later sibling is up; nobody comes back after it was taken off the list; no
//! supervisor ends over living children, or restarts too often; who waits for an added child is told once.

use super::super::{Path, Told, below};
use super::{Asked, Node, Word, World};
use crate::supervision::decide::{Restart, Strategy};
use crate::supervision::step::Effect;

impl World {
    pub(super) fn carry_out(&mut self, path: &[u64], effect: Effect, by_hand: Option<u64>) {
        let now = self.now;
        let untouched = self.untouched;
        let team = self.team(path).unwrap();
        match effect {
            Effect::Start { child, incarnation } => {
                let dependent = team.policy.strategy != Strategy::OneForOne;
                let early = team
                    .kids
                    .range(..child.0)
                    .find(|(_, kid)| !kid.known_up && !kid.left_down);
                let early = early.filter(|(_, kid)| kid.rules.restart != Restart::Temporary);
                if let (true, true, Some((id, _))) = (untouched, dependent, early) {
                    panic!("{path:?}: {} was started before {id} was up", child.0);
                }
                let kid = team.kids.get_mut(&child.0).expect("started off the list");
                assert_eq!(kid.alive, None, "{path:?}: {} was started twice", child.0);
                assert!(!kid.stopped_by_hand, "{path:?}: {} was stopped by hand", child.0);
                (kid.alive, kid.last, kid.asked) = (Some(incarnation), incarnation, None);
                kid.known_up = false;
                kid.left_down = false;
                let path = below(path, child.0);
                self.orders.push((Told::Start, path.clone()));
                self.mail.push(Word::Init(path, incarnation));
            }
            Effect::Stop { child, incarnation } => {
                let asked = match by_hand {
                    Some(id) if id == child.0 => Asked::ByHand,
                    _ => Asked::InItsTurn,
                };
                let mut later = team.kids.range(child.0 + 1..);
                let left = later.find(|(_, kid)| kid.alive.is_some() && kid.asked != Some(Asked::ByHand));
                if let (Asked::InItsTurn, Some((id, _))) = (asked, left) {
                    panic!("{path:?}: {} was stopped before {id} was down", child.0);
                }
                let kid = team.kids.get_mut(&child.0).expect("stopped off the list");
                assert_eq!(kid.last, incarnation, "{path:?}: {} was another", child.0);
                if kid.alive.is_some() {
                    kid.asked = Some(asked);
                    let path = below(path, child.0);
                    self.orders.push((Told::Stop, path.clone()));
                    self.mail.push(Word::Halt(path, incarnation));
                }
            }
            Effect::Wait { token, .. } => self.mail.push(Word::Waited(path.to_vec(), token)),
            Effect::FirstStartOver { child, exit } => {
                assert!(
                    team.adding.remove(&child.0),
                    "{path:?}: {} was settled twice",
                    child.0
                );
                assert!(team.kids.contains_key(&child.0) || exit.is_some());
            }
            Effect::Removed { child } => {
                let kid = team.kids.remove(&child.0).expect("removed twice");
                assert_eq!(kid.alive, None, "{path:?}: {} was removed alive", child.0);
                assert!(!team.machine.contains(child));
            }
            Effect::Restarting { .. } => {
                let intensity = team.policy.intensity;
                team.restarts.retain(|at| now - *at <= intensity.period);
                team.restarts.push(now);
                assert!(
                    team.restarts.len() <= intensity.max_restarts as usize,
                    "{path:?}: too many restarts"
                );
            }
            Effect::AllUp => {
                let node = self.node(path).unwrap();
                node.ready = true;
                let ready = node
                    .alive
                    .map(|incarnation| Word::Ready(path.to_vec(), incarnation));
                self.mail.extend(ready);
            }
            Effect::Finished(exit) => {
                assert!(
                    team.kids.values().all(|kid| kid.alive.is_none()),
                    "{path:?} ended over its children"
                );
                if path.is_empty() {
                    self.ended = Some(exit.clone());
                }
                self.die(path, exit);
            }
            Effect::Mark { .. } => {}
        }
    }

    /// Checks a tree in which nothing is under way.
    pub(in super::super) fn check_quiet(&self) {
        fn walk(node: &Node, path: &[u64]) {
            let Some(team) = &node.inner else { return };
            let up = node.alive.is_some();
            assert!(
                !up || (node.ready && team.adding.is_empty()),
                "{path:?} never came to rest"
            );
            for (id, kid) in &team.kids {
                let path = below(path, *id);
                // A temporary child may be down with its group.
                let temporary = kid.rules.restart == Restart::Temporary;
                let grouped = temporary && team.policy.strategy != Strategy::OneForOne;
                let excused = kid.left_down || kid.stopped_by_hand || grouped;
                match kid.alive {
                    Some(_) => {
                        assert!(up, "{path:?} outlived its supervisor");
                        assert!(!kid.stopped_by_hand, "{path:?} was stopped by hand");
                        assert!(kid.ready, "{path:?} is not ready");
                    }
                    None => assert!(!up || excused, "{path:?} should be up"),
                }
                walk(kid, &path);
            }
        }
        walk(&self.root, &[]);
    }

    /// Who is on the list, and whether it is up.
    pub(in super::super) fn list(&self) -> Vec<(Path, bool)> {
        fn walk(node: &Node, path: &[u64], list: &mut Vec<(Path, bool)>) {
            for (id, kid) in node.inner.iter().flat_map(|team| &team.kids) {
                let path = below(path, *id);
                list.push((path.clone(), kid.ready));
                walk(kid, &path, list);
            }
        }
        let mut list = Vec::new();
        walk(&self.root, &[], &mut list);
        list
    }
}
