//! Which path is answered by whom.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, ServiceConfig};
use actix_web::{Error, HttpRequest, HttpResponse, Resource, ResponseError as _, Route, guard};

use crate::admin::Admin;
use crate::problem::NotDone;
use crate::{access, api, health, live, page, stream};

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

pub(crate) fn mount(admin: &Admin, config: &mut ServiceConfig) {
    let gatekeeper = admin.clone();
    let scope = web::scope("")
        .app_data(web::Data::new(admin.clone()))
        .wrap(from_fn(move |request, next| {
            at_the_door(gatekeeper.clone(), request, next)
        }))
        .service(reading("/healthz").route(read().to(health::alive)))
        .service(reading("/livez").route(read().to(health::alive)))
        .service(reading("/readyz").route(read().to(health::ready)))
        .service(reading("/metrics").route(read().to(api::metrics)))
        .service(reading("/api/tree").route(read().to(api::tree)))
        .service(reading("/api/breakers").route(read().to(api::breakers)))
        .service(
            reading("/api/breakers/{tail:.*}")
                .route(read().to(api::breaker))
                .route(web::post().to(api::instruct))
                .default_service(web::to(only_get_and_post)),
        )
        .service(reading("/api/chains").route(read().to(api::chains)))
        .service(
            reading("/api/chains/{tail:.*}")
                .route(read().to(api::chain))
                .route(web::post().to(api::edit))
                .default_service(web::to(only_get_and_post)),
        )
        .service(reading("/api/quarantine").route(read().to(api::quarantine)))
        .service(reading("/api/upstreams").route(read().to(api::upstreams)))
        .service(reading("/api/pools").route(read().to(api::pools)))
        .service(reading("/api/factories").route(read().to(api::factories)))
        .service(reading("/api/telemetry").route(read().to(api::telemetry)))
        .service(reading("/api/registry").route(read().to(api::registry)))
        .service(reading("/api/registry/{service}").route(read().to(api::service)))
        .service(
            web::resource("/api/registry/{service}/{id}")
                .route(web::put().to(api::register))
                .route(web::delete().to(api::deregister))
                .default_service(web::to(only_put_and_delete)),
        )
        .service(
            web::resource("/api/registry/{service}/{id}/heartbeat")
                .route(web::post().to(api::heartbeat))
                .default_service(web::to(only_post)),
        )
        .service(reading("/api/events").route(read().to(api::events)))
        .service(reading("/events").route(web::get().to(stream::follow)))
        .service(reading("/live").route(web::get().to(live::watch)))
        .service(
            web::resource("/api/actors/{tail:.*}")
                .route(web::post().to(api::operate))
                .default_service(web::to(only_post)),
        )
        .service(reading("").route(read().to(page::to_its_folder)))
        .service(reading("/").route(read().to(page::index)))
        .service(reading("/ui/{file}").route(read().to(page::file)))
        .default_service(web::to(not_found));
    config.service(scope);
}

fn reading(path: &str) -> Resource {
    web::resource(path.to_owned()).default_service(web::to(only_get))
}

fn read() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

async fn at_the_door(
    admin: Admin,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let mut response = match access::check(&admin, request.request()) {
        Ok(()) => next.call(request).await?.map_into_boxed_body(),
        Err(refusal) => {
            if !matches!(*request.method(), Method::GET | Method::HEAD) {
                let peer = api::peer(request.request());
                let (method, target, why) = (request.method(), request.path(), refusal.title());
                tracing::warn!(target: "hedgerow::audit", %peer, %method, target, why, "refused");
            }
            request.into_response(refusal.error_response())
        }
    };
    protect(response.headers_mut());
    Ok(response)
}

fn protect(headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

async fn not_found(request: HttpRequest) -> HttpResponse {
    NotDone::new(
        StatusCode::NOT_FOUND,
        "not found",
        format!("there is nothing at `{}`", request.path()),
    )
    .error_response()
}

async fn only_get(request: HttpRequest) -> HttpResponse {
    not_allowed(&request, "GET, HEAD")
}

async fn only_get_and_post(request: HttpRequest) -> HttpResponse {
    not_allowed(&request, "GET, HEAD, POST")
}

async fn only_put_and_delete(request: HttpRequest) -> HttpResponse {
    not_allowed(&request, "PUT, DELETE")
}

async fn only_post(request: HttpRequest) -> HttpResponse {
    not_allowed(&request, "POST")
}

fn not_allowed(request: &HttpRequest, allowed: &'static str) -> HttpResponse {
    NotDone::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method not allowed",
        format!("`{}` takes {allowed}, not {}", request.path(), request.method()),
    )
    .with(ALLOW, allowed)
    .error_response()
}
