//! Why a request was denied.

use actix_web::HttpRequest;
use actix_web::web::{Data, Json};
use hedgerow_view::DenialView;

use super::{number, tail};
use crate::admin::Admin;
use crate::problem::NotDone;

/// How many are listed where nobody says how many.
const LISTED: usize = 100;
/// How many are listed at most.
const MOST: usize = 1_000;

/// The requests that were denied last, the newest first.
#[utoipa::path(
    get,
    path = "/api/why",
    tag = "requests",
    params(("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "How many are listed at most: 100 where it is not said.")),
    responses(
        (status = 200, description = "The newest first.", body = Vec<DenialView>),
        (status = 400, description = "`limit` is no whole number from 1 to 1,000.", body = hedgerow_view::Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn denials(
    admin: Data<Admin>,
    request: HttpRequest,
) -> Result<Json<Vec<DenialView>>, NotDone> {
    let meaning = format!("how many are listed at most: a whole number from 1 to {MOST}");
    let limit = number(&request, "limit", 1..=MOST, &meaning)?;
    let newest = admin.directory.denials().newest(limit.unwrap_or(LISTED));
    Ok(Json(
        newest.iter().map(|denial| DenialView::clone(denial)).collect(),
    ))
}

/// Who denied this request, by which rule, limit and observed value: the newest one with this `x-request-id`, or of this
/// trace. It is asked for in the process that denied it, and is kept in memory alone.
#[utoipa::path(
    get,
    path = "/api/why/{id}",
    tag = "requests",
    params(("id" = String, Path, description = "The request's id as its answer bore it, or its trace's as 32 hexadecimal digits; escaped as in a URL.")),
    responses(
        (status = 200, description = "Who denied it, and why.", body = DenialView),
        (status = 404, description = "It was not denied here, or too long ago; how many are kept.", body = hedgerow_view::Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn denial(admin: Data<Admin>, request: HttpRequest) -> Result<Json<DenialView>, NotDone> {
    let denials = admin.directory.denials();
    let escaped = tail(&request, "id");
    let id = percent_encoding::percent_decode_str(escaped).decode_utf8_lossy();
    if let Some(denial) = denials.find(&id) {
        return Ok(Json(DenialView::clone(&denial)));
    }
    let (kept, missed) = (denials.kept(), denials.missed());
    let newest = denials.newest(usize::MAX);
    let since = newest
        .last()
        .map(|oldest| format!(", the oldest of {}", oldest.at))
        .unwrap_or_default();
    let detail = format!(
        "no denied request with the id `{escaped}` is kept: it was answered by its service, or denied too long ago, by another \
         process or before the last start; {kept} are kept{since}, and {missed} were not kept in the rush; `/api/why` lists them"
    );
    Err(NotDone::not_found(detail))
}
