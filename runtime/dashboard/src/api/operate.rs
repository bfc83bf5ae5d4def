//! What can be done to one actor.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Json, Payload};
use hedgerow_supervisor::{Arguments, OperateError, Order, Persistence};
use hedgerow_view::{ActorView, BreakerView, Identity, Path, UpstreamView};
use serde::Deserialize;
use serde_json::Value;

use super::bodies::{ActorOrder, BreakerOrder, ChainEdit, Edited, UpstreamOrder};
use super::{breaker, chain, readings, tail, upstream};
use crate::admin::Admin;
use crate::problem::NotDone;

/// The largest body that is read. A larger one is answered 413.
const BODY_LIMIT: usize = 16 * 1024;
/// How long a supervisor may take to take an order. At the limit the answer is 504; the order may still be taken.
pub(super) const TAKEN_WITHIN: Duration = Duration::from_secs(5);
/// How long an edit of a chain may take: a node that comes has time to start.
const EDITED_WITHIN: Duration = Duration::from_secs(30);
/// Bytes of an order's arguments that its record shows.
const RECORDED: usize = 1_024;

/// An order: the action, and what it is said with.
#[derive(Deserialize)]
struct Command {
    action: String,
    #[serde(flatten)]
    arguments: Arguments,
}

/// Does to an actor what one of its actions does, and answers how the tree shows it then.
#[utoipa::path(
    post,
    path = "/api/actors/{path}",
    tag = "mesh",
    params(("path" = String, Path, description = "Where it is in the tree, with its slashes as they are; percent-encoded by segment.")),
    request_body = ActorOrder,
    responses((status = 200, description = "The order was taken; how the tree shows the actor then.", body = ActorView)),
)]
pub(crate) async fn operate(
    admin: Data<Admin>,
    request: HttpRequest,
    body: Payload,
) -> Result<Json<ActorView>, NotDone> {
    let command = command(body).await?;
    let path = tail(&request, "path");
    let tree = admin.directory.tree();
    let actor = readings(path)
        .filter_map(|path| Path::parse(&path))
        .find_map(|place| find(&tree, &place))
        .ok_or_else(|| no_actor(path))?;
    act(&admin, &request, actor, &command, TAKEN_WITHIN).await?;
    find(&admin.directory.tree(), &actor.path)
        .cloned()
        .map(Json)
        .ok_or_else(|| no_actor(path))
}

/// Has a breaker do one of its actions, and answers how it is shown then.
#[utoipa::path(
    post,
    path = "/api/breakers/{id}",
    tag = "mesh",
    params(("id" = String, Path, description = "`name`, or `name/scope/key` with its slashes as they are; percent-encoded by segment.")),
    request_body = BreakerOrder,
    responses((status = 200, description = "It was done; how the breaker is shown then.", body = BreakerView)),
)]
pub(crate) async fn instruct(
    admin: Data<Admin>,
    request: HttpRequest,
    body: Payload,
) -> Result<Json<BreakerView>, NotDone> {
    let command = command(body).await?;
    let shown = breaker(admin.clone(), request.clone()).await?;
    let tree = admin.directory.tree();
    let actor = find(&tree, &shown.path).ok_or_else(|| no_actor(tail(&request, "id")))?;
    act(&admin, &request, actor, &command, TAKEN_WITHIN).await?;
    breaker(admin, request).await
}

/// Puts an ejected endpoint of an upstream back, and answers how the upstream is shown then.
#[utoipa::path(
    post,
    path = "/api/upstreams/{name}",
    tag = "mesh",
    params(("name" = String, Path, description = "Its name, percent-encoded.")),
    request_body = UpstreamOrder,
    responses((status = 200, description = "The endpoint is called again; how the upstream is shown then.", body = UpstreamView)),
)]
pub(crate) async fn readmit(
    admin: Data<Admin>,
    request: HttpRequest,
    body: Payload,
) -> Result<Json<UpstreamView>, NotDone> {
    let command = command(body).await?;
    let shown = upstream(admin.clone(), request.clone()).await?;
    if command.action != "readmit" {
        let detail = format!("an upstream knows `readmit`, not `{}`", command.action);
        return Err(NotDone::new(StatusCode::BAD_REQUEST, "unknown action", detail));
    }
    let name = shown.id.name();
    let tree = admin.directory.tree();
    let actor = with_id(&tree, &Identity::new("outlier", name)).ok_or_else(|| {
        let detail = format!("no rule ejects endpoints of `{name}`: see `outlier` in its config");
        NotDone::new(StatusCode::CONFLICT, "not done", detail)
    })?;
    act(&admin, &request, actor, &command, TAKEN_WITHIN).await?;
    upstream(admin, request).await
}

/// Edits a chain, and answers the revision from which on requests meet it so.
#[utoipa::path(
    post,
    path = "/api/chains/{name}",
    tag = "mesh",
    params(("name" = String, Path, description = "Its name, percent-encoded.")),
    request_body = ChainEdit,
    responses((status = 200, description = "It was made.", body = Edited)),
)]
pub(crate) async fn edit(
    admin: Data<Admin>,
    request: HttpRequest,
    body: Payload,
) -> Result<Json<Value>, NotDone> {
    let command = command(body).await?;
    let shown = chain(admin.clone(), request.clone()).await?;
    let tree = admin.directory.tree();
    let actor = with_id(&tree, &shown.id).ok_or_else(|| no_actor(tail(&request, "name")))?;
    if Order::ALL.iter().any(|order| order.name() == command.action) {
        let (action, path) = (&command.action, &actor.path);
        let detail = format!("`{action}` is no edit: order it of `/api/actors/{path}`");
        return Err(NotDone::new(StatusCode::BAD_REQUEST, "unknown action", detail));
    }
    act(&admin, &request, actor, &command, EDITED_WITHIN)
        .await
        .map(Json)
}

async fn act(
    admin: &Admin,
    request: &HttpRequest,
    actor: &ActorView,
    Command { action, arguments }: &Command,
    within: Duration,
) -> Result<Value, NotDone> {
    // Only what somebody could do is worth a record.
    if may_be_done(actor, action) {
        record(admin, request, &actor.path, &said(action, arguments));
    }
    order(admin, request, &actor.path, (action, arguments), within).await
}

/// Has the actor at `place` do this, and makes no record of it.
pub(super) async fn order(
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

/// The order in one line, cut where it is long.
pub(super) fn said(action: &str, arguments: &Arguments) -> String {
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

async fn command(body: Payload) -> Result<Command, NotDone> {
    let bytes = read(body).await?;
    serde_json::from_slice(&bytes).map_err(|error| bad_json(&error))
}

/// The body as a map; none is an empty one.
pub(super) async fn arguments(body: Payload) -> Result<Arguments, NotDone> {
    let bytes = read(body).await?;
    if bytes.is_empty() {
        return Ok(Arguments::new());
    }
    serde_json::from_slice(&bytes).map_err(|error| bad_json(&error))
}

fn bad_json(error: &serde_json::Error) -> NotDone {
    NotDone::new(StatusCode::BAD_REQUEST, "bad JSON", error.to_string())
}

async fn read(body: Payload) -> Result<Bytes, NotDone> {
    body.to_bytes_limited(BODY_LIMIT)
        .await
        .map_err(|_| {
            NotDone::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body too large",
                format!("a body may have {BODY_LIMIT} bytes"),
            )
        })?
        .map_err(|error| NotDone::new(StatusCode::BAD_REQUEST, "body broken off", error.to_string()))
}

/// Whether it is one of the actions that are listed, or an order that every actor but the root takes.
fn may_be_done(actor: &ActorView, action: &str) -> bool {
    actor.actions.contains(&action) || Order::ALL.iter().any(|order| order.name() == action)
}

/// Written before the order is given, so that none goes without: the client may be gone before the answer.
pub(super) fn record(admin: &Admin, request: &HttpRequest, place: &Path, action: &str) {
    let peer = peer(request);
    tracing::info!(target: "hedgerow::audit", %peer, action, path = %place, "ordered");
    let cause = format!("{action} ordered by {peer}");
    admin
        .directory
        .events()
        .emit("audit", place, None, cause, Persistence::Volatile);
}

/// Who asks, as the socket tells.
pub(crate) fn peer(request: &HttpRequest) -> String {
    request
        .peer_addr()
        .map_or_else(|| "an unknown peer".to_owned(), |peer| peer.to_string())
}

fn find<'a>(at: &'a ActorView, place: &Path) -> Option<&'a ActorView> {
    if at.path == *place {
        return Some(at);
    }
    at.children
        .iter()
        .filter(|child| place.starts_with(&child.path))
        .find_map(|child| find(child, place))
}

/// The actor that has this identity.
fn with_id<'a>(at: &'a ActorView, id: &Identity) -> Option<&'a ActorView> {
    if at.id.as_ref() == Some(id) {
        return Some(at);
    }
    at.children.iter().find_map(|child| with_id(child, id))
}

fn no_actor(path: &str) -> NotDone {
    NotDone::new(
        StatusCode::NOT_FOUND,
        "not found",
        format!("there is no actor at `{path}`: `/api/tree` lists the paths"),
    )
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
