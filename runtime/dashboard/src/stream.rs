//! `GET /events`: what happens, as server-sent events.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::Stream;
use futures_util::stream::unfold;
use hedgerow_supervisor::Events;
use hedgerow_view::Event;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;

use crate::admin::Admin;
use crate::api;
use crate::problem::NotDone;

/// A comment is sent after this long without an event, so that both sides learn when the other is gone.
const PING_EVERY: Duration = Duration::from_secs(15);

/// Bytes of kept events that are written at once; one event may be more.
const AT_ONCE: usize = 16 * 1024;

/// Sends the kept events after `Last-Event-ID` (or `?since=`), and then every event.
///
/// A client that reads too slowly is told with `event: missed` how many were dropped, and goes on with what is still
/// kept for it.
#[utoipa::path(
    get,
    path = "/events",
    tag = "events",
    params(
        ("since" = Option<u64>, Query, format = "uint64", minimum = 0, description = "The `seq` of the last event that is known."),
        ("last-event-id" = Option<u64>, Header, format = "uint64", minimum = 0, description = "The same, as a browser says it that comes back."),
    ),
    responses(
        (status = 200, description = "Server-sent events without an end; `data` is an event.", body = String, content_type = "text/event-stream"),
        (status = 400, description = "`since` is no whole number from 0.", body = hedgerow_view::Problem, content_type = "application/problem+json"),
        (status = 503, description = "As many follow as may.", body = hedgerow_view::Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn follow(admin: Data<Admin>, request: HttpRequest) -> Result<HttpResponse, NotDone> {
    open(&admin, &request, |after, place| {
        frames(admin.directory.events(), after, place)
    })
}

/// Answers with a stream of frames: those after an event, for who has a place among those who follow.
pub(crate) fn open<S>(
    admin: &Admin,
    request: &HttpRequest,
    frames: impl FnOnce(u64, OwnedSemaphorePermit) -> S,
) -> Result<HttpResponse, NotDone>
where
    S: Stream<Item = Result<Bytes, Infallible>> + 'static,
{
    let place = place(admin)?;
    let after = after(request)?;
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .streaming(frames(after, place)))
}

/// A place among those who follow a stream.
fn place(admin: &Admin) -> Result<OwnedSemaphorePermit, NotDone> {
    admin.streams.clone().try_acquire_owned().map_err(|_| {
        let detail = "as many clients follow the event stream as may: close one, or poll `/api/events`";
        NotDone::new(StatusCode::SERVICE_UNAVAILABLE, "too many streams", detail).with(RETRY_AFTER, "5")
    })
}

/// The number of the event that the client has seen last; 0 where it has seen none.
fn after(request: &HttpRequest) -> Result<u64, NotDone> {
    match last_event_id(request) {
        Some(seq) => Ok(seq),
        None => Ok(api::since(request)?.unwrap_or(0)),
    }
}

fn last_event_id(request: &HttpRequest) -> Option<u64> {
    request
        .headers()
        .get("last-event-id")?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// One client's place in the stream.
struct Client {
    /// Whether it was told when to come back.
    begun: bool,
    /// What it is sent before it waits for the next event. It is shared until it is written: a client that does not read must
    /// not cost what it could have read.
    past: std::vec::IntoIter<Arc<Event>>,
    live: Receiver<Arc<Event>>,
    /// Given back when the client goes.
    _place: OwnedSemaphorePermit,
}

impl Client {
    /// Some of what it is sent before it waits; `None` once it has all of it.
    fn first_frames(&mut self) -> Option<String> {
        let mut frames = String::new();
        if !self.begun {
            self.begun = true;
            frames.push_str("retry: 1000\n\n");
        }
        while frames.len() < AT_ONCE {
            match self.past.next() {
                Some(event) => write_frame(&mut frames, &event),
                None => break,
            }
        }
        (!frames.is_empty()).then_some(frames)
    }
}

fn frames(
    events: &Events,
    after: u64,
    place: OwnedSemaphorePermit,
) -> impl Stream<Item = Result<Bytes, Infallible>> + use<> {
    // Numbers begin anew with the process: who comes from an earlier one is sent everything.
    let last = events.since(0).last().map_or(0, |event| event.seq);
    let (past, live) = events.follow(if after > last { 0 } else { after });
    let client = Client {
        begun: false,
        past: past.into_iter(),
        live,
        _place: place,
    };
    unfold(client, |mut client| async move {
        let frame = match client.first_frames() {
            Some(first) => first,
            None => next_frame(&mut client.live).await?,
        };
        Some((Ok(Bytes::from(frame)), client))
    })
}

/// The next thing to send; `None` where there will be no more events.
async fn next_frame(live: &mut Receiver<Arc<Event>>) -> Option<String> {
    let mut frame = String::new();
    match timeout(PING_EVERY, live.recv()).await {
        Ok(Ok(event)) => write_frame(&mut frame, &event),
        Ok(Err(RecvError::Lagged(missed))) => {
            // Writing to a string cannot fail.
            let _ = write!(frame, "event: missed\ndata: {{\"missed\":{missed}}}\n\n");
        }
        Ok(Err(RecvError::Closed)) => return None,
        Err(_) => frame.push_str(": ping\n\n"),
    }
    Some(frame)
}

fn write_frame(into: &mut String, event: &Event) {
    // A view is plain data with string keys: it can always be written.
    if let Ok(json) = serde_json::to_string(event) {
        // JSON has no line breaks of its own, so one `data:` line holds it.
        let _ = write!(into, "id: {}\ndata: {json}\n\n", event.seq);
    }
}

#[cfg(test)]
mod tests;
