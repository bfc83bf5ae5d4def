//! Work beside requests: when it ends, what it costs, and what is seen of it.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::task::{self, Poll};
use std::time::Duration;

use hedgerow_supervisor::{Context, Inspect as _};
use hedgerow_view::chain::NodeView;
use hedgerow_view::{Path, View};
use proptest::prelude::*;

use super::super::budget::Standing;
use super::super::{Arrival, ChainHandle, Cx, Flow, Node, NodeSpec, NotSpawned, RequestHead, node_fn};
use super::{arrive, bare, chain, run};

/// What work does when it is polled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Ends,
    Waits,
    Panics,
    PanicsWhenDropped,
}

/// Work that counts its end.
struct Works {
    act: Act,
    polls_left: u32,
    dropped: Arc<AtomicUsize>,
}

impl Future for Works {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<()> {
        if let Some(left) = self.polls_left.checked_sub(1) {
            self.polls_left = left;
            task.waker().wake_by_ref();
            return Poll::Pending;
        }
        match self.act {
            Act::Ends => Poll::Ready(()),
            Act::Waits | Act::PanicsWhenDropped => Poll::Pending,
            Act::Panics => panic!("as told"),
        }
    }
}

impl Drop for Works {
    fn drop(&mut self) {
        self.dropped.fetch_add(1, Ordering::SeqCst);
        assert!(self.act != Act::PanicsWhenDropped, "when dropped");
    }
}

/// Begins all of this for each request.
fn begins(works: Vec<(Act, u32)>, dropped: &Arc<AtomicUsize>) -> impl Node<State = ()> + use<> {
    let dropped = Arc::clone(dropped);
    node_fn(move |_, cx| {
        for &(act, polls_left) in &works {
            let dropped = Arc::clone(&dropped);
            cx.spawn(Works {
                act,
                polls_left,
                dropped,
            })
            .unwrap();
        }
        Flow::Next
    })
}

fn shown(chain: &ChainHandle) -> NodeView {
    match chain.view(&Path::root("test")) {
        View::Chain(view) => view.nodes[0].clone(),
        other => panic!("{other:?}"),
    }
}

fn figures(chain: &ChainHandle) -> (u64, u64, u64) {
    let node = shown(chain);
    (node.spawned, node.working, node.overdue)
}

/// Waits for a state of the node.
async fn until(chain: &ChainHandle, is: impl Fn(&NodeView) -> bool) {
    while !is(&shown(chain)) {
        tokio::task::yield_now().await;
    }
}

#[test]
fn work_goes_on_while_its_request_does_and_is_dropped_however_that_ends() {
    let ends: [fn(Arrival); 4] = [
        drop,
        |arrived| match arrived {
            Arrival::Through(passage) => passage.fail(),
            Arrival::Replied(..) => panic!("answered"),
        },
        |arrived| match arrived {
            Arrival::Through(passage) => passage.refuse(),
            Arrival::Replied(..) => panic!("answered"),
        },
        |arrived| match arrived {
            Arrival::Through(passage) => {
                let mut reply = super::super::Reply::new(http::StatusCode::OK);
                passage.answer(&mut reply).unwrap().complete();
            }
            Arrival::Replied(..) => panic!("answered"),
        },
    ];
    run(async move {
        for end in ends {
            let dropped = Arc::default();
            let chain = bare(vec![Arc::new(begins(vec![(Act::Waits, 2)], &dropped))]);
            let arrived = arrive(&chain, "/").unwrap();
            assert_eq!(figures(&chain), (1, 1, 0));
            tokio::time::sleep(Duration::from_secs(60)).await;
            assert_eq!(
                (figures(&chain), dropped.load(Ordering::SeqCst)),
                ((1, 1, 0), 0),
                "the request has not ended"
            );
            end(arrived);
            assert_eq!(figures(&chain), (1, 1, 1), "its runtime has not dropped it yet");
            until(&chain, |node| node.working == 0).await;
            assert_eq!((figures(&chain), dropped.load(Ordering::SeqCst)), ((1, 0, 0), 1));
        }
    });
}

#[test]
fn work_that_is_done_before_its_request_is_never_overdue() {
    run(async {
        let dropped = Arc::default();
        let chain = bare(vec![Arc::new(begins(vec![(Act::Ends, 0)], &dropped))]);
        let arrived = arrive(&chain, "/").unwrap();
        until(&chain, |node| node.working == 0).await;
        drop(arrived);
        assert_eq!((figures(&chain), shown(&chain).panics), ((1, 0, 0), 0));
    });
}

#[test]
fn work_has_the_context_of_its_request_and_ends_with_its_deadline() {
    run(async {
        let (told, tenants) = sync_channel(1);
        let dropped = Arc::default();
        let waits = Mutex::new(Some(Works {
            act: Act::Waits,
            polls_left: 0,
            dropped: Arc::clone(&dropped),
        }));
        let node = node_fn(move |_, cx| {
            let (told, waits) = (told.clone(), waits.lock().unwrap().take().unwrap());
            cx.spawn(async move {
                told.send(Context::current().tenant().map(str::to_owned)).unwrap();
                waits.await;
            })
            .unwrap();
            Flow::Next
        });
        let chain = bare(vec![Arc::new(node)]);
        let context = Context::default()
            .with_tenant("acme")
            .with_deadline_in(Duration::from_secs(3));
        let arrived = context.enter(|| arrive(&chain, "/").unwrap());
        tokio::time::sleep(Duration::from_millis(2_900)).await;
        assert_eq!(tenants.recv().unwrap().as_deref(), Some("acme"));
        assert_eq!(figures(&chain), (1, 1, 0));
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(dropped.load(Ordering::SeqCst), 1);
        drop(arrived);
        assert_eq!(figures(&chain), (1, 0, 0), "it had ended before its request");
    });
}

#[test]
fn a_panic_of_work_counts_for_its_node_restarts_its_actor_and_costs_the_request_nothing() {
    run(async {
        for (act, said) in [(Act::Panics, "as told"), (Act::PanicsWhenDropped, "when dropped")] {
            let dropped: Arc<AtomicUsize> = Arc::default();
            let node = NodeSpec::new("warm", "test", move || begins(vec![(act, 1)], &dropped));
            let (tree, chain) = chain(vec![node]).await;
            let arrived = arrive(&chain, "/").unwrap();
            if act == Act::Panics {
                until(&chain, |node| node.panics == 1).await;
            }
            let Arrival::Through(passage) = arrived else {
                panic!("answered")
            };
            let mut reply = super::super::Reply::new(http::StatusCode::OK);
            passage.answer(&mut reply).unwrap().complete();
            until(&chain, |node| node.panics == 1).await;
            let actor = || tree.directory().tree().children[0].children[0].clone();
            while actor().restarts == 0 {
                tokio::task::yield_now().await;
            }
            let message = actor().last_exit.unwrap().message.unwrap();
            assert!(message.contains(said), "{message}");
            tree.stop().await;
        }
    });
}

/// Begins work on the way in, and more when it is resumed.
struct Resumes;

impl Node for Resumes {
    type State = ();

    fn on_request(&self, _: &mut dyn RequestHead, (): &mut (), cx: &mut Cx) -> Flow {
        cx.spawn(std::future::pending()).unwrap();
        cx.wait(async {})
    }

    fn on_resume(&self, _: &mut dyn RequestHead, (): &mut (), cx: &mut Cx) -> Flow {
        cx.spawn(std::future::pending()).unwrap();
        Flow::Next
    }
}

#[test]
fn work_belongs_to_the_node_that_has_begun_it() {
    run(async {
        let pass = || Arc::new(node_fn(|_, _| Flow::Next));
        let one = || {
            Arc::new(node_fn(|_, cx| {
                cx.spawn(std::future::pending()).unwrap();
                Flow::Next
            }))
        };
        let chain = bare(vec![one(), pass(), Arc::new(Resumes), pass(), one()]);
        let second = chain.slot().lineup().nodes[1].clone();
        chain.slot().set_standing(&second, Standing::Skipped);
        let arrived = arrive(&chain, "/").unwrap();
        let View::Chain(view) = chain.view(&Path::root("test")) else {
            panic!("no chain is shown")
        };
        let spawned: Vec<u64> = view.nodes.iter().map(|node| node.spawned).collect();
        assert_eq!(spawned, [1, 0, 2, 0, 1]);
        drop(arrived);
    });
}

#[test]
fn outside_of_a_runtime_work_is_refused_by_type_and_the_request_goes_on() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let node = {
        let told = Arc::clone(&told);
        node_fn(move |_, cx| {
            told.lock().unwrap().push(cx.spawn(async {}));
            Flow::Next
        })
    };
    let chain = bare(vec![Arc::new(node)]);
    drop(arrive(&chain, "/").unwrap());
    assert_eq!(*told.lock().unwrap(), [Err(NotSpawned)]);
    assert_eq!(figures(&chain), (0, 0, 0));
}

#[test]
fn work_that_does_not_come_back_from_a_poll_is_shown_as_overdue_until_it_does() {
    let (in_poll, is_in_poll) = sync_channel(1);
    let (leave, leaves) = sync_channel::<()>(1);
    let leaves = Mutex::new(Some(leaves));
    let node = node_fn(move |_, cx| {
        let (in_poll, leaves) = (in_poll.clone(), leaves.lock().unwrap().take().unwrap());
        cx.spawn(async move {
            in_poll.send(()).unwrap();
            leaves.recv().unwrap();
            std::future::pending::<()>().await;
        })
        .unwrap();
        Flow::Next
    });
    let chain = bare(vec![Arc::new(node)]);
    let (hands_over, handed_over) = sync_channel(1);
    let works = {
        let chain = chain.clone();
        std::thread::spawn(move || {
            run(async move {
                hands_over.send(arrive(&chain, "/").unwrap()).unwrap();
                until(&chain, |node| node.working == 0).await;
            });
        })
    };
    is_in_poll.recv().unwrap();
    drop(handed_over.recv().unwrap());
    assert_eq!(figures(&chain), (1, 1, 1));
    leave.send(()).unwrap();
    works.join().unwrap();
    assert_eq!(figures(&chain), (1, 0, 0));
}

fn acts() -> impl Strategy<Value = Vec<(Act, u32)>> {
    let act = prop_oneof![
        Just(Act::Ends),
        Just(Act::Waits),
        Just(Act::Panics),
        Just(Act::PanicsWhenDropped)
    ];
    prop::collection::vec((act, 0..4_u32), 0..6)
}

proptest! {
    #[test]
    fn whatever_work_does_and_whenever_its_request_ends_all_of_it_is_dropped_and_counted_once(
        works in acts(),
        requests in 1..4_usize,
        turns in 0..6_u32,
    ) {
        run(async move {
            let dropped = Arc::default();
            let chain = bare(vec![Arc::new(begins(works.clone(), &dropped))]);
            let arrived: Vec<_> = (0..requests).map(|_| arrive(&chain, "/").unwrap()).collect();
            // Not until something: however far it comes in so many turns.
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
            drop(arrived);
            until(&chain, |node| node.working == 0).await;
            let all = works.len() * requests;
            let node = shown(&chain);
            assert_eq!((node.spawned, node.overdue), (all as u64, 0));
            assert_eq!(dropped.load(Ordering::SeqCst), all);
            // Work that was cancelled before it could panic has not.
            let may_panic = works.iter().filter(|(act, _)| matches!(act, Act::Panics | Act::PanicsWhenDropped));
            let must_panic = works.iter().filter(|(act, _)| *act == Act::PanicsWhenDropped);
            let bounds = (must_panic.count() * requests)..=(may_panic.count() * requests);
            assert!(bounds.contains(&(node.panics as usize)), "{} panics", node.panics);
        });
    }
}
