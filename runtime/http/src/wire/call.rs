//! One request to one endpoint, sent a second time only where that is safe.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::time::Duration;

use http::Request;
use tokio::time::{Instant, sleep};

use super::Fault;
use super::dial::dial;
use super::send::{Answer, Unanswered};
use super::shelf::{ACCEPTED, Shelf, Turn};
use crate::body::RequestBody;
use crate::connection::Interim;

/// What there is to send where a shelved connection turns out to be dead.
pub(crate) struct Spare {
    /// The request once more; `None` where its body is gone with the first one.
    pub(crate) request: Option<Request<RequestBody>>,
    /// Where interim answers to it go.
    pub(crate) interim: Option<Interim>,
    /// Whether it may be sent where the endpoint may have acted on the first one.
    pub(crate) after_silence: bool,
}

/// Sends a request over a shelved connection or a fresh one, and waits for the head of its answer.
///
/// An endpoint may close an idle connection at the very moment when a request is sent over it. Then the request is sent
/// once more, on a fresh connection, if
/// - nothing of it had been put on the wire, or
/// - nothing of an answer had come, and the `spare` one may be sent then.
///
/// A request over a fresh connection is never sent again. Where many are being dialled, it waits for its turn, or for a
/// connection that comes back.
pub(crate) async fn call(
    shelf: &Rc<Shelf>,
    mut request: Request<RequestBody>,
    spare: Spare,
    connect_timeout: Duration,
) -> Result<Answer, Fault> {
    let mut turn = None;
    let mut shelved = shelf.take(Instant::now());
    if shelved.is_none() {
        turn = Some(shelf.turn().await);
        // One may have come back meanwhile.
        shelved = shelf.take(Instant::now());
    }
    if let Some(connection) = shelved {
        turn = None;
        match connection.send(request, shelf).await {
            Ok(answer) => return Ok(answer),
            Err(unanswered) => request = anew(unanswered, spare, shelf)?,
        }
    }
    let turn = match turn {
        Some(turn) => turn,
        None => shelf.turn().await,
    };
    let mut connection = dial(shelf.endpoint(), connect_timeout).await?;
    connection.life = shelf.life(Instant::now());
    let sent = pin!(connection.send(request, shelf));
    until_accepted(sent, turn)
        .await
        .map_err(|unanswered| unanswered.fault)
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
fn anew(unanswered: Unanswered, spare: Spare, shelf: &Shelf) -> Result<Request<RequestBody>, Fault> {
    let Unanswered {
        fault,
        unsent,
        untouched,
        in_silence,
    } = unanswered;
    match unsent {
        Some(request) => Ok(request),
        None if untouched || (in_silence && spare.after_silence) => {
            let mut request = spare.request.ok_or(fault)?;
            if let Some(interim) = &spare.interim {
                interim.follow(&mut request);
            }
            if !untouched {
                shelf.endpoint().count_resent();
            }
            Ok(request)
        }
        None => Err(fault),
    }
}
