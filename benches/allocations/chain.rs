//! A request through a chain: nothing between its way in, the call, and the end of its reply.

use std::pin::Pin;
use std::sync::Barrier;
use std::sync::mpsc::sync_channel;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hedgerow_actors::chain::{
    Arrival, Attributes, ChainHandle, Cx, End, Flow, Node, NodeSpec, ReplyHead, RequestHead, node_fn, spec,
};
use hedgerow_actors::revision::Revisions;
use hedgerow_benches::allocations;
use hedgerow_benches::nodes::{Get, Status};
use hedgerow_config::RequestQuarantine;
use hedgerow_supervisor::{Arbiters, Ground, Supervisor, Tree};
use http::StatusCode;

const DEPTHS: [usize; 6] = [1, 5, 10, 20, 37, 64];
const REQUESTS: u64 = 1_000;

/// Uses all that a node that does not wait can use.
struct Busy;

impl Node for Busy {
    type State = (String, u64);

    fn on_request(&self, head: &mut dyn RequestHead, (path, calls): &mut (String, u64), cx: &mut Cx) -> Flow {
        path.push_str(head.path());
        *calls += 1;
        cx.attributes().set("path", path);
        Flow::Next
    }

    fn on_reply(&self, head: &mut dyn ReplyHead, (path, calls): &mut (String, u64), told: &mut Attributes) {
        assert_eq!((told.get("path"), *calls), (Some(path.as_str()), 1));
        head.set_status(StatusCode::ACCEPTED);
    }

    fn on_end(&self, end: End, (_, calls): &mut (String, u64), _: &Attributes) {
        assert_eq!((end, *calls), (End::Ok, 1));
    }
}

/// Waits for one more poll, or for two, by turns: futures of two types.
struct Waits;

impl Node for Waits {
    type State = u32;

    fn on_request(&self, _: &mut dyn RequestHead, _: &mut u32, cx: &mut Cx) -> Flow {
        cx.wait(Later(1))
    }

    fn on_resume(&self, _: &mut dyn RequestHead, waited: &mut u32, cx: &mut Cx) -> Flow {
        *waited += 1;
        match *waited {
            1 => cx.wait(async {
                Later(1).await;
                Later(1).await
            }),
            _ => {
                assert_eq!(cx.landed::<u32>(), Some(7));
                Flow::Next
            }
        }
    }
}

struct Later(u32);

impl Future for Later {
    type Output = u32;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> {
        match self.0.checked_sub(1) {
            Some(left) => {
                self.0 = left;
                Poll::Pending
            }
            None => Poll::Ready(7),
        }
    }
}

fn request(chain: &ChainHandle) {
    let mut task = Context::from_waker(Waker::noop());
    let mut cursor = chain.enter();
    let arrived = loop {
        if let Poll::Ready(arrived) = cursor.poll_descend(&mut Get, &mut task) {
            break arrived;
        }
    };
    let Ok(Arrival::Through(passage)) = arrived else {
        panic!("it does not pass")
    };
    let mut reply = Status(StatusCode::CREATED);
    passage.answer(&mut reply).unwrap().complete();
}

/// Lets so many requests through that whatever is made once is made, then counts what `threads` ask for at a time.
fn counted(threads: usize, node: impl Fn(usize) -> NodeSpec) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let arbiters = Arbiters::threads(std::num::NonZeroUsize::MIN).unwrap();
        for depth in DEPTHS {
            let (child, chain) = spec(
                "edge",
                &Revisions::beginning_at(1),
                (0..depth).map(&node).collect(),
            );
            let root = Supervisor::one_for_one("root").child(child);
            let tree = Tree::start(root, &Ground::new(arbiters.clone())).await.unwrap();
            // Asked for, and with nobody in it.
            chain.quarantine(RequestQuarantine::by(["x-tenant"]));
            let (told, counts) = sync_channel(threads);
            let all_warm = Barrier::new(threads);
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    let (chain, told, all_warm) = (&chain, told.clone(), &all_warm);
                    scope.spawn(move || {
                        (0..10).for_each(|_| request(chain));
                        all_warm.wait();
                        let requests = || (0..REQUESTS).for_each(|_| request(chain));
                        told.send(allocations::during(requests).1).unwrap();
                    });
                }
            });
            let counts: Vec<u64> = counts.try_iter().collect();
            assert_eq!(counts, vec![0; threads], "at depth {depth}");
            assert_eq!(
                chain.contexts().made,
                threads as u64,
                "one context for each thread"
            );
            tree.stop().await;
        }
        arbiters.shutdown().await;
    });
}

#[test]
fn a_request_through_nodes_of_any_depth_allocates_nothing_on_any_thread() {
    for threads in [1, 3] {
        counted(threads, |index| {
            NodeSpec::new(format!("n{index}"), "test", || Busy)
        });
    }
}

#[test]
fn a_request_that_waits_in_every_node_allocates_nothing() {
    for threads in [1, 3] {
        counted(threads, |index| {
            NodeSpec::new(format!("n{index}"), "test", || Waits)
        });
    }
}

#[test]
fn requests_that_wait_beside_each_other_on_one_thread_allocate_nothing() {
    const BESIDE: usize = 32;
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let arbiters = Arbiters::threads(std::num::NonZeroUsize::MIN).unwrap();
        let nodes = (0..10).map(|index| NodeSpec::new(format!("n{index}"), "test", || Waits));
        let (child, chain) = spec("edge", &Revisions::beginning_at(1), nodes.collect());
        let root = Supervisor::one_for_one("root").child(child);
        let tree = Tree::start(root, &Ground::new(arbiters.clone())).await.unwrap();
        let mut task = Context::from_waker(Waker::noop());
        let mut cursors = Vec::with_capacity(BESIDE);
        let mut round = || {
            cursors.extend((0..BESIDE).map(|_| chain.enter()));
            for cursor in &mut cursors {
                assert!(cursor.poll_descend(&mut Get, &mut task).is_pending());
            }
            // Their clients go away, each while it waits.
            cursors.clear();
        };
        round();
        assert_eq!(allocations::during(|| (0..10).for_each(|_| round())).1, 0);
        assert_eq!(chain.contexts().made, BESIDE as u64);
        tree.stop().await;
        arbiters.shutdown().await;
    });
}

/// The bound that the guide tells: what is kept of the work, its future, its task, and its timer.
#[test]
fn work_beside_a_request_allocates_four_times_at_most() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let spawns = || {
            node_fn(|head, cx| {
                if head.path() == "/pay" && cx.spawn(std::future::pending()).is_err() {
                    panic!("a runtime is here");
                }
                Flow::Next
            })
        };
        let nodes = vec![NodeSpec::new("spawns", "test", spawns)];
        let (child, chain) = spec("edge", &Revisions::beginning_at(1), nodes);
        let arbiters = Arbiters::threads(std::num::NonZeroUsize::MIN).unwrap();
        let root = Supervisor::one_for_one("root").child(child);
        let tree = Tree::start(root, &Ground::new(arbiters.clone())).await.unwrap();
        let hurried = hedgerow_supervisor::Context::default().with_deadline_in(Duration::from_secs(60));
        for (context, bound) in [(hedgerow_supervisor::Context::default(), 3), (hurried, 4)] {
            context.enter(|| request(&chain));
            let asked = allocations::during(|| context.enter(|| (0..100).for_each(|_| request(&chain)))).1;
            // The list of the tasks of this thread may grow.
            assert!(
                (100..=bound * 100 + 20).contains(&asked),
                "{asked} for 100 pieces of work"
            );
            tokio::task::yield_now().await;
        }
        tree.stop().await;
        arbiters.shutdown().await;
    });
}
