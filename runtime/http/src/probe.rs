//! Asks endpoints whether they are there and well, on a thread that nobody else needs.

use std::collections::HashMap;
use std::future::{pending, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use futures_core::future::BoxFuture;
use hedgerow_actors::probe::Probe;
use hedgerow_config::EndpointAddr;
use http::Request;
use http::header::{CONNECTION, HOST, USER_AGENT};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::resolve::{Lookups, StaticName};
use crate::wire::{connect, spoken};

/// The most bytes of an answer's head.
const MOST_READ: usize = 64 * 1024;

/// What an endpoint is told of who asks.
const AGENT: &str = concat!("hedgerow-health/", env!("CARGO_PKG_VERSION"));

/// Asks endpoints over connections of its own, each for one question. It has a thread from the first question on; dropped, the
/// thread ends.
///
/// A name is looked up as for a call: by its time to live, with the last good answer meanwhile.
#[derive(Default)]
pub struct Prober {
    running: Mutex<Option<Running>>,
    names: Mutex<Names>,
}

/// Those that were asked for, by their text.
#[derive(Default)]
struct Names {
    lookups: Lookups,
    known: HashMap<Box<str>, Arc<StaticName>>,
}

struct Running {
    runtime: Handle,
    /// Dropped, the thread ends.
    _stop: oneshot::Sender<()>,
}

impl Prober {
    /// Runs `question` on the thread, within `limit`.
    fn ask<T: Send + 'static>(
        &self,
        limit: Duration,
        question: impl Future<Output = Result<T, String>> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, String>> {
        let limited = async move {
            let answer = timeout(limit, question).await;
            answer.unwrap_or_else(|_| Err(format!("no answer within {} ms", limit.as_millis())))
        };
        match self.runtime() {
            Ok(runtime) => Box::pin(Question(runtime.spawn(limited))),
            Err(error) => {
                let why = format!("nobody could ask: {}", spoken(&error));
                Box::pin(async { Err(why) })
            }
        }
    }

    /// The name of an endpoint, where it is no address. There are no more of them than endpoints that a config ever named.
    fn name(&self, addr: &EndpointAddr) -> Option<Arc<StaticName>> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(name) = names.known.get(addr.host()) {
            return Some(Arc::clone(name));
        }
        let name = StaticName::of(addr.host(), &names.lookups)?;
        names.known.insert(addr.host().into(), Arc::clone(&name));
        Some(name)
    }

    fn runtime(&self) -> io::Result<Handle> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = &*running {
            return Ok(running.runtime.clone());
        }
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let handle = runtime.handle().clone();
        thread::Builder::new()
            .name("hedgerow-probe".to_owned())
            .spawn(move || {
                // An error is an end, too: the prober was dropped.
                let _ = runtime.block_on(stopped);
            })?;
        *running = Some(Running {
            runtime: handle.clone(),
            _stop: stop,
        });
        Ok(handle)
    }
}

impl Probe for Prober {
    fn tcp(&self, addr: EndpointAddr, limit: Duration) -> BoxFuture<'static, Result<(), String>> {
        let name = self.name(&addr);
        self.ask(
            limit,
            async move { connect(name.as_ref(), &addr).await.map(drop) },
        )
    }

    fn http(
        &self,
        addr: EndpointAddr,
        path: String,
        limit: Duration,
    ) -> BoxFuture<'static, Result<u16, String>> {
        let name = self.name(&addr);
        self.ask(limit, async move { status(name.as_ref(), &addr, &path).await })
    }
}

/// A question that is under way. Dropped, it is given up.
struct Question<T>(JoinHandle<Result<T, String>>);

impl<T> Future for Question<T> {
    type Output = Result<T, String>;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let joined = Pin::new(&mut self.0).poll(task);
        joined.map(|joined| joined.unwrap_or_else(|_| Err("the question was given up".to_owned())))
    }
}

impl<T> Drop for Question<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn status(name: Option<&Arc<StaticName>>, addr: &EndpointAddr, path: &str) -> Result<u16, String> {
    let stream = connect(name, addr).await?;
    let (mut sender, driver) = http1::Builder::new()
        .max_buf_size(MOST_READ)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    let request = Request::get(path)
        .header(HOST, addr.as_str())
        .header(USER_AGENT, AGENT)
        .header(CONNECTION, "close")
        .body(String::new())
        .map_err(|error| error.to_string())?;
    let mut answer = pin!(sender.send_request(request));
    // The driver moves the bytes, and ends with its connection: what it has to say the answer says as well.
    let mut driver = pin!(async {
        let _ = driver.await;
        pending::<()>().await;
    });
    let answered = poll_fn(|task| {
        let _ = driver.as_mut().poll(task);
        answer.as_mut().poll(task)
    });
    let answer = answered.await.map_err(|error| error.to_string())?;
    Ok(answer.status().as_u16())
}
