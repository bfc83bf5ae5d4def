//! What can be read: views of the directory, as they are.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse, Responder};
use hedgerow_view::{
    ActorView, BreakerView, ChainView, FactoryView, HeldView, Identity, PoolView, TelemetryView,
    UpstreamView, View,
};

use super::tail;
use crate::admin::Admin;
use crate::problem::NotDone;

/// `GET /metrics`.
pub(crate) async fn metrics(admin: Data<Admin>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body((admin.metrics)())
}

/// `GET /api/tree`.
pub(crate) async fn tree(admin: Data<Admin>) -> Json<ActorView> {
    Json(admin.directory.tree())
}

/// `GET /api/breakers`.
pub(crate) async fn breakers(admin: Data<Admin>) -> Json<Vec<BreakerView>> {
    Json(all(&admin, breaker_of))
}

/// `GET /api/breakers/{id}`.
pub(crate) async fn breaker(admin: Data<Admin>, request: HttpRequest) -> Result<Json<BreakerView>, NotDone> {
    one(&admin, "breaker", tail(&request), breaker_of, |breaker| {
        &breaker.id
    })
    .map(Json)
}

/// `GET /api/chains`.
pub(crate) async fn chains(admin: Data<Admin>) -> Json<Vec<ChainView>> {
    Json(all(&admin, chain_of))
}

/// `GET /api/chains/{name}`.
pub(crate) async fn chain(admin: Data<Admin>, request: HttpRequest) -> Result<Json<ChainView>, NotDone> {
    one(&admin, "chain", tail(&request), chain_of, |chain| &chain.id).map(Json)
}

/// `GET /api/upstreams`.
pub(crate) async fn upstreams(admin: Data<Admin>) -> Json<Vec<UpstreamView>> {
    Json(all(&admin, |view| match view {
        View::Upstream(upstream) => Some(upstream),
        _ => None,
    }))
}

/// `GET /api/pools`.
pub(crate) async fn pools(admin: Data<Admin>) -> Json<Vec<PoolView>> {
    Json(all(&admin, |view| match view {
        View::Pool(pool) => Some(pool),
        _ => None,
    }))
}

/// `GET /api/factories`.
pub(crate) async fn factories(admin: Data<Admin>) -> Json<Vec<FactoryView>> {
    Json(all(&admin, |view| match view {
        View::Factory(factory) => Some(factory),
        _ => None,
    }))
}

/// `GET /api/telemetry`.
pub(crate) async fn telemetry(admin: Data<Admin>) -> Json<Vec<TelemetryView>> {
    Json(all(&admin, |view| match view {
        View::Telemetry(exporter) => Some(exporter),
        _ => None,
    }))
}

/// `GET /api/quarantine`: every message and every request that is refused because those like it keep crashing who gets it.
pub(crate) async fn quarantine(admin: Data<Admin>) -> Json<Vec<HeldView>> {
    fn gather(actor: &ActorView, held: &mut Vec<HeldView>) {
        held.extend(HeldView::of_actor(actor));
        actor.children.iter().for_each(|child| gather(child, held));
    }
    let mut held = Vec::new();
    gather(&admin.directory.tree(), &mut held);
    held.extend(all(&admin, chain_of).iter().flat_map(HeldView::of_chain));
    Json(held)
}

/// `GET /api/events?since=SEQ`: the kept events after `SEQ`, oldest first.
pub(crate) async fn events(admin: Data<Admin>, request: HttpRequest) -> Result<impl Responder, NotDone> {
    let kept = admin.directory.events().since(since(&request)?.unwrap_or(0));
    let kept: Vec<_> = kept.iter().map(AsRef::as_ref).cloned().collect();
    Ok(Json(kept))
}

/// The `since` of the query, where there is one.
pub(crate) fn since(request: &HttpRequest) -> Result<Option<u64>, NotDone> {
    let asked = request
        .query_string()
        .split('&')
        .find_map(|pair| pair.strip_prefix("since="));
    asked
        .map(|seq| {
            seq.parse().map_err(|_| {
                NotDone::new(
                    StatusCode::BAD_REQUEST,
                    "bad query",
                    "`since` is the `seq` of an event: a whole number from 0",
                )
            })
        })
        .transpose()
}

fn breaker_of(view: View) -> Option<BreakerView> {
    match view {
        View::Breaker(breaker) => Some(breaker),
        _ => None,
    }
}

fn chain_of(view: View) -> Option<ChainView> {
    match view {
        View::Chain(chain) => Some(chain),
        _ => None,
    }
}

fn all<T>(admin: &Admin, pick: fn(View) -> Option<T>) -> Vec<T> {
    let views = admin.directory.views();
    views.into_iter().filter_map(|(_, view)| pick(view)).collect()
}

fn one<T>(
    admin: &Admin,
    kind: &'static str,
    id: &str,
    pick: fn(View) -> Option<T>,
    identity: fn(&T) -> &Identity,
) -> Result<T, NotDone> {
    let wanted = Identity::parse(kind, id);
    wanted
        .and_then(|wanted| {
            all(admin, pick)
                .into_iter()
                .find(|found| *identity(found) == wanted)
        })
        .ok_or_else(|| {
            NotDone::new(
                StatusCode::NOT_FOUND,
                "not found",
                format!("there is no {kind} with the id `{id}`: `/api/{kind}s` lists them"),
            )
        })
}
