//! The body of an order: bounded in bytes, in time, and in how many are waited for.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::web::{Bytes, Payload};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::problem::NotDone;

/// The largest body that is read. A larger one is answered 413.
const MOST_BYTES: usize = 16 * 1024;
/// How long a client may take to send the rest of it, as long as for a head. At the limit it is answered 408.
const WITHIN: Duration = Duration::from_secs(5);
/// How many bodies are waited for at a time: few beside the connections of the listener, so that those who wait with half an
/// order do not take the places of those who read. Further ones are answered 503, unless they are there as a whole.
pub(crate) const WAITED_FOR: usize = 64;

/// The whole body. One that is there already waits for nobody, and keeps nobody waiting.
///
/// # Errors
/// 400, 408, 413 or 503, with why.
pub(super) async fn whole(places: &Semaphore, body: Payload) -> Result<Bytes, NotDone> {
    let mut reading = pin!(read(body));
    if let Poll::Ready(done) = poll_fn(|task| Poll::Ready(reading.as_mut().poll(task))).await {
        return done;
    }
    let Ok(_place) = places.try_acquire() else {
        let detail = "as many bodies are waited for as may: send the order as a whole, or try again later";
        return Err(NotDone::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many unfinished orders",
            detail,
        )
        .with(RETRY_AFTER, WITHIN.as_secs().to_string()));
    };
    timeout(WITHIN, reading).await.unwrap_or_else(|_| {
        let detail = format!("the body was not there as a whole within {WITHIN:?}: send it faster");
        Err(NotDone::new(StatusCode::REQUEST_TIMEOUT, "body too slow", detail))
    })
}

async fn read(body: Payload) -> Result<Bytes, NotDone> {
    body.to_bytes_limited(MOST_BYTES)
        .await
        .map_err(|_| {
            NotDone::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body too large",
                format!("a body may have {MOST_BYTES} bytes"),
            )
        })?
        .map_err(|error| NotDone::bad("body broken off", error.to_string()))
}

#[cfg(test)]
#[path = "body_tests.rs"]
mod tests;
