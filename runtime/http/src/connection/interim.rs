//! Interim answers (1xx) on their way to a client.
//!
//! The server writes none but `100 Continue`. So those of an endpoint go past it, straight to the socket, while the server
//! has nothing to write.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use http::{HeaderMap, Request, StatusCode};
use hyper::ext::on_informational;

use crate::headers::{self, Trailers};

/// Bytes of interim answers that wait. More are dropped: they are hints, and the answer itself is to come.
const WAITING: usize = 16 * 1024;

/// The way of interim answers to one client. The wire asks for what it calls back to be usable from any thread; in fact
/// both ends are on one, and the lock is never waited for.
#[derive(Clone, Default)]
pub(crate) struct Interim(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    client: Option<Waker>,
}

impl Interim {
    /// Passes on what is said before the answer to this request.
    pub(crate) fn follow<B>(&self, request: &mut Request<B>) {
        let interim = self.clone();
        on_informational(request, move |answer| {
            interim.put(answer.status(), answer.headers())
        });
    }

    fn put(&self, status: StatusCode, came: &HeaderMap) {
        // Whether to continue is told by the server, and nobody has asked for another protocol.
        if matches!(status, StatusCode::CONTINUE | StatusCode::SWITCHING_PROTOCOLS) {
            return;
        }
        let mut fields = came.clone();
        headers::to_client(&mut fields, Trailers::Cannot);
        let mut head = format!(
            "HTTP/1.1 {} {}\r\n",
            status.as_str(),
            status.canonical_reason().unwrap_or("Interim")
        )
        .into_bytes();
        for (name, value) in &fields {
            for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                head.extend_from_slice(part);
            }
        }
        head.extend_from_slice(b"\r\n");
        let mut waiting = self.lock();
        if waiting.bytes.len() + head.len() <= WAITING {
            waiting.bytes.append(&mut head);
            if let Some(client) = waiting.client.take() {
                client.wake();
            }
        }
    }

    /// Takes what waits; where that is nothing, `client` is woken when something does.
    pub(super) fn take(&self, client: &Waker) -> Vec<u8> {
        let mut waiting = self.lock();
        if waiting.bytes.is_empty()
            && !waiting
                .client
                .as_ref()
                .is_some_and(|known| known.will_wake(client))
        {
            waiting.client = Some(client.clone());
        }
        mem::take(&mut waiting.bytes)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
