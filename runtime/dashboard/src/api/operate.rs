//! What can be done to one actor.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Json, Payload};
use hedgerow_supervisor::Order;
use hedgerow_view::{ActorView, BreakerView, Identity, Path, UpstreamView};
use serde_json::Value;

use super::bodies::{ActorOrder, BreakerOrder, ChainEdit, Edited, UpstreamOrder};
use super::order::{Command, TAKEN_WITHIN, command, only, ordered, ordered_on_record};
use super::{breaker, chain, readings, tail, upstream};
use crate::admin::Admin;
use crate::problem::NotDone;

/// How long an edit of a chain may take: a node that comes has time to start.
const EDITED_WITHIN: Duration = Duration::from_secs(30);

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
    only(&request, &[])?;
    let command = command(&admin, body).await?;
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
    only(&request, &[])?;
    let command = command(&admin, body).await?;
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
    only(&request, &[])?;
    let command = command(&admin, body).await?;
    let shown = upstream(admin.clone(), request.clone()).await?;
    if command.action != "readmit" {
        let detail = format!("an upstream knows `readmit`, not `{}`", command.action);
        return Err(NotDone::bad("unknown action", detail));
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
    only(&request, &[])?;
    let command = command(&admin, body).await?;
    let shown = chain(admin.clone(), request.clone()).await?;
    let tree = admin.directory.tree();
    let actor = with_id(&tree, &shown.id).ok_or_else(|| no_actor(tail(&request, "name")))?;
    if Order::ALL.iter().any(|order| order.name() == command.action) {
        let (action, path) = (&command.action, &actor.path);
        let detail = format!("`{action}` is no edit: order it of `/api/actors/{path}`");
        return Err(NotDone::bad("unknown action", detail));
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
    let order = (action.as_str(), arguments);
    // Only what somebody could do is worth a record.
    if may_be_done(actor, action) {
        ordered_on_record(admin, request, &actor.path, order, within).await
    } else {
        ordered(admin, request, &actor.path, order, within).await
    }
}

/// Whether it is one of the actions that are listed, or an order that every actor but the root takes.
fn may_be_done(actor: &ActorView, action: &str) -> bool {
    actor.actions.contains(&action) || Order::ALL.iter().any(|order| order.name() == action)
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
    NotDone::not_found(format!(
        "there is no actor at `{path}`: `/api/tree` lists the paths"
    ))
}
