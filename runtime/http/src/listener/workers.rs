//! The threads that serve.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::thread;

use hedgerow_actors::chain::ChainHandle;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinSet, LocalSet};

use super::Options;
use super::notice::Notice;
use super::tickets::Ticket;
use crate::admission::tell_idleness;
use crate::connection;
use crate::guard::Refused;
use crate::ingress::Worker;

/// Connections that may wait for one worker to take them.
const WAITING: usize = 128;

/// A connection that came.
pub(super) struct Arrival {
    pub(super) stream: std::net::TcpStream,
    pub(super) peer: SocketAddr,
    pub(super) ticket: Ticket,
    /// Why its client is refused, if it is.
    pub(super) refused: Option<Refused>,
}

/// What the workers are told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Task {
    Serve,
    /// Finish what was begun, and end.
    Drain,
    /// Close what is left, and end.
    Cut,
}

/// All workers of a server. Dropped, they close what they have, and end.
pub(super) struct Workers {
    hands: Vec<Hand>,
    task: watch::Sender<Task>,
}

/// One worker, from outside.
struct Hand {
    arrivals: mpsc::Sender<Arrival>,
    /// Connections that it has or will have.
    load: Arc<AtomicUsize>,
}

/// A worker's thread has ended, which nobody ordered.
#[derive(Debug)]
pub(super) struct Ended;

impl Workers {
    /// Starts the threads.
    pub(super) fn start(
        name: &str,
        chain: &ChainHandle,
        options: &Options,
        notice: &Notice,
    ) -> io::Result<Self> {
        let (task, _) = watch::channel(Task::Serve);
        let mut hands = Vec::with_capacity(options.workers.get());
        for number in 0..options.workers.get() {
            let (arrivals, taken) = mpsc::channel(WAITING);
            let load = Arc::new(AtomicUsize::new(0));
            let (chain, options, told) = (chain.clone(), options.clone(), task.subscribe());
            let notice = notice.clone();
            let carried = load.clone();
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = tell_idleness(&mut runtime).enable_all().build()?;
            thread::Builder::new()
                .name(format!("worker-{number}-{name}"))
                .spawn(move || {
                    let worker = Rc::new(Worker::new(chain, options, notice));
                    let local = LocalSet::new();
                    local.block_on(&runtime, work(worker, taken, told, &carried));
                })?;
            hands.push(Hand { arrivals, load });
        }
        Ok(Self { hands, task })
    }

    /// Gives a connection to the worker that has the fewest, and waits for room there.
    pub(super) async fn hand_over(&self, arrival: Arrival) -> Result<(), Ended> {
        let hands = self.hands.iter();
        let hand = hands
            .min_by_key(|hand| hand.load.load(Ordering::Relaxed))
            .ok_or(Ended)?;
        hand.load.fetch_add(1, Ordering::Relaxed);
        hand.arrivals.send(arrival).await.map_err(|_| Ended)
    }

    /// Orders them to finish what was begun.
    pub(super) fn drain(&self) {
        self.task.send_replace(Task::Drain);
    }

    /// Orders them to close what is left.
    pub(super) fn cut(&self) {
        self.task.send_replace(Task::Cut);
    }

    /// Waits until all of them have ended.
    pub(super) async fn ended(&mut self) {
        // A worker holds its receiver for as long as it works.
        self.task.closed().await;
    }
}

/// A worker's life.
async fn work(
    worker: Rc<Worker>,
    mut arrivals: mpsc::Receiver<Arrival>,
    mut told: watch::Receiver<Task>,
    load: &AtomicUsize,
) {
    let mut connections = JoinSet::new();
    let mut keeper = JoinSet::new();
    let kept = worker.clone();
    keeper.spawn_local(async move { kept.admission.keep().await });
    loop {
        let task = {
            let mut changed = pin!(told.changed());
            poll_fn(|context| {
                let mut closed = worker.drains();
                while let Poll::Ready(arrival) = arrivals.poll_recv(context) {
                    let Some(arrival) = arrival else {
                        closed = true;
                        break;
                    };
                    begin(&worker, arrival, &mut connections);
                }
                // Behind the arrivals, so that what has begun is watched.
                while let Poll::Ready(Some(_)) = connections.poll_join_next(context) {
                    load.fetch_sub(1, Ordering::Relaxed);
                }
                // Those who were copied have their answers; the copies have until the limit.
                if closed && connections.is_empty() && worker.wire.copies().poll_none(context).is_ready() {
                    return Poll::Ready(None);
                }
                changed
                    .as_mut()
                    .poll(context)
                    .map(|changed| Some(changed.is_ok()))
            })
            .await
        };
        let task = match task {
            None => return,
            Some(true) => *told.borrow_and_update(),
            // Whoever gave orders is gone.
            Some(false) => Task::Cut,
        };
        match task {
            Task::Serve => {}
            Task::Drain => {
                // What was handed over is served yet.
                arrivals.close();
                worker.begin_drain();
            }
            Task::Cut => return,
        }
    }
}

/// Serves a connection that came.
fn begin(worker: &Rc<Worker>, arrival: Arrival, connections: &mut JoinSet<()>) {
    let Arrival {
        stream,
        peer,
        ticket,
        refused,
    } = arrival;
    let worker = worker.clone();
    connections.spawn_local(async move {
        // A connection that this thread cannot take is closed.
        if let Ok(stream) = TcpStream::from_std(stream) {
            connection::serve(worker, stream, peer, refused).await;
        }
        drop(ticket);
    });
}
