//! Alive, and ready.

use std::fmt::Write as _;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use hedgerow_view::{Path, View};

use crate::admin::Admin;

/// It answers, so it is alive.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, description = "`alive`.", body = String, content_type = "text/plain")))]
pub(crate) async fn alive() -> HttpResponse {
    text(StatusCode::OK, "alive\n".into())
}

/// The same under its other name.
#[utoipa::path(get, path = "/livez", tag = "health", responses((status = 200, description = "`alive`.", body = String, content_type = "text/plain")))]
pub(crate) async fn live() -> HttpResponse {
    alive().await
}

/// 503 while an actor that should run does not, or an upstream or a required factory waits for its first success. A store that lost its disk is told, and no reason to turn requests
/// away: they are served from memory.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "health",
    params(("verbose" = Option<String>, Query, description = "Lists the reasons; also without a value.", allow_reserved)),
    responses(
        (status = 200, description = "`ready`.", body = String, content_type = "text/plain"),
        (status = 503, description = "`not ready`.", body = String, content_type = "text/plain"),
    ),
)]
pub(crate) async fn ready(admin: Data<Admin>, request: HttpRequest) -> HttpResponse {
    let reasons = admin.directory.not_ready();
    let views = admin.directory.views();
    let awaited: Vec<(&Path, String)> = views.iter().filter_map(|(_, view)| awaited(view)).collect();
    let (status, verdict) = if reasons.is_empty() && awaited.is_empty() {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
    };
    let mut answer = String::from(verdict);
    if is_verbose(&request) {
        for reason in reasons {
            // Writing to a string cannot fail.
            let _ = writeln!(answer, "[-] {}: {}", reason.path, reason.state.name());
        }
        for (path, why) in awaited {
            let _ = writeln!(answer, "[-] {path}: {}", one_line(&why));
        }
        for path in admin.directory.stopped() {
            let _ = writeln!(answer, "[!] {path}: stopped; nobody starts it by himself");
        }
        for (_, view) in &views {
            if let View::Store(store) = view {
                let backend = &store.backend;
                let _ = match &store.problem {
                    Some(problem) => writeln!(answer, "[!] store: in memory only: {}", one_line(problem)),
                    None if store.durable => writeln!(answer, "[+] store: {backend}, durable"),
                    None => writeln!(answer, "[+] store: {backend}, not durable, as configured"),
                };
            }
        }
    }
    text(status, answer)
}

/// Which upstream was not reached yet, which required factory has not made anything yet, and why.
fn awaited(view: &View) -> Option<(&Path, String)> {
    match view {
        View::Upstream(upstream) => Some((&upstream.path, upstream.awaited()?)),
        View::Factory(factory) => Some((&factory.path, factory.awaited()?)),
        _ => None,
    }
}

fn is_verbose(request: &HttpRequest) -> bool {
    request
        .query_string()
        .split('&')
        .any(|pair| pair.split('=').next() == Some("verbose"))
}

/// One reason, one line.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn text(status: StatusCode, body: String) -> HttpResponse {
    HttpResponse::build(status)
        .content_type("text/plain; charset=utf-8")
        .body(body)
}
