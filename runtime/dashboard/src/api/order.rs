//! How an order is read, given and answered.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::Payload;
use hedgerow_supervisor::{Arguments, OperateError, Persistence};
use hedgerow_view::Path;
use serde::Deserialize;
use serde_json::Value;

use super::body::whole;
use crate::admin::Admin;
use crate::audit::peer;
use crate::problem::NotDone;

/// How long a supervisor may take to take an order. At the limit the answer is 504; the order may still be taken.
pub(super) const TAKEN_WITHIN: Duration = Duration::from_secs(5);
/// Bytes of an order's arguments that its record shows.
const RECORDED: usize = 1_024;

/// An order: the action, and what it is said with.
#[derive(Deserialize)]
pub(super) struct Command {
    pub(super) action: String,
    #[serde(flatten)]
    pub(super) arguments: Arguments,
}

/// Holds the query of an order to what it may say: a word that is misspelt must not be taken for one that is missing.
pub(super) fn only(request: &HttpRequest, known: &[&str]) -> Result<(), NotDone> {
    let said = request.query_string().split('&').filter(|pair| !pair.is_empty());
    let odd = said
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .find(|(key, value)| value.is_empty() || !known.contains(key));
    let Some((key, _)) = odd else {
        return Ok(());
    };
    let takes = match known {
        [] => "none".to_owned(),
        known => format!("`{}`, with a value", known.join("`, `")),
    };
    let detail = format!("the query says `{key}`: this order takes {takes}");
    Err(NotDone::bad("bad query", detail))
}

/// The body as an order.
pub(super) async fn command(admin: &Admin, body: Payload) -> Result<Command, NotDone> {
    let bytes = whole(&admin.unfinished, body).await?;
    serde_json::from_slice(&bytes).map_err(|error| bad_json(&error))
}

/// The body as a map; none is an empty one.
pub(super) async fn arguments(admin: &Admin, body: Payload) -> Result<Arguments, NotDone> {
    let bytes = whole(&admin.unfinished, body).await?;
    if bytes.is_empty() {
        return Ok(Arguments::new());
    }
    serde_json::from_slice(&bytes).map_err(|error| bad_json(&error))
}

fn bad_json(error: &serde_json::Error) -> NotDone {
    NotDone::bad("bad JSON", error.to_string())
}

/// Has the actor at `place` do this, and makes no record of it.
pub(super) async fn ordered(
    admin: &Admin,
    request: &HttpRequest,
    place: &Path,
    (action, arguments): (&str, &Arguments),
    within: Duration,
) -> Result<Value, NotDone> {
    let by = peer(request);
    let done = tokio::time::timeout(within, admin.directory.act(place, action, arguments, &by)).await;
    match done {
        Ok(done) => done.map_err(|error| refused(&error)),
        Err(_) => Err(NotDone::new(
            StatusCode::GATEWAY_TIMEOUT,
            "no answer",
            format!(
                "`{action}` of `{place}` was not answered within {within:?}: who takes it may be blocked, and may still do it"
            ),
        )),
    }
}

/// The same, on the record: it is written before the order is given, so that none goes without; the client may be gone before the
/// answer.
pub(super) async fn ordered_on_record(
    admin: &Admin,
    request: &HttpRequest,
    place: &Path,
    (action, arguments): (&str, &Arguments),
    within: Duration,
) -> Result<Value, NotDone> {
    let (peer, said) = (peer(request), said(action, arguments));
    tracing::info!(target: "hedgerow::audit", %peer, action = said, path = %place, "ordered");
    let cause = format!("{said} ordered by {peer}");
    let events = admin.directory.events();
    events.emit("audit", place, None, cause, Persistence::Volatile);
    ordered(admin, request, place, (action, arguments), within).await
}

/// The order in one line, cut where it is long.
fn said(action: &str, arguments: &Arguments) -> String {
    if arguments.is_empty() {
        return action.to_owned();
    }
    let mut shown = Value::Object(arguments.clone()).to_string();
    if shown.len() > RECORDED {
        let end = (0..=RECORDED).rev().find(|end| shown.is_char_boundary(*end));
        shown.truncate(end.unwrap_or(0));
        shown.push_str("...");
    }
    format!("{action} {shown}")
}

fn refused(error: &OperateError) -> NotDone {
    let (status, title) = match error {
        OperateError::NotFound { .. } => (StatusCode::NOT_FOUND, "not found"),
        OperateError::Root { .. } => (StatusCode::CONFLICT, "the root has no supervisor"),
        OperateError::UnknownAction { .. } => (StatusCode::BAD_REQUEST, "unknown action"),
        OperateError::BadArguments { .. } => (StatusCode::BAD_REQUEST, "bad arguments"),
        OperateError::Missing { .. } => (StatusCode::NOT_FOUND, "not found"),
        OperateError::Full { .. } => (StatusCode::TOO_MANY_REQUESTS, "no room"),
        OperateError::NotDone { .. } => (StatusCode::CONFLICT, "not done"),
        OperateError::Unavailable { .. } => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        // Whatever else keeps a supervisor from taking an order may pass.
        _ => (StatusCode::SERVICE_UNAVAILABLE, "supervisor down"),
    };
    NotDone::new(status, title, error.to_string())
}
