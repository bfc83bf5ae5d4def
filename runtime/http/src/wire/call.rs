//! One request to one endpoint, sent a second time only where that is safe.

use std::rc::Rc;
use std::time::Duration;

use http::Request;
use tokio::time::Instant;

use super::Fault;
use super::dial::dial;
use super::send::{Answer, Unanswered};
use super::shelf::Shelf;
use crate::body::RequestBody;

/// What there is to send where a shelved connection turns out to be dead.
pub(crate) struct Spare {
    /// The request once more; `None` where its body is gone with the first one.
    pub(crate) request: Option<Request<RequestBody>>,
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
            Err(unanswered) => request = anew(unanswered, spare)?,
        }
    }
    let turn = match turn {
        Some(turn) => turn,
        None => shelf.turn().await,
    };
    let connection = dial(shelf.endpoint(), connect_timeout).await?;
    drop(turn);
    connection
        .send(request, shelf)
        .await
        .map_err(|unanswered| unanswered.fault)
}

#[cold]
fn anew(unanswered: Unanswered, spare: Spare) -> Result<Request<RequestBody>, Fault> {
    let Unanswered {
        fault,
        unsent,
        untouched,
        in_silence,
    } = unanswered;
    match unsent {
        Some(request) => Ok(request),
        None if untouched || (in_silence && spare.after_silence) => spare.request.ok_or(fault),
        None => Err(fault),
    }
}
