//! What can be read: views of the directory, as they are.

use actix_web::web::{Data, Json};
use actix_web::{HttpRequest, HttpResponse, Responder};
use hedgerow_view::{
    ActorView, BreakerView, ChainView, ConfigView, FactoryView, HeldView, Identity, PoolView, TelemetryView,
    UpstreamView, View,
};

use super::{number, readings, tail};
use crate::admin::Admin;
use crate::problem::NotDone;

/// Picks the views of one kind.
macro_rules! kind {
    ($kind:ident) => {
        |view| match view {
            hedgerow_view::View::$kind(view) => Some(view),
            _ => None,
        }
    };
}
pub(super) use kind;

/// Metrics as Prometheus text.
#[utoipa::path(get, path = "/metrics", tag = "health", responses((status = 200, description = "Prometheus text.", body = String, content_type = "text/plain")))]
pub(crate) async fn metrics(admin: Data<Admin>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body((admin.metrics)())
}

/// The supervision tree, nested.
#[utoipa::path(get, path = "/api/tree", tag = "mesh", responses((status = 200, description = "As it is published now.", body = ActorView)))]
pub(crate) async fn tree(admin: Data<Admin>) -> Json<ActorView> {
    Json(admin.directory.tree())
}

/// Every breaker.
#[utoipa::path(get, path = "/api/breakers", tag = "mesh", responses((status = 200, description = "As it is published now.", body = Vec<BreakerView>)))]
pub(crate) async fn breakers(admin: Data<Admin>) -> Json<Vec<BreakerView>> {
    Json(all(&admin, kind!(Breaker)))
}

/// One breaker.
#[utoipa::path(
    get,
    path = "/api/breakers/{id}",
    tag = "mesh",
    params(("id" = String, Path, description = "`name`, or `name/scope/key` with its slashes as they are; percent-encoded by segment.")),
    responses(
        (status = 200, description = "As it is published now.", body = BreakerView),
        (status = 404, description = "There is none of this name.", body = hedgerow_view::Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn breaker(admin: Data<Admin>, request: HttpRequest) -> Result<Json<BreakerView>, NotDone> {
    let id = tail(&request, "id");
    one(&admin, "breaker", id, kind!(Breaker), |breaker| &breaker.id).map(Json)
}

/// Every chain with its nodes in order.
#[utoipa::path(get, path = "/api/chains", tag = "mesh", responses((status = 200, description = "As it is published now.", body = Vec<ChainView>)))]
pub(crate) async fn chains(admin: Data<Admin>) -> Json<Vec<ChainView>> {
    Json(all(&admin, kind!(Chain)))
}

/// One chain with its nodes in order.
#[utoipa::path(
    get,
    path = "/api/chains/{name}",
    tag = "mesh",
    params(("name" = String, Path, description = "Its name, percent-encoded.")),
    responses(
        (status = 200, description = "As it is published now.", body = ChainView),
        (status = 404, description = "There is none of this name.", body = hedgerow_view::Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn chain(admin: Data<Admin>, request: HttpRequest) -> Result<Json<ChainView>, NotDone> {
    let name = tail(&request, "name");
    one(&admin, "chain", name, kind!(Chain), |chain| &chain.id).map(Json)
}

/// Every upstream with its endpoints.
#[utoipa::path(get, path = "/api/upstreams", tag = "mesh", responses((status = 200, description = "As it is published now.", body = Vec<UpstreamView>)))]
pub(crate) async fn upstreams(admin: Data<Admin>) -> Json<Vec<UpstreamView>> {
    Json(all(&admin, kind!(Upstream)))
}

/// One upstream with its endpoints.
#[utoipa::path(
    get,
    path = "/api/upstreams/{name}",
    tag = "mesh",
    params(("name" = String, Path, description = "Its name, percent-encoded.")),
    responses(
        (status = 200, description = "As it is published now.", body = UpstreamView),
        (status = 404, description = "There is none of this name.", body = hedgerow_view::Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn upstream(
    admin: Data<Admin>,
    request: HttpRequest,
) -> Result<Json<UpstreamView>, NotDone> {
    one(
        &admin,
        "upstream",
        tail(&request, "name"),
        kind!(Upstream),
        |upstream| &upstream.id,
    )
    .map(Json)
}

/// Every pool: leases, who waits, its contract beside what was measured, leaks.
#[utoipa::path(get, path = "/api/pools", tag = "mesh", responses((status = 200, description = "As it is published now.", body = Vec<PoolView>)))]
pub(crate) async fn pools(admin: Data<Admin>) -> Json<Vec<PoolView>> {
    Json(all(&admin, kind!(Pool)))
}

/// Every factory: what is there, attempts, its objective beside what was measured.
#[utoipa::path(get, path = "/api/factories", tag = "mesh", responses((status = 200, description = "As it is published now.", body = Vec<FactoryView>)))]
pub(crate) async fn factories(admin: Data<Admin>) -> Json<Vec<FactoryView>> {
    Json(all(&admin, kind!(Factory)))
}

/// What goes out to a collector.
#[utoipa::path(get, path = "/api/telemetry", tag = "mesh", responses((status = 200, description = "As it is published now.", body = Vec<TelemetryView>)))]
pub(crate) async fn telemetry(admin: Data<Admin>) -> Json<Vec<TelemetryView>> {
    Json(all(&admin, kind!(Telemetry)))
}

/// The revision in force: what the mesh was asked for, with its defaults; what is named like a secret is masked.
#[utoipa::path(get, path = "/api/config", tag = "mesh", responses((status = 200, description = "As it was read, and which chains have been edited since.", body = ConfigView)))]
pub(crate) async fn config(admin: Data<Admin>) -> Json<ConfigView> {
    let mut config = ConfigView::clone(&admin.config);
    let chains = all(&admin, kind!(Chain));
    let revisions = chains.iter().map(|chain| chain.revision);
    config.revision = revisions.max().unwrap_or(config.revision);
    let edited = chains.iter().filter(|chain| !chain.edits.is_empty());
    config.edited = edited.map(|chain| chain.id.name().to_owned()).collect();
    Json(config)
}

/// Every message and every request that is refused because those like it keep crashing who gets it.
#[utoipa::path(get, path = "/api/quarantine", tag = "mesh", responses((status = 200, description = "As it is published now.", body = Vec<HeldView>)))]
pub(crate) async fn quarantine(admin: Data<Admin>) -> Json<Vec<HeldView>> {
    fn gather(actor: &ActorView, held: &mut Vec<HeldView>) {
        held.extend(HeldView::of_actor(actor));
        actor.children.iter().for_each(|child| gather(child, held));
    }
    let mut held = Vec::new();
    gather(&admin.directory.tree(), &mut held);
    held.extend(all(&admin, kind!(Chain)).iter().flat_map(HeldView::of_chain));
    Json(held)
}

/// The kept events after `since`, oldest first.
#[utoipa::path(
    get,
    path = "/api/events",
    tag = "events",
    params(("since" = Option<u64>, Query, format = "uint64", minimum = 0, description = "The `seq` of the last event that is known.")),
    responses(
        (status = 200, description = "The latest 1,000 at most.", body = Vec<hedgerow_view::Event>),
        (status = 400, description = "`since` is no whole number from 0.", body = hedgerow_view::Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn events(admin: Data<Admin>, request: HttpRequest) -> Result<impl Responder, NotDone> {
    let kept = admin.directory.events().since(since(&request)?.unwrap_or(0));
    let kept: Vec<_> = kept.iter().map(AsRef::as_ref).cloned().collect();
    Ok(Json(kept))
}

/// The `since` of the query, where there is one.
pub(crate) fn since(request: &HttpRequest) -> Result<Option<u64>, NotDone> {
    number(
        request,
        "since",
        ..,
        "the `seq` of an event: a whole number from 0",
    )
}

pub(super) fn all<T>(admin: &Admin, pick: fn(View) -> Option<T>) -> Vec<T> {
    let views = admin.directory.views();
    views.into_iter().filter_map(|(_, view)| pick(view)).collect()
}

fn one<T: Clone>(
    admin: &Admin,
    kind: &'static str,
    id: &str,
    pick: fn(View) -> Option<T>,
    identity: fn(&T) -> &Identity,
) -> Result<T, NotDone> {
    let known = all(admin, pick);
    let mut wanted = readings(id).filter_map(|id| Identity::parse(kind, &id));
    wanted
        .find_map(|wanted| known.iter().find(|found| *identity(found) == wanted).cloned())
        .ok_or_else(|| {
            NotDone::not_found(format!(
                "there is no {kind} with the id `{id}`: `/api/{kind}s` lists them"
            ))
        })
}
