//! Which path is answered by whom.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, ServiceConfig};
use actix_web::{Error, HttpRequest, HttpResponse, ResponseError as _};
use percent_encoding::percent_decode_str;
use tokio::task::yield_now;

use crate::admin::Admin;
use crate::mounting::{Mounting, follow, order, read};
use crate::problem::NotDone;
use crate::{access, api, audit, health, live, openapi, page, stream};

/// Sent with every answer. Nothing is loaded from elsewhere, nothing inline is run, nobody frames the page, and nothing
/// is kept: it is all about this instant.
const HEADERS: [(HeaderName, &str); 5] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (CACHE_CONTROL, "no-store"),
];

impl Admin {
    /// Mounts everything here. In an app with other routes, give it a scope of its own: it answers whatever comes to
    /// it, what it does not know with 404.
    pub fn configure(&self, config: &mut ServiceConfig) {
        let gatekeeper = self.clone();
        let (scope, _) = table().done();
        let scope = scope
            .app_data(web::Data::new(self.clone()))
            .wrap(from_fn(move |request, next| {
                at_the_door(gatekeeper.clone(), request, next)
            }))
            .default_service(web::to(not_found));
        config.service(scope);
    }
}

/// Every path that is served, and what can be done there.
pub(crate) fn table() -> Mounting {
    Mounting::new()
        .at("/healthz", [read(health::alive)])
        .at("/livez", [read(health::live)])
        .at("/readyz", [read(health::ready)])
        .at("/metrics", [read(api::metrics)])
        .at("/api/openapi.json", [read(openapi::document)])
        .at("/api/tree", [read(api::tree)])
        .at("/api/config", [read(api::config)])
        .at("/api/breakers", [read(api::breakers)])
        .at(
            "/api/breakers/{id:.*}",
            [read(api::breaker), order(Method::POST, api::instruct)],
        )
        .at("/api/chains", [read(api::chains)])
        .at(
            "/api/chains/{name:.*}",
            [read(api::chain), order(Method::POST, api::edit)],
        )
        .at("/api/quarantine", [read(api::quarantine)])
        .at("/api/upstreams", [read(api::upstreams)])
        .at(
            "/api/upstreams/{name:.*}",
            [read(api::upstream), order(Method::POST, api::readmit)],
        )
        .at("/api/pools", [read(api::pools)])
        .at("/api/factories", [read(api::factories)])
        .at("/api/telemetry", [read(api::telemetry)])
        .at("/api/registry", [read(api::registry)])
        .at("/api/registry/{service}", [read(api::service)])
        .at(
            "/api/registry/{service}/{id}",
            [
                order(Method::PUT, api::register),
                order(Method::DELETE, api::deregister),
            ],
        )
        .at(
            "/api/registry/{service}/{id}/heartbeat",
            [order(Method::POST, api::heartbeat)],
        )
        .at("/api/events", [read(api::events)])
        .at("/events", [follow(stream::follow)])
        .at("/live", [follow(live::watch)])
        .at("/api/why", [read(api::denials)])
        .at("/api/why/{id:.*}", [read(api::denial)])
        .at("/api/actors/{path:.*}", [order(Method::POST, api::operate)])
        .at("", [read(page::to_its_folder)])
        .at("/", [read(page::index)])
        .at("/ui/{file}", [read(page::file)])
}

async fn at_the_door(
    admin: Admin,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    // A client that sends many requests at once has each wait for its turn among all others.
    yield_now().await;
    let asked = audit::Asked::of(&request);
    let mut response = match access::check(&admin.guests, admin.token.as_ref(), request.request()) {
        Ok(()) if !is_text(request.uri().path()) => {
            let detail =
                "each segment of the path is UTF-8 when it is unescaped: write names as the API shows them";
            request.into_response(NotDone::bad("bad path", detail).error_response())
        }
        Ok(()) => next.call(request).await?.map_into_boxed_body(),
        Err(refusal) => request.into_response(refusal.error_response()),
    };
    if let Some(asked) = asked {
        asked.answered(&admin, response.response());
    }
    protect(response.headers_mut());
    Ok(response)
}

/// Whether a path is UTF-8 when it is unescaped. What is not would be read as one name, whatever its bytes.
fn is_text(path: &str) -> bool {
    percent_decode_str(path).decode_utf8().is_ok()
}

fn protect(headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

async fn not_found(request: HttpRequest) -> HttpResponse {
    NotDone::not_found(format!("there is nothing at `{}`", request.path())).error_response()
}
