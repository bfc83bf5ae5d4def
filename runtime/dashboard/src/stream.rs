//! `GET /events`: what happens, as server-sent events.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, RETRY_AFTER};
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

/// Sends the kept events after `Last-Event-ID` (or `?since=`), and then every event.
///
/// A client that reads too slowly is told with `event: missed` how many were dropped, and goes on with what is still
/// kept for it.
pub(crate) async fn follow(admin: Data<Admin>, request: HttpRequest) -> Result<HttpResponse, NotDone> {
    let place = place(&admin)?;
    let after = after(&request)?;
    let stream = frames(admin.directory.events(), after, place);
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, "no-store"))
        .streaming(stream))
}

/// A place among those who follow a stream.
pub(crate) fn place(admin: &Admin) -> Result<OwnedSemaphorePermit, NotDone> {
    admin.streams.clone().try_acquire_owned().map_err(|_| {
        let detail = "as many clients follow the event stream as may: close one, or poll `/api/events`";
        NotDone::new(StatusCode::SERVICE_UNAVAILABLE, "too many streams", detail).with(RETRY_AFTER, "5")
    })
}

/// The number of the event that the client has seen last; 0 where it has seen none.
pub(crate) fn after(request: &HttpRequest) -> Result<u64, NotDone> {
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
    /// What it is sent before it waits for the next event.
    first: Option<String>,
    live: Receiver<Arc<Event>>,
    /// Given back when the client goes.
    _place: OwnedSemaphorePermit,
}

fn frames(
    events: &Events,
    after: u64,
    place: OwnedSemaphorePermit,
) -> impl Stream<Item = Result<Bytes, Infallible>> + use<> {
    // Numbers begin anew with the process: who comes from an earlier one is sent everything.
    let last = events.since(0).last().map_or(0, |event| event.seq);
    let (past, live) = events.follow(if after > last { 0 } else { after });
    let mut first = String::from("retry: 1000\n\n");
    for event in &past {
        write_frame(&mut first, event);
    }
    let client = Client {
        first: Some(first),
        live,
        _place: place,
    };
    unfold(client, |mut client| async move {
        let frame = match client.first.take() {
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
