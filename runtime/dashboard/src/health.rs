//! Alive, and ready.

use std::fmt::Write as _;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use hedgerow_supervisor::Directory;
use hedgerow_view::{Path, View};
use serde::Serialize;

use crate::admin::Admin;

/// What is to be said of the mesh as a whole: one line of `/readyz?verbose`, one of the page.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Finding {
    /// How much it counts.
    pub(crate) weight: Weight,
    /// Where that is.
    pub(crate) path: Option<Path>,
    /// What is so.
    pub(crate) said: String,
}

/// How much a finding counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Weight {
    /// While this is so, the mesh is not ready.
    Reason,
    /// Somebody should know, and requests are served.
    Warning,
    /// As it should be.
    Well,
}

/// Every finding about this tree, which shows these views: the reasons first.
pub(crate) fn findings<'a>(
    directory: &Directory,
    views: impl Iterator<Item = &'a View> + Clone,
) -> Vec<Finding> {
    let about = |weight, path: &Path, said: String| Finding {
        weight,
        path: Some(path.clone()),
        said,
    };
    let mut findings = Vec::new();
    for reason in directory.not_ready() {
        findings.push(about(Weight::Reason, &reason.path, reason.state.name().into()));
    }
    for (path, why) in views.clone().filter_map(awaited) {
        findings.push(about(Weight::Reason, path, one_line(&why)));
    }
    for path in directory.stopped() {
        let said = "stopped; nobody starts it by himself".into();
        findings.push(about(Weight::Warning, &path, said));
    }
    for view in views {
        if let View::Store(store) = view {
            let backend = &store.backend;
            let (weight, said) = match &store.problem {
                Some(problem) => (Weight::Warning, format!("in memory only: {}", one_line(problem))),
                None if store.durable => (Weight::Well, format!("{backend}, durable")),
                None => (Weight::Well, format!("{backend}, not durable, as configured")),
            };
            findings.push(Finding {
                weight,
                path: None,
                said: format!("store: {said}"),
            });
        }
    }
    findings
}

/// Whether none of these is a reason not to be ready.
pub(crate) fn is_ready(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.weight != Weight::Reason)
}

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
    let views = admin.directory.views();
    let findings = findings(&admin.directory, views.iter().map(|(_, view)| view));
    let (status, verdict) = if is_ready(&findings) {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
    };
    let mut answer = String::from(verdict);
    if is_verbose(&request) {
        for Finding { weight, path, said } in findings {
            let mark = match weight {
                Weight::Reason => '-',
                Weight::Warning => '!',
                Weight::Well => '+',
            };
            // Writing to a string cannot fail.
            let _ = match path {
                Some(path) => writeln!(answer, "[{mark}] {path}: {said}"),
                None => writeln!(answer, "[{mark}] {said}"),
            };
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
