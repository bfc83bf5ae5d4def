//! Edits while requests run.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use proptest::prelude::*;

use super::{Stage, request, stamp, stamps, thread_of_life};
use crate::chain::{self, Attributes, Cx, Edit, End, Flow, Node, NodeSpec, ReplyHead, RequestHead};
use crate::paused;

/// Names that edits choose from.
const NAMES: usize = 6;

fn name(index: usize) -> String {
    format!("n{index}")
}

/// An edit of nodes by their numbers.
#[derive(Debug, Clone, Copy)]
enum Drawn {
    Insert(usize, Option<usize>),
    Remove(usize),
    Move(usize, Option<usize>),
    Replace(usize, usize),
    Enable(usize),
    Disable(usize),
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let node = || 0..NAMES;
    let before = || prop::option::of(0..NAMES);
    prop_oneof![
        3 => (node(), before()).prop_map(|(node, before)| Drawn::Insert(node, before)),
        2 => node().prop_map(Drawn::Remove),
        2 => (node(), before()).prop_map(|(node, before)| Drawn::Move(node, before)),
        1 => (node(), node()).prop_map(|(node, by)| Drawn::Replace(node, by)),
        1 => node().prop_map(Drawn::Enable),
        1 => node().prop_map(Drawn::Disable),
    ]
}

impl Drawn {
    fn edit(self, node: impl Fn(usize) -> NodeSpec) -> Edit {
        match self {
            Self::Insert(at, before) => Edit::Insert {
                node: node(at),
                before: before.map(name),
            },
            Self::Remove(at) => Edit::Remove { name: name(at) },
            Self::Move(at, before) => Edit::Move {
                name: name(at),
                before: before.map(name),
            },
            Self::Replace(at, by) => Edit::Replace {
                name: name(at),
                node: node(by),
            },
            Self::Enable(at) => Edit::Enable { name: name(at) },
            Self::Disable(at) => Edit::Disable { name: name(at) },
        }
    }

    /// The same on a plain list; whether it fits.
    fn apply(self, list: &mut Vec<(usize, bool)>) -> bool {
        let find = |list: &[(usize, bool)], node: usize| list.iter().position(|(at, _)| *at == node);
        match self {
            Self::Insert(node, before) => {
                let at = match before {
                    Some(before) => find(list, before),
                    None => Some(list.len()),
                };
                match (find(list, node), at) {
                    (None, Some(at)) => list.insert(at, (node, true)),
                    _ => return false,
                }
            }
            Self::Remove(node) => match find(list, node) {
                Some(at) => drop(list.remove(at)),
                None => return false,
            },
            Self::Move(node, before) => {
                let Some(from) = find(list, node) else {
                    return false;
                };
                let mut next = list.clone();
                let moved = next.remove(from);
                let to = match before {
                    Some(before) => find(&next, before),
                    None => Some(next.len()),
                };
                let Some(to) = to else { return false };
                next.insert(to, moved);
                *list = next;
            }
            Self::Replace(node, by) => match (find(list, node), find(list, by)) {
                (Some(at), other) if other.is_none() || other == Some(at) => list[at].0 = by,
                _ => return false,
            },
            Self::Enable(node) => match find(list, node) {
                Some(at) => list[at].1 = true,
                None => return false,
            },
            Self::Disable(node) => match find(list, node) {
                Some(at) => list[at].1 = false,
                None => return false,
            },
        }
        true
    }
}

fn met(list: &[(usize, bool)]) -> String {
    let enabled = list.iter().filter(|(_, enabled)| *enabled);
    let names: Vec<_> = enabled.map(|(node, _)| name(*node)).collect();
    names.join(" ")
}

/// Requests that run on other threads until they are told to stop, and what they have met under which revision.
struct Load {
    over: Arc<AtomicBool>,
    callers: Vec<std::thread::JoinHandle<Vec<(u64, String)>>>,
}

impl Load {
    fn on(chain: &chain::ChainHandle) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let callers = (0..2).map(|_| {
            let (chain, over) = (chain.clone(), over.clone());
            std::thread::spawn(move || {
                let mut seen = vec![request(&chain)];
                while !over.load(Ordering::SeqCst) {
                    let met = request(&chain);
                    if seen.last() != Some(&met) {
                        seen.push(met);
                    }
                }
                seen
            })
        });
        Self {
            callers: callers.collect(),
            over,
        }
    }

    fn end(self) -> Vec<(u64, String)> {
        self.over.store(true, Ordering::SeqCst);
        let seen = self.callers.into_iter().map(|caller| caller.join().unwrap());
        seen.flatten().collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_chain_under_load_is_as_a_plain_list_after_any_edits_and_each_request_meets_one_revision_of_it(
        edits in prop::collection::vec(drawn(), 1..24),
    ) {
        paused::run(async {
            let stage = Stage::of(stamps(&["n0", "n1"])).await;
            let mut list = vec![(0, true), (1, true)];
            let mut revisions = HashMap::from([(1, met(&list))]);
            let load = Load::on(&stage.chain);
            for edit in edits {
                let before = (stage.chain.revision(), list.clone());
                let fits = edit.apply(&mut list);
                let made = stage.chain.edit(edit.edit(|at| stamp(&name(at)))).await;
                // To move a node before itself is none, in words.
                let same = matches!(edit, Drawn::Move(at, Some(before)) if at == before);
                assert_eq!(made.is_ok(), fits && !same, "{edit:?} of {before:?}: {made:?}");
                if made.is_err() {
                    list.clone_from(&before.1);
                }
                let replaced = matches!(edit, Drawn::Replace(..)) && made.is_ok();
                let changed = u64::from(list != before.1 || replaced);
                assert_eq!(stage.chain.revision(), before.0 + changed, "{edit:?}");
                revisions.insert(stage.chain.revision(), met(&list));
                assert_eq!(stage.met(), met(&list));
            }
            for (revision, met) in load.end() {
                assert_eq!(revisions.get(&revision), Some(&met), "under revision {revision}");
            }
            assert_eq!(stage.actors().len(), list.len());
            stage.end().await;
        });
    }
}

/// Counts who is in it.
struct Within {
    within: Arc<Mutex<i64>>,
    _life: Option<Arc<()>>,
}

impl Node for Within {
    type State = bool;

    fn on_request(&self, _: &mut dyn RequestHead, inside: &mut bool, _: &mut Cx) -> Flow {
        assert!(!std::mem::replace(inside, true));
        *self.within.lock().unwrap() += 1;
        Flow::Next
    }

    fn on_reply(&self, _: &mut dyn ReplyHead, inside: &mut bool, _: &mut Attributes) {
        assert!(*inside);
    }

    fn on_end(&self, end: End, inside: &mut bool, _: &Attributes) {
        assert!(*inside && end == End::Ok);
        *self.within.lock().unwrap() -= 1;
    }
}

#[test]
fn while_nodes_come_and_go_whatever_is_entered_is_ended_and_no_filter_is_kept() {
    paused::run(async {
        let within = Arc::new(Mutex::new(0));
        let node = |index: usize| {
            let within = within.clone();
            NodeSpec::new(name(index), "test", move || Within {
                within: within.clone(),
                _life: None,
            })
        };
        let stage = Stage::of(vec![node(0)]).await;
        let load = Load::on(&stage.chain);
        let mut left = Vec::new();
        for round in 0..100 {
            let (life, alive) = thread_of_life();
            left.push(alive);
            let held = Mutex::new(Some(life));
            let within = within.clone();
            let coming = NodeSpec::new(name(1), "test", move || Within {
                within: within.clone(),
                _life: held.lock().unwrap().take(),
            });
            let insert = Edit::Insert {
                node: coming,
                before: (round % 2 == 0).then(|| name(0)),
            };
            stage.chain.edit(insert).await.unwrap();
            stage.chain.edit(Edit::Remove { name: name(1) }).await.unwrap();
        }
        load.end();
        let kept = left.iter().filter(|alive| alive.upgrade().is_some()).count();
        assert_eq!(kept, 0, "no filter is kept by a context that waits");
        assert_eq!(*within.lock().unwrap(), 0);
        let nodes = stage.view().nodes;
        assert_eq!(
            (nodes.len(), nodes[0].panics),
            (1, 0),
            "no assertion of a node has failed"
        );
        assert_eq!(stage.chain.contexts().in_use(), 0);
        stage.end().await;
    });
}
