//! `GET /api/openapi.json`: the document of the API, made of the handlers that serve it.

use actix_web::web::{Data, Json};
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, PathItem, Ref, RefOr, Response, ResponseBuilder, Responses};
use utoipa::{Modify, OpenApi as _};

use crate::admin::Admin;
use crate::{api, health, live, page, stream};

const BEARER: &str = "bearer";
const PROBLEM: &str = "application/problem+json";

/// What handlers say of themselves. What all have in common is added by [`Common`].
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Hedgerow admin API",
        description = "Shows the mesh and takes orders for it. Errors are problem documents (RFC 9457). What can be read answers `HEAD` too.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    paths(
        page::index, page::file,
        health::alive, health::live, health::ready,
        document,
        api::read::metrics, api::read::tree, api::read::config, api::read::breakers, api::read::breaker, api::read::chains, api::read::chain, api::read::quarantine,
        api::read::upstreams, api::read::upstream, api::read::pools, api::read::factories, api::read::telemetry, api::registry::registry, api::registry::service, api::read::events, api::why::denials, api::why::denial,
        stream::follow, live::watch,
        api::operate::instruct, api::operate::readmit, api::operate::edit, api::operate::operate, api::registry::register, api::registry::deregister, api::registry::heartbeat,
    ),
    components(schemas(hedgerow_view::Problem)),
    tags(
        (name = "page", description = "The page."),
        (name = "health", description = "Alive, ready, metrics."),
        (name = "mesh", description = "What is in the mesh, and what can be ordered of it."),
        (name = "requests", description = "What became of requests that were denied."),
        (name = "registry", description = "Instances that register themselves."),
        (name = "events", description = "What happened."),
    ),
)]
struct Document;

/// The document of the API, as OpenAPI 3.1.
#[utoipa::path(
    get,
    path = "/api/openapi.json",
    tag = "page",
    responses((status = 200, description = "This document.", body = serde_json::Value)),
)]
pub(crate) async fn document(admin: Data<Admin>) -> Json<utoipa::openapi::OpenApi> {
    Json(describe(admin.token.is_some()))
}

/// The document of a listener that asks for a token, or does not.
pub(crate) fn describe(has_token: bool) -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    Common { has_token }.modify(&mut document);
    document
}

/// What holds for each operation.
struct Common {
    has_token: bool,
}

impl Modify for Common {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        if self.has_token {
            let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
            let bearer = bearer.description(Some("The token that the listener was started with."));
            let components = document.components.get_or_insert_default();
            components.add_security_scheme(BEARER, SecurityScheme::Http(bearer.build()));
        }
        for (path, item) in &mut document.paths.paths {
            if let Some(read) = item.get.as_mut().filter(|_| path.contains('{')) {
                problem(
                    &mut read.responses,
                    "400",
                    "The path is not UTF-8 when it is unescaped.",
                );
            }
            self.complete(item);
        }
    }
}

impl Common {
    fn complete(&self, item: &mut PathItem) {
        for operation in [&mut item.get, &mut item.post, &mut item.put, &mut item.delete]
            .into_iter()
            .flatten()
        {
            problem(
                &mut operation.responses,
                "403",
                "The `Host` is none of this listener's, or a page of another origin asks.",
            );
        }
        for operation in [&mut item.post, &mut item.put, &mut item.delete]
            .into_iter()
            .flatten()
        {
            for (status, description) in [
                (
                    "400",
                    "The body, a parameter or an argument is not as it should be.",
                ),
                ("404", "There is nobody of this name."),
                ("409", "It was not done; the detail says why."),
                ("408", "The body did not come within 5 s."),
                ("413", "The body has more than 16 KiB."),
                ("415", "It was not sent as `application/json`."),
                ("429", "There is no room for it."),
                (
                    "503",
                    "Who would take the order does not run, or too many bodies are waited for.",
                ),
                ("504", "It was not answered in time, and may still be done."),
            ] {
                problem(&mut operation.responses, status, description);
            }
            if self.has_token {
                problem(&mut operation.responses, "401", "The token is missing or wrong.");
                let needed = SecurityRequirement::new(BEARER, [] as [&str; 0]);
                operation.security.get_or_insert_default().push(needed);
            }
        }
        let follows = item.get.as_ref().is_some_and(is_endless);
        item.head = item.get.as_ref().filter(|_| !follows).map(without_content);
    }
}

/// Whether its answer has no end: it cannot be asked for without.
fn is_endless(operation: &Operation) -> bool {
    let mut answers = operation.responses.responses.values();
    answers.any(|answer| match answer {
        RefOr::T(answer) => answer.content.contains_key("text/event-stream"),
        RefOr::Ref(_) => false,
    })
}

/// Adds an answer, unless the operation has its own words for it.
fn problem(responses: &mut Responses, status: &str, description: &str) {
    let schema = Ref::from_schema_name("Problem");
    let answer = ResponseBuilder::new()
        .description(description)
        .content(PROBLEM, Content::new(Some(schema)));
    responses
        .responses
        .entry(status.to_owned())
        .or_insert_with(|| answer.build().into());
}

/// The same operation, asked for its head alone.
fn without_content(operation: &Operation) -> Operation {
    let mut head = operation.clone();
    head.operation_id = head.operation_id.map(|id| format!("{id}Head"));
    for answer in head.responses.responses.values_mut() {
        if let RefOr::T(Response { content, .. }) = answer {
            content.clear();
        }
    }
    head
}

#[cfg(test)]
mod tests;
