//! What can be done: orders for one actor.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Json, Payload};
use hedgerow_supervisor::{OperateError, Order, Persistence};
use hedgerow_view::{ActorView, Path};
use serde::Deserialize;

use super::tail;
use crate::admin::Admin;
use crate::problem::NotDone;

/// The largest body that is read. A larger one is answered 413.
const BODY_LIMIT: usize = 16 * 1024;
/// How long a supervisor may take to take an order. At the limit the answer is 504; the order may still be taken.
const TAKEN_WITHIN: Duration = Duration::from_secs(5);

const ORDERS: [Order; 3] = [Order::Restart, Order::Stop, Order::Start];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Command {
    action: String,
}

/// `POST /api/actors/{path}`: restarts, stops or starts an actor, and answers how the tree shows it then.
pub(crate) async fn operate(
    admin: Data<Admin>,
    request: HttpRequest,
    body: Payload,
) -> Result<Json<ActorView>, NotDone> {
    let order = order(body).await?;
    let path = tail(&request);
    let place = Path::parse(path).ok_or_else(|| no_actor(path))?;
    if find(&admin.directory.tree(), &place).is_none() {
        return Err(no_actor(path));
    }
    record(&admin, &request, &place, order);
    let taken = tokio::time::timeout(TAKEN_WITHIN, admin.directory.operate(&place, order)).await;
    match taken {
        Ok(Ok(())) => find(&admin.directory.tree(), &place)
            .cloned()
            .map(Json)
            .ok_or_else(|| no_actor(path)),
        Ok(Err(error)) => Err(refused(&error)),
        Err(_) => Err(NotDone::new(
            StatusCode::GATEWAY_TIMEOUT,
            "no answer",
            format!(
                "the supervisor of `{place}` did not answer within {TAKEN_WITHIN:?}: it may be blocked, and may still take the order"
            ),
        )),
    }
}

async fn order(body: Payload) -> Result<Order, NotDone> {
    let bytes = body
        .to_bytes_limited(BODY_LIMIT)
        .await
        .map_err(|_| {
            NotDone::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body too large",
                format!("a body may have {BODY_LIMIT} bytes"),
            )
        })?
        .map_err(|error| NotDone::new(StatusCode::BAD_REQUEST, "body broken off", error.to_string()))?;
    let command: Command = serde_json::from_slice(&bytes)
        .map_err(|error| NotDone::new(StatusCode::BAD_REQUEST, "bad JSON", error.to_string()))?;
    ORDERS
        .into_iter()
        .find(|order| order.name() == command.action)
        .ok_or_else(|| {
            NotDone::new(
                StatusCode::BAD_REQUEST,
                "unknown action",
                format!(
                    "`action` is `{}`: it may be `restart`, `stop` or `start`",
                    command.action
                ),
            )
        })
}

/// Written before the order is given, so that none goes without: the client may be gone before the answer.
fn record(admin: &Admin, request: &HttpRequest, place: &Path, order: Order) {
    let (peer, action) = (peer(request), order.name());
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
        // Whatever else keeps a supervisor from taking an order may pass.
        _ => (StatusCode::SERVICE_UNAVAILABLE, "supervisor down"),
    };
    NotDone::new(status, title, error.to_string())
}
