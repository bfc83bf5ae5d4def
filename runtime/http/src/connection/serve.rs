//! A connection's life.

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

use super::client::Client;
use super::stream::Stream;
use super::times::Late;
use crate::guard::{Grounds, Refused};
use crate::ingress::Worker;

/// Header fields that the server has room for without asking for memory.
const INLINE: usize = 100;

/// Bytes of a head that the server has room for by default.
const ROOM: usize = 400_000;
/// Bytes of a head beside target and fields: method, version, line ends.
const BESIDE: usize = 64;

/// How a connection is to be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// Every answer was written.
    Done,
    /// An answer broke off.
    Broken,
    /// The client is gone, or does not keep up.
    Cut,
}

/// Serves a client until its connection ends. Dropped, it closes the connection and cancels the call.
///
/// Where the client is `refused` as such, that is the answer to whatever it asks.
pub(crate) async fn serve(worker: Rc<Worker>, socket: TcpStream, peer: SocketAddr, refused: Option<Refused>) {
    let client = Rc::new(RefCell::new(Client::new(socket, peer, worker.clone())));
    if let Some(refused) = refused {
        client.borrow_mut().refuse(refused);
    }
    let ending = answered(&worker, &client).await;
    if let Some(untold) = client.borrow_mut().take_untold() {
        worker.notice.refused_late(&untold);
    }
    match ending {
        Ending::Done => close(&worker, &client).await,
        Ending::Broken | Ending::Cut => client.borrow().spoil(),
    }
}

async fn answered(worker: &Rc<Worker>, client: &Rc<RefCell<Client>>) -> Ending {
    let service = service_fn(|request| {
        let (worker, client) = (worker.clone(), client.clone());
        async move { Ok::<_, Infallible>(worker.answer(request, &client).await) }
    });
    let mut builder = http1::Builder::new();
    builder.half_close(true).header_read_timeout(None);
    if worker.sizes.count > INLINE {
        builder.max_headers(worker.sizes.count);
    }
    let whole_head = worker.sizes.target + worker.sizes.fields + BESIDE;
    if whole_head > ROOM {
        builder.max_buf_size(whole_head);
    }
    let mut connection = pin!(builder.serve_connection(Stream(client.clone()), service));
    let mut drained = pin!(worker.drained());
    let mut timer = Timer::default();
    poll_fn(|task| {
        // A wake-up is all that it is for; who reads next looks at the worker.
        let _ = drained.as_mut().poll(task);
        loop {
            if client.borrow_mut().begin_turn(task).is_err() {
                return Poll::Ready(Ending::Cut);
            }
            match connection.as_mut().poll(task) {
                Poll::Ready(Ok(())) => return Poll::Ready(Ending::Done),
                Poll::Ready(Err(_)) => return Poll::Ready(Ending::Broken),
                Poll::Pending => {}
            }
            let mut client = client.borrow_mut();
            if client.end_turn(task).is_err() {
                return Poll::Ready(Ending::Cut);
            }
            let Some((at, late)) = client.deadline(&worker.times) else {
                return Poll::Pending;
            };
            if timer.poll(at, task).is_pending() {
                return Poll::Pending;
            }
            match late {
                Late::Idle => client.end(),
                Late::CoolOff => client.end_cool_off(),
                Late::Head => client.refuse(slow(
                    "headerTime",
                    format!("{:?}", worker.times.head),
                    "no whole head",
                )),
                Late::Body => {
                    let least = worker.times.body;
                    let limit = format!("{} bytes/s after {:?}", least.bytes_per_second, least.grace);
                    client.refuse(slow("bodyRate", limit, "less"));
                }
                Late::Answer | Late::HalfClosed => return Poll::Ready(Ending::Cut),
            }
        }
    })
    .await
}

#[cold]
fn slow(rule: &'static str, limit: String, observed: &str) -> Refused {
    Refused::new(Grounds::TooSlow, rule, limit, observed)
}

/// Closes the sending side, and waits a little until the client has read the last answer: were there unread bytes of its,
/// the system would reset the connection, and might take the answer back.
async fn close(worker: &Worker, client: &RefCell<Client>) {
    let closed = poll_fn(|task| client.borrow_mut().poll_shutdown(task)).await;
    if closed.is_err() || !client.borrow().may_send_more() {
        return;
    }
    let mut drained = pin!(worker.drained());
    let mut hurries = worker.drains();
    let wait = if hurries {
        worker.times.parting
    } else {
        worker.times.linger
    };
    let mut over = pin!(tokio::time::sleep(wait));
    // Whoever has not read it by then does not want it.
    poll_fn(|task| {
        if !hurries && drained.as_mut().poll(task).is_ready() {
            hurries = true;
            over.as_mut().reset(Instant::now() + worker.times.parting);
        }
        match client.borrow_mut().poll_discard(task) {
            Poll::Ready(()) => Poll::Ready(()),
            Poll::Pending => over.as_mut().poll(task),
        }
    })
    .await;
}

/// One timer for all times of a connection. It is set anew only where the next time comes sooner than the one that it is
/// set for; else it fires early, finds nothing due, and is set again.
#[derive(Default)]
struct Timer(Option<Pin<Box<Sleep>>>);

impl Timer {
    /// Ready when `at` has come.
    fn poll(&mut self, at: Instant, task: &mut Context<'_>) -> Poll<()> {
        let sleep = self
            .0
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        if at < sleep.deadline() {
            sleep.as_mut().reset(at);
        }
        while sleep.as_mut().poll(task).is_ready() {
            if sleep.deadline() >= at {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(at);
        }
        Poll::Pending
    }
}
