//! Interim answers (1xx) on their way to a client.
//!
//! The server writes none but `100 Continue`. So those of an endpoint go past it, straight to the socket, while the server
//! has nothing to write.

use std::cell::RefCell;
use std::mem;
use std::rc::Rc;
use std::task::Waker;

use http::{HeaderMap, StatusCode};

use crate::headers::{self, Trailers};

/// Bytes of interim answers that wait. More are dropped: they are hints, and the answer itself is to come.
const WAITING: usize = 16 * 1024;

/// The way of interim answers to one client. Both ends are on one thread.
#[derive(Clone, Default)]
pub(crate) struct Interim(Rc<RefCell<Waiting>>);

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    client: Option<Waker>,
}

impl Interim {
    /// Passes on an answer with this head, behind which another one is to come.
    pub(crate) fn put(&self, status: StatusCode, mut fields: HeaderMap) {
        // Whether to continue is told by the server, and nobody has asked for another protocol.
        if matches!(status, StatusCode::CONTINUE | StatusCode::SWITCHING_PROTOCOLS) {
            return;
        }
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
        let mut waiting = self.0.borrow_mut();
        if waiting.bytes.len() + head.len() <= WAITING {
            waiting.bytes.append(&mut head);
            if let Some(client) = waiting.client.take() {
                client.wake();
            }
        }
    }

    /// Takes what waits; where that is nothing, `client` is woken when something does.
    pub(super) fn take(&self, client: &Waker) -> Vec<u8> {
        let mut waiting = self.0.borrow_mut();
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
}
