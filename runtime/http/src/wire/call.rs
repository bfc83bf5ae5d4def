//! One request to one endpoint, sent a second time only where that is safe.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::time::Duration;

use hedgerow_actors::retry::{Retries, Written};
use hedgerow_supervisor::{AttributeValue, Span};
use http::Request;
use tokio::time::{Instant, sleep};

use super::Fault;
use super::dial::dial;
use super::send::{Answer, Unanswered};
use super::shelf::{ACCEPTED, Shelf, Turn};
use crate::body::RequestBody;
use crate::connection::Interim;

/// What there is to send where a shelved connection turns out to be dead.
pub(crate) struct Spare<'a, A> {
    /// Makes the request once more; `None` where its body is gone with the first one.
    pub(crate) again: A,
    /// Where interim answers go, to it and to the first one.
    pub(crate) interim: Option<&'a Interim>,
    /// Whether it may be sent where the endpoint may have acted on the first one.
    pub(crate) after_silence: bool,
    /// Who pays for what is sent again.
    pub(crate) retries: &'a Retries,
}

/// A request that came to nothing.
pub(crate) struct Undelivered {
    pub(crate) fault: Fault,
    /// The request, where nothing of it was put on the wire.
    pub(crate) unsent: Option<Box<Request<RequestBody>>>,
    pub(crate) written: Written,
}

/// Sends a request over a shelved connection or a fresh one, and waits for the head of its answer.
///
/// An endpoint may close an idle connection at the very moment when a request is sent over it. Then the request is sent
/// once more, on a fresh connection, if
/// - nothing of it had been put on the wire, or
/// - nothing of an answer had come, and the `spare` one may be sent then.
///
/// A request over a fresh connection is never sent again. Where many are being dialled, it waits for its turn, or for a
/// connection that comes back. A dial is a span of its own: `dialling` makes it.
pub(crate) async fn call(
    shelf: &Rc<Shelf>,
    mut request: Request<RequestBody>,
    spare: Spare<'_, impl FnOnce() -> Option<Request<RequestBody>>>,
    connect_timeout: Duration,
    dialling: impl FnOnce() -> Span,
) -> Result<Answer, Undelivered> {
    let interim = spare.interim;
    let mut turn = None;
    let mut shelved = shelf.take(Instant::now());
    if shelved.is_none() {
        turn = Some(shelf.turn().await);
        // One may have come back meanwhile.
        shelved = shelf.take(Instant::now());
    }
    if let Some(connection) = shelved {
        turn = None;
        match connection.send(request, shelf, interim).await {
            Ok(answer) => return Ok(answer),
            Err(unanswered) => request = anew(unanswered, spare, shelf)?,
        }
    }
    let turn = match turn {
        Some(turn) => turn,
        None => shelf.turn().await,
    };
    let mut span = dialling();
    let dialled = dial(shelf, connect_timeout).await;
    let connection = match dialled {
        Ok(connection) => connection,
        Err(fault) => {
            span.fail(AttributeValue::Static("connect"));
            return Err(Undelivered {
                fault,
                unsent: Some(Box::new(request)),
                written: Written::Nothing,
            });
        }
    };
    drop(span);
    connection.set_life(shelf.life(Instant::now()));
    let sent = pin!(connection.send(request, shelf, interim));
    until_accepted(sent, turn).await.map_err(Undelivered::from)
}

impl From<Unanswered> for Undelivered {
    fn from(unanswered: Unanswered) -> Self {
        let is_untouched = unanswered.untouched || unanswered.unsent.is_some();
        Self {
            fault: unanswered.fault,
            unsent: unanswered.unsent.map(Box::new),
            written: if is_untouched {
                Written::Nothing
            } else {
                Written::Something
            },
        }
    }
}

/// Keeps the turn until the endpoint must have accepted the connection.
async fn until_accepted<F: Future>(mut sent: Pin<&mut F>, turn: Turn<'_>) -> F::Output {
    let mut turn = turn;
    let mut accepted = pin!(sleep(ACCEPTED));
    poll_fn(|task| {
        if turn.is_some() && accepted.as_mut().poll(task).is_ready() {
            turn = None;
        }
        sent.as_mut().poll(task)
    })
    .await
}

#[cold]
fn anew(
    mut unanswered: Unanswered,
    spare: Spare<'_, impl FnOnce() -> Option<Request<RequestBody>>>,
    shelf: &Shelf,
) -> Result<Request<RequestBody>, Undelivered> {
    if let Some(request) = unanswered.unsent.take() {
        return Ok(request);
    }
    let is_free = unanswered.untouched;
    let is_meant = unanswered.in_silence && spare.after_silence;
    if !(is_free || is_meant) {
        return Err(unanswered.into());
    }
    let Some(request) = (spare.again)() else {
        return Err(unanswered.into());
    };
    if !is_free {
        shelf.endpoint().count_resent();
        spare.retries.resent();
    }
    Ok(request)
}
