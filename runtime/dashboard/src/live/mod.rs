//! `GET /live`: everything that the page shows, as server-sent events.
//!
//! | event | data |
//! |---|---|
//! | `hello` | `last`: the number of the last event; `all`: whether the events that follow are all that are kept |
//! | `past` | `agesMs`: how long ago each kept sample was taken, oldest first; `rates`: the failure rates of breakers in them: see [`past`] |
//! | a view | what changed in it: see [`sheet`] |
//! | `seen` | `at`: when that was looked at, also where nothing has changed |
//! | `happened` | an event of the journal, at once |
//! | `missed` | how many of those were dropped, because this viewer reads too slowly |

mod board;
mod entry;
mod past;
mod sheet;
mod snapshot;

use std::convert::Infallible;
use std::sync::Arc;

use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::Stream;
use futures_util::stream::unfold;
use hedgerow_supervisor::Directory;
use hedgerow_view::{Event, Stamp, View};
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::time::{Instant, timeout_at};

pub(crate) use board::Board;
use board::{Shown, write_frame};
pub(crate) use past::EVERY as REMEMBERED_EVERY;
use snapshot::Snapshot;

use crate::admin::Admin;
use crate::problem::NotDone;
use crate::stream;

/// Events that are sent in one piece.
const TOGETHER: usize = 64;

/// Sends all that is shown, the kept events after `Last-Event-ID` (or `?since=`), and then what changes and what happens.
#[utoipa::path(
    get,
    path = "/live",
    tag = "page",
    params(
        ("since" = Option<u64>, Query, format = "uint64", minimum = 0, description = "The `seq` of the last event that is known."),
        ("last-event-id" = Option<u64>, Header, format = "uint64", minimum = 0, description = "The same, as a browser says it that comes back."),
    ),
    responses(
        (status = 200, description = "Server-sent events without an end: what the page shows, as it changes.", body = String, content_type = "text/event-stream"),
        (status = 400, description = "`since` is no whole number from 0.", body = hedgerow_view::Problem, content_type = "application/problem+json"),
        (status = 503, description = "As many follow as may.", body = hedgerow_view::Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn watch(admin: Data<Admin>, request: HttpRequest) -> Result<HttpResponse, NotDone> {
    stream::open(&admin, &request, |after, place| {
        Viewer::new(admin.directory.clone(), admin.board.clone(), after, place).frames()
    })
}

/// One client's place in the stream. It holds no frames: what it is sent is made or shared when it can be sent.
struct Viewer {
    directory: Directory,
    board: Arc<Board>,
    /// The snapshot that it has seen.
    number: Option<u64>,
    /// What it is sent before anything else, and the events that it has not seen.
    first: Option<String>,
    past: Vec<Arc<Event>>,
    live: Receiver<Arc<Event>>,
    /// Given back when the client goes.
    _place: OwnedSemaphorePermit,
}

impl Viewer {
    fn new(directory: Directory, board: Arc<Board>, after: u64, place: OwnedSemaphorePermit) -> Self {
        let events = directory.events();
        // Numbers begin anew with the process: who comes from an earlier one is sent everything.
        let last = events.since(0).last().map_or(0, |event| event.seq);
        let after = if after > last { 0 } else { after };
        let (past, live) = events.follow(after);
        let mut first = String::from("retry: 1000\n\n");
        write_frame(&mut first, "hello", &json!({ "last": last, "all": after == 0 }));
        write_frame(&mut first, "past", &board.past.told(Instant::now()));
        Self {
            directory,
            board,
            number: None,
            first: Some(first),
            past,
            live,
            _place: place,
        }
    }

    fn frames(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        unfold(self, |mut viewer| async move {
            let frames = viewer.next().await?;
            Some((Ok(frames), viewer))
        })
    }

    /// What is sent next; `None` where there will be no more.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(first) = self.first.take() {
            return Some(first.into());
        }
        loop {
            let now = Instant::now();
            if let Some(Shown { number, frames }) =
                self.board.show(self.number, now, || look(&self.directory))
            {
                self.number = Some(number);
                return Some(frames);
            }
            if !self.past.is_empty() {
                let mut text = String::new();
                self.past
                    .drain(..)
                    .for_each(|event| write_event(&mut text, &event));
                return Some(text.into());
            }
            // A turn that another viewer has taken is found at the next round.
            if let Ok(received) = timeout_at(self.board.due(now), self.live.recv()).await {
                return self.told(received);
            }
        }
    }

    /// The event that was received, and those that are there already.
    fn told(&mut self, received: Result<Arc<Event>, RecvError>) -> Option<Bytes> {
        let mut text = String::new();
        match received {
            Ok(event) => write_event(&mut text, &event),
            Err(RecvError::Lagged(missed)) => write_frame(&mut text, "missed", &json!({ "missed": missed })),
            Err(RecvError::Closed) => return None,
        }
        for _ in 1..TOGETHER {
            match self.live.try_recv() {
                Ok(event) => write_event(&mut text, &event),
                Err(TryRecvError::Lagged(missed)) => {
                    write_frame(&mut text, "missed", &json!({ "missed": missed }));
                }
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        Some(text.into())
    }
}

/// Takes a sample of the failure rates, where one is due. Nothing else is looked at.
pub(crate) fn remember(directory: &Directory, board: &Board) {
    board.past.add(Instant::now(), || {
        let views = directory.views_of("breaker");
        let rates = views.iter().filter_map(|view| match view {
            View::Breaker(breaker) => past::rate(breaker),
            _ => None,
        });
        rates.collect()
    });
}

#[expect(
    clippy::disallowed_methods,
    reason = "a stamp for people, by which a page tells how far its own clock is off; nothing is measured with it"
)]
fn look(directory: &Directory) -> (Stamp, Snapshot) {
    (std::time::SystemTime::now().into(), Snapshot::of(directory))
}

fn write_event(into: &mut String, event: &Event) {
    into.push_str(&format!("id: {}\n", event.seq));
    write_frame(into, "happened", &json!(event));
}

#[cfg(test)]
#[path = "live_tests.rs"]
mod tests;
