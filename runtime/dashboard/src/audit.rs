//! Who orders, and orders that were refused: a log line for each, and events, which a flood of them must not drive out.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse};
use hedgerow_supervisor::Persistence;
use tokio::time::Instant;

use crate::admin::Admin;
use crate::problem::Title;

/// Refused orders that leave an event each before they are summed up.
const AT_ONCE: u32 = 16;
/// How often one more leaves an event.
const EVERY: Duration = Duration::from_secs(1);
/// Bytes of a target that its record shows.
const RECORDED: usize = 256;

/// An order, before it is known what becomes of it.
pub(crate) struct Asked {
    method: Method,
    target: String,
    peer: String,
}

impl Asked {
    /// `None` where the request orders nothing, or is a heartbeat: it is nobody's order, and there are many.
    pub(crate) fn of(request: &ServiceRequest) -> Option<Self> {
        let method = request.method().clone();
        let target = request.path();
        if matches!(method, Method::GET | Method::HEAD) || target.ends_with("/heartbeat") {
            return None;
        }
        let shown = target.char_indices().take_while(|(at, _)| *at < RECORDED);
        Some(Self {
            method,
            target: shown.map(|(_, letter)| letter).collect(),
            peer: peer(request.request()),
        })
    }

    /// Records that it was refused, if it was.
    pub(crate) fn answered<B>(self, admin: &Admin, answer: &HttpResponse<B>) {
        if answer.status().as_u16() < 400 {
            return;
        }
        let Self { method, target, peer } = self;
        let extensions = answer.extensions();
        let why = extensions
            .get::<Title>()
            .map_or("", |Title(title)| title.as_str());
        tracing::warn!(target: "hedgerow::audit", %peer, %method, target, why, "refused");
        let Some(unsaid) = admin.refused.next(Instant::now()) else {
            return;
        };
        let mut cause = format!("{method} {target} of {peer} refused: {why}");
        if unsaid > 0 {
            cause += &format!("; {unsaid} more since the last");
        }
        let root = admin.directory.root();
        let events = admin.directory.events();
        events.emit("audit", root, None, cause, Persistence::Volatile);
    }
}

/// Who asks, as the socket tells.
pub(crate) fn peer(request: &HttpRequest) -> String {
    request
        .peer_addr()
        .map_or_else(|| "an unknown peer".to_owned(), |peer| peer.to_string())
}

/// Which refused orders leave an event: some at once, then one a second with how many were left out.
#[derive(Debug, Default)]
pub(crate) struct Refused(Mutex<Meter>);

#[derive(Debug, Default)]
struct Meter {
    spent: u32,
    unsaid: u64,
    last: Option<Instant>,
}

impl Refused {
    /// Whether one that is refused now leaves an event, and how many did not since the last that did.
    fn next(&self, now: Instant) -> Option<u64> {
        let mut meter = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = meter
            .last
            .map_or(Duration::MAX, |last| now.saturating_duration_since(last));
        let regained = u32::try_from(passed.as_secs() / EVERY.as_secs()).unwrap_or(u32::MAX);
        meter.spent = meter.spent.saturating_sub(regained);
        if meter.spent >= AT_ONCE {
            meter.unsaid += 1;
            return None;
        }
        meter.spent += 1;
        meter.last = Some(now);
        Some(std::mem::take(&mut meter.unsaid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_refused_orders_leaves_some_events_and_then_one_a_second_with_the_count() {
        let (refused, start) = (Refused::default(), Instant::now());
        for _ in 0..AT_ONCE {
            assert_eq!(refused.next(start), Some(0));
        }
        for _ in 0..100 {
            assert_eq!(refused.next(start), None);
        }
        assert_eq!(refused.next(start + EVERY), Some(100));
        assert_eq!(refused.next(start + EVERY), None);
        assert_eq!(refused.next(start + EVERY + Duration::from_secs(60)), Some(1));
    }
}
