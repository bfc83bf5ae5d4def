//! Who has registered, and who registers.

use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Payload};
use hedgerow_supervisor::Arguments;
use hedgerow_view::{Identity, Path, RegistrationView, RegistryView};
use serde_json::Value;

use super::asked;
use super::bodies::{Deregistered, Heartbeat, OfInstance, OfService, Registered, Registration, Renewed};
use super::order::{TAKEN_WITHIN, arguments, only, ordered, ordered_on_record};
use super::read::{all, kind};
use crate::admin::Admin;
use crate::problem::NotDone;

/// The name that the registry has below the root.
const REGISTRY: &str = "registry";

/// Every instance that has registered.
#[utoipa::path(get, path = "/api/registry", tag = "registry", responses((status = 200, description = "By service and id.", body = Vec<RegistrationView>)))]
pub(crate) async fn registry(admin: Data<Admin>) -> Json<Vec<RegistrationView>> {
    Json(shown(&admin).registrations)
}

/// The instances of one service; none, where an upstream takes its endpoints from there.
#[utoipa::path(
    get,
    path = "/api/registry/{service}",
    tag = "registry",
    params(OfService),
    responses(
        (status = 200, description = "By id.", body = Vec<RegistrationView>),
        (status = 400, description = "It is no name.", body = hedgerow_view::Problem, content_type = "application/problem+json"),
        (status = 404, description = "Nobody has registered for it, and nobody asks for it.", body = hedgerow_view::Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn service(
    admin: Data<Admin>,
    request: HttpRequest,
) -> Result<Json<Vec<RegistrationView>>, NotDone> {
    let service = segment(&request, "service")?;
    let mut shown = shown(&admin);
    shown
        .registrations
        .retain(|registration| registration.service == service);
    if shown.registrations.is_empty() && !shown.followed.contains(&service) {
        let detail = format!("nobody has registered for `{service}`: `/api/registry` lists who has");
        return Err(NotDone::not_found(detail));
    }
    Ok(Json(shown.registrations))
}

/// Registers an instance, or changes its registration.
#[utoipa::path(
    put,
    path = "/api/registry/{service}/{id}",
    tag = "registry",
    params(OfInstance),
    request_body = Registration,
    responses((status = 200, description = "It is registered.", body = Registered)),
)]
pub(crate) async fn register(
    admin: Data<Admin>,
    request: HttpRequest,
    body: Payload,
) -> Result<Json<Value>, NotDone> {
    only(&request, &[])?;
    let arguments = named(&request, arguments(&admin, body).await?)?;
    let order = ("register", &arguments);
    let done = ordered_on_record(&admin, &request, &place(&admin), order, TAKEN_WITHIN).await;
    done.map(Json)
}

/// Ends a registration; without a version whoever holds it.
#[utoipa::path(
    delete,
    path = "/api/registry/{service}/{id}",
    tag = "registry",
    params(OfInstance, ("version" = Option<String>, Query, pattern = r"^[0-9]{1,19}\.[0-9]{1,19}$", description = "Only where the registration has this version.")),
    responses((status = 200, description = "It has ended.", body = Deregistered)),
)]
pub(crate) async fn deregister(admin: Data<Admin>, request: HttpRequest) -> Result<Json<Value>, NotDone> {
    only(&request, &["version"])?;
    let mut said_with = Arguments::new();
    if let Some(version) = asked(&request, "version") {
        said_with.insert("version".to_owned(), version.into());
    }
    let arguments = named(&request, said_with)?;
    let order = ("deregister", &arguments);
    let done = ordered_on_record(&admin, &request, &place(&admin), order, TAKEN_WITHIN).await;
    done.map(Json)
}

/// Renews a registration. There is no record of it: it is nobody's order, and there are many.
#[utoipa::path(
    post,
    path = "/api/registry/{service}/{id}/heartbeat",
    tag = "registry",
    params(OfInstance),
    request_body = Heartbeat,
    responses((status = 200, description = "It is renewed.", body = Renewed)),
)]
pub(crate) async fn heartbeat(
    admin: Data<Admin>,
    request: HttpRequest,
    body: Payload,
) -> Result<Json<Value>, NotDone> {
    only(&request, &[])?;
    let arguments = named(&request, arguments(&admin, body).await?)?;
    let order = ("heartbeat", &arguments);
    let done = ordered(&admin, &request, &place(&admin), order, TAKEN_WITHIN).await;
    done.map(Json)
}

fn place(admin: &Admin) -> Path {
    admin.directory.root().child(REGISTRY)
}

fn shown(admin: &Admin) -> RegistryView {
    all(admin, kind!(Registry)).pop().unwrap_or_default()
}

/// The arguments with service and id of the path.
fn named(request: &HttpRequest, mut arguments: Arguments) -> Result<Arguments, NotDone> {
    for key in ["service", "id"] {
        if arguments
            .insert(key.to_owned(), segment(request, key)?.into())
            .is_some()
        {
            let detail = format!("`{key}` stands in the path: remove it from the body");
            return Err(NotDone::bad("bad arguments", detail));
        }
    }
    Ok(arguments)
}

/// A segment of the path, unescaped.
fn segment(request: &HttpRequest, key: &str) -> Result<String, NotDone> {
    let escaped = request.match_info().query(key);
    let name = Identity::parse("registration", escaped).map(|id| id.name().to_owned());
    name.ok_or_else(|| {
        let detail = format!("`{key}` is one segment of the path, escaped as in a URL");
        NotDone::bad("bad path", detail)
    })
}
