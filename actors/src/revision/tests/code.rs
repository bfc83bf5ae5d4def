//! Edits by code, one after the other.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use hedgerow_supervisor::Order;

use super::{Revisions, Stage, enter, leave, request, stamp, stamps, thread_of_life};
use crate::chain::{self, Edit, EditError, Flow, Memory, Misfit, NodeSpec, Touch, node_fn};
use crate::paused;

fn insert(node: NodeSpec, before: Option<&str>) -> Edit {
    Edit::Insert {
        node,
        before: before.map(str::to_owned),
    }
}

fn remove(name: &str) -> Edit {
    Edit::Remove { name: name.into() }
}

fn relocate(name: &str, before: Option<&str>) -> Edit {
    Edit::Move {
        name: name.into(),
        before: before.map(str::to_owned),
    }
}

#[test]
fn requests_meet_what_was_edited_from_the_revision_on_that_the_edit_answers() {
    paused::run(async {
        let stage = Stage::of(stamps(&["a", "b"])).await;
        let edit = async |edit: Edit| stage.chain.edit(edit).await.unwrap();
        assert_eq!(request(&stage.chain), (1, "a b".into()));
        assert_eq!(edit(insert(stamp("c"), Some("b"))).await, 2);
        assert_eq!(request(&stage.chain), (2, "a c b".into()));
        assert_eq!(edit(insert(stamp("d"), None)).await, 3);
        assert_eq!(stage.met(), "a c b d");
        assert_eq!(edit(relocate("d", Some("a"))).await, 4);
        assert_eq!(stage.met(), "d a c b");
        assert_eq!(edit(relocate("d", None)).await, 5);
        assert_eq!(stage.met(), "a c b d");
        assert_eq!(edit(Edit::Disable { name: "c".into() }).await, 6);
        assert_eq!(stage.met(), "a b d");
        let states: Vec<_> = stage.view().nodes.iter().map(|node| node.state).collect();
        assert_eq!(states, ["enabled", "disabled", "enabled", "enabled"]);
        assert_eq!(edit(Edit::Enable { name: "c".into() }).await, 7);
        assert_eq!(edit(remove("a")).await, 8);
        assert_eq!(request(&stage.chain), (8, "c b d".into()));
        assert_eq!(stage.slot.published.take().number(), 8);
        assert_eq!(stage.actors(), ["b", "c", "d"], "who has left is stopped");
        let told = stage.told("chainEdited");
        assert_eq!(
            told[0],
            ("revision 1 to 2: insert c before b by code".into(), false)
        );
        assert_eq!(told.len(), 7);
        stage.end().await;
    });
}

#[test]
fn an_edit_that_changes_nothing_answers_the_revision_in_force() {
    paused::run(async {
        let stage = Stage::of(stamps(&["a", "b"])).await;
        for edit in [
            Edit::Enable { name: "a".into() },
            relocate("b", None),
            relocate("a", Some("b")),
        ] {
            assert_eq!(stage.chain.edit(edit).await, Ok(1));
        }
        assert!(stage.told("chainEdited").is_empty());
        stage.end().await;
    });
}

#[test]
fn an_edit_that_does_not_fit_says_why_and_changes_nothing() {
    paused::run(async {
        let stage = Stage::of(vec![stamp("quota"), stamp("route").last()]).await;
        let misfit = async |edit: Edit| match stage.chain.edit(edit).await {
            Err(EditError::Misfit { chain, why }) if chain == "edge" => why,
            other => panic!("{other:?}"),
        };
        let unknown = |name: &str, nearest: Option<&str>| Misfit::UnknownNode {
            name: name.into(),
            nearest: nearest.map(str::to_owned),
        };
        assert_eq!(misfit(remove("quotas")).await, unknown("quotas", Some("quota")));
        assert_eq!(misfit(remove("zebra")).await, unknown("zebra", None));
        assert_eq!(
            misfit(insert(stamp("x"), Some("rout"))).await,
            unknown("rout", Some("route"))
        );
        let taken = Misfit::NameTaken { name: "quota".into() };
        assert_eq!(misfit(insert(stamp("quota"), Some("route"))).await, taken);
        let replace = Edit::Replace {
            name: "route".into(),
            node: stamp("quota").last(),
        };
        assert_eq!(misfit(replace).await, taken);
        for bad in ["", " x", "a\nb", &"x".repeat(101)] {
            let name = bad.to_owned();
            assert_eq!(misfit(insert(stamp(bad), None)).await, Misfit::BadName { name });
        }
        let itself = Misfit::BeforeItself { name: "quota".into() };
        assert_eq!(misfit(relocate("quota", Some("quota"))).await, itself);
        let ends_in = |last: Option<&str>| Misfit::NoEnd {
            last: last.map(str::to_owned),
        };
        for edit in [
            remove("route"),
            relocate("route", Some("quota")),
            Edit::Disable { name: "route".into() },
            Edit::Replace {
                name: "route".into(),
                node: stamp("route").last().disabled(),
            },
        ] {
            assert_eq!(misfit(edit).await, ends_in(Some("quota")));
        }
        assert_eq!(misfit(insert(stamp("x"), None)).await, ends_in(Some("x")));
        assert_eq!(request(&stage.chain), (1, "quota route".into()));
        assert_eq!(stage.actors(), ["quota", "route"]);
        stage.end().await;
    });
}

#[test]
fn a_node_that_does_not_start_is_a_veto() {
    paused::run(async {
        let stage = Stage::of(stamps(&["a"])).await;
        let faulty = NodeSpec::new("faulty", "test", || -> super::Stamp { panic!("cannot be made") });
        let refused = stage.chain.edit(insert(faulty, None)).await;
        let Err(EditError::NotReady { node, why, .. }) = &refused else {
            panic!("{refused:?}")
        };
        assert!(node == "faulty" && why.contains("cannot be made"), "{why}");
        assert_eq!(request(&stage.chain), (1, "a".into()));
        assert_eq!(stage.actors(), ["a"]);
        assert_eq!(stage.view().nodes.len(), 1);
        assert_eq!(
            stage.chain.edit(insert(stamp("faulty"), None)).await,
            Ok(2),
            "its name is free"
        );
        stage.end().await;
    });
}

#[test]
fn where_one_of_the_nodes_that_come_back_does_not_start_none_of_them_stays() {
    paused::run(async {
        let starts = Arc::new(AtomicU64::new(0));
        let fickle = move || {
            assert_eq!(
                starts.fetch_add(1, Ordering::SeqCst),
                0,
                "made once, and never again"
            );
            super::Stamp("fickle".to_owned())
        };
        let nodes = vec![stamp("a"), NodeSpec::new("fickle", "test", fickle), stamp("c")];
        let stage = Stage::of(nodes).await;
        for (name, revision) in [("a", 2), ("fickle", 3)] {
            assert_eq!(stage.chain.edit(remove(name)).await, Ok(revision));
        }
        assert_eq!(stage.actors(), ["c"]);
        let dropped = stage.order(serde_json::json!({ "action": "dropEdits" })).await;
        assert!(dropped.is_err(), "{dropped:?}");
        assert_eq!(stage.actors(), ["c"]);
        assert_eq!(request(&stage.chain), (3, "c".into()));
        stage.end().await;
    });
}

#[test]
fn a_node_that_is_touched_may_veto() {
    paused::run(async {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = asked.clone();
        let firm = stamp("firm").asked(move |touch| {
            heard.lock().unwrap().push(touch);
            match touch {
                Touch::Move => Ok(()),
                _ => Err("not while the books are open".into()),
            }
        });
        let stage = Stage::of(vec![stamp("a"), firm]).await;
        let vetoed = stage.chain.edit(remove("firm")).await;
        assert_eq!(
            vetoed.unwrap_err().to_string(),
            "chain `edge`: the node `firm` vetoes: not while the books are open"
        );
        assert_eq!(stage.chain.edit(relocate("firm", Some("a"))).await, Ok(2));
        assert_eq!(stage.chain.edit(insert(stamp("b"), Some("firm"))).await, Ok(3));
        assert_eq!(*asked.lock().unwrap(), [Touch::Remove, Touch::Move]);
        stage.end().await;
    });
}

#[test]
fn a_filter_lives_until_the_last_request_in_it_has_ended_and_no_longer() {
    paused::run(async {
        let (life, alive) = thread_of_life();
        let held = Mutex::new(Some(life));
        let node = NodeSpec::new("leaving", "test", move || {
            let life = held.lock().unwrap().take();
            node_fn(move |_, _| {
                let _ = &life;
                Flow::Next
            })
        });
        let stage = Stage::of(vec![stamp("a"), node]).await;
        leave(enter(&stage.chain));
        let (one, other) = (enter(&stage.chain), enter(&stage.chain));
        stage.chain.edit(remove("leaving")).await.unwrap();
        let next = enter(&stage.chain);
        paused::until(|| stage.actors() == ["a"]).await;
        assert_eq!(leave(one).0, 1);
        assert!(alive.upgrade().is_some(), "one request is still in it");
        assert_eq!(leave(other).0, 1);
        assert!(alive.upgrade().is_none(), "nothing of the old plan is kept");
        assert_eq!(leave(next).0, 2);
        stage.end().await;
    });
}

#[test]
fn a_node_that_stays_keeps_its_counts_and_its_actor() {
    paused::run(async {
        let stage = Stage::of(stamps(&["a", "b"])).await;
        let calls = |name: &str| {
            let nodes = stage.view().nodes;
            nodes.iter().find(|node| node.name == name).unwrap().calls
        };
        let under_way = enter(&stage.chain);
        leave(enter(&stage.chain));
        stage.chain.edit(relocate("b", Some("a"))).await.unwrap();
        stage
            .chain
            .edit(Edit::Disable { name: "a".into() })
            .await
            .unwrap();
        leave(enter(&stage.chain));
        assert_eq!((calls("a"), calls("b")), (2, 3));
        leave(under_way);
        stage.chain.edit(Edit::Enable { name: "a".into() }).await.unwrap();
        leave(enter(&stage.chain));
        assert_eq!((calls("a"), calls("b")), (3, 4));
        stage
            .chain
            .edit(Edit::Replace {
                name: "a".into(),
                node: stamp("a"),
            })
            .await
            .unwrap();
        leave(enter(&stage.chain));
        assert_eq!(
            (calls("a"), calls("b")),
            (4, 5),
            "it goes on where the one before was"
        );
        let tree = stage.tree.directory().tree();
        assert!(tree.children[0].children.iter().all(|node| node.restarts == 0));
        stage.end().await;
    });
}

/// How many it has seen.
#[derive(Default)]
struct Seen(AtomicU64);

impl Memory for Seen {}

fn counting(name: &str, kind: &'static str, told: &Arc<AtomicU64>) -> NodeSpec {
    let told = told.clone();
    NodeSpec::keeping(name, kind, Seen::default(), move |seen: Arc<Seen>| {
        let told = told.clone();
        node_fn(move |_, _| {
            told.store(seen.0.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            Flow::Next
        })
    })
}

#[test]
fn a_node_in_place_of_one_of_its_name_and_kind_goes_on_with_what_that_one_keeps() {
    paused::run(async {
        let told = Arc::new(AtomicU64::new(0));
        let stage = Stage::of(vec![counting("quota", "counting", &told)]).await;
        let seen = || {
            leave(enter(&stage.chain));
            told.load(Ordering::SeqCst)
        };
        assert_eq!((seen(), seen()), (1, 2));
        let replace = async |node: NodeSpec| {
            let name = "quota".to_owned();
            stage.chain.edit(Edit::Replace { name, node }).await.unwrap();
        };
        replace(counting("quota", "counting", &told)).await;
        assert_eq!(seen(), 3);
        replace(counting("quota", "other", &told)).await;
        assert_eq!(seen(), 1, "another kind begins anew");
        replace(stamp("quota")).await;
        assert_eq!(stage.met(), "quota");
        stage.end().await;
    });
}

#[test]
fn a_fresh_filter_comes_under_the_revision_in_force() {
    paused::run(async {
        let stage = Stage::of(stamps(&["a", "b"])).await;
        stage
            .chain
            .edit(Edit::Disable { name: "b".into() })
            .await
            .unwrap();
        let directory = stage.tree.directory().clone();
        for name in ["a", "b"] {
            let path = hedgerow_view::Path::root("root").child("edge").child(name);
            let before = stage.slot.published.edition();
            directory.operate(&path, Order::Restart).await.unwrap();
            let of = |name: &str| {
                let tree = directory.tree();
                let nodes = &tree.children[0].children;
                let node = nodes.iter().find(|node| node.path.name() == name).unwrap();
                (node.restarts, node.state.name())
            };
            paused::until(|| of(name) == (1, "running")).await;
            let fresh = stage.slot.published.edition() - before;
            assert_eq!(
                fresh,
                u64::from(name == "a"),
                "requests do not meet one that is disabled"
            );
        }
        assert_eq!(request(&stage.chain), (2, "a".into()));
        stage.end().await;
    });
}

#[test]
fn what_a_reviser_leaves_half_done_is_tidied_up_by_the_next() {
    paused::run(async {
        let stage = Stage::of(stamps(&["a"])).await;
        let root = hedgerow_view::Path::root("root");
        let children = stage.tree.directory().children(&root.child("edge")).unwrap();
        let (stranger, _) = hedgerow_supervisor::ChildSpec::actor("b", || Idle);
        children.add(stranger).await.unwrap();
        let reviser = root.child("reviser");
        stage
            .tree
            .directory()
            .operate(&reviser, Order::Restart)
            .await
            .unwrap();
        paused::until(|| stage.actors() == ["a"]).await;
        assert_eq!(stage.chain.edit(insert(stamp("b"), None)).await, Ok(2));
        assert_eq!(stage.met(), "a b");
        stage.end().await;
    });
}

struct Idle;

impl actix::Actor for Idle {
    type Context = hedgerow_supervisor::CellContext<Self>;
}

#[test]
fn a_chain_in_no_mesh_says_that_nobody_edits_it() {
    paused::run(async {
        let (_, chain) = chain::spec("edge", &Revisions::beginning_at(1), stamps(&["a"]));
        let refused = chain.edit(remove("a")).await;
        assert!(matches!(refused, Err(EditError::NoReviser { .. })), "{refused:?}");
    });
}

#[test]
fn an_edit_that_nobody_waits_for_is_made_all_the_same() {
    paused::run(async {
        let stage = Stage::of(stamps(&["a"])).await;
        let mut edit = Box::pin(stage.chain.edit(insert(stamp("b"), None)));
        let waker = std::task::Waker::noop();
        let polled = edit.as_mut().poll(&mut std::task::Context::from_waker(waker));
        assert!(polled.is_pending());
        drop(edit);
        paused::until(|| stage.chain.revision() == 2).await;
        assert_eq!(stage.met(), "a b");
        stage.end().await;
    });
}

#[test]
fn one_edit_is_made_at_a_time_whoever_asks() {
    paused::run(async {
        let stage = Stage::of(stamps(&["a"])).await;
        let busy = Arc::new(AtomicBool::new(false));
        let edits = (0..20).map(|index| {
            let busy = busy.clone();
            let name = format!("n{index}");
            let stamped = name.clone();
            let node = NodeSpec::new(name, "stamp", move || {
                assert!(!busy.swap(true, Ordering::SeqCst), "two are made at once");
                busy.store(false, Ordering::SeqCst);
                super::Stamp(stamped.clone())
            });
            stage.chain.edit(insert(node, Some("a")))
        });
        let made = futures_util::future::join_all(edits).await;
        let mut numbers: Vec<u64> = made.into_iter().map(Result::unwrap).collect();
        numbers.sort_unstable();
        assert!(numbers.into_iter().eq(2..=21));
        assert_eq!(stage.view().nodes.len(), 21);
        stage.end().await;
    });
}
