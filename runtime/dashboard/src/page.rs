//! The page: files that are part of the program.

use actix_web::http::header::LOCATION;
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};

use crate::problem::NotDone;

struct File {
    name: &'static str,
    content_type: &'static str,
    text: &'static str,
}

const HTML: &str = "text/html; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! file {
    ($name:literal, $content_type:expr) => {
        File {
            name: $name,
            content_type: $content_type,
            text: include_str!(concat!("../ui/", $name)),
        }
    };
}

const INDEX: File = file!("index.html", HTML);

const FILES: &[File] = &[
    file!("address.js", SCRIPT),
    file!("app.js", SCRIPT),
    file!("breakers.js", SCRIPT),
    file!("chains.js", SCRIPT),
    file!("compose.js", SCRIPT),
    file!("details.js", SCRIPT),
    file!("dom.js", SCRIPT),
    file!("events.js", SCRIPT),
    file!("icon.svg", "image/svg+xml"),
    file!("kinds.js", SCRIPT),
    file!("orders.js", SCRIPT),
    file!("overview.js", SCRIPT),
    file!("page.css", STYLE),
    file!("parts.css", STYLE),
    file!("registry.js", SCRIPT),
    file!("resources.js", SCRIPT),
    file!("stream.js", SCRIPT),
    file!("theme.js", SCRIPT),
    file!("tree.js", SCRIPT),
    file!("upstreams.js", SCRIPT),
    file!("words.js", SCRIPT),
];

/// The page.
#[utoipa::path(get, path = "/", tag = "page", responses((status = 200, description = "The page.", body = String, content_type = "text/html")))]
pub(crate) async fn index() -> HttpResponse {
    answer(&INDEX)
}

/// `GET` without a slash at the end of the place where it is mounted: the page's links need one.
pub(crate) async fn to_its_folder(request: HttpRequest) -> HttpResponse {
    let folder = request.path().rsplit('/').next().unwrap_or_default();
    HttpResponse::PermanentRedirect()
        .insert_header((LOCATION, format!("{folder}/")))
        .finish()
}

/// What the page is made of.
#[utoipa::path(
    get,
    path = "/ui/{file}",
    tag = "page",
    params(("file" = String, Path, description = "A name that the page knows.")),
    responses(
        (status = 200, description = "The file.", content(
            (String = "text/css"), (String = "text/javascript"), (String = "image/svg+xml"),
        )),
        (status = 404, description = "The page has no such file.", body = hedgerow_view::Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn file(name: Path<String>) -> Result<HttpResponse, NotDone> {
    let file = FILES.iter().find(|file| file.name == name.as_str());
    file.map(answer)
        .ok_or_else(|| NotDone::not_found(format!("the page has no file `{name}`")))
}

fn answer(file: &File) -> HttpResponse {
    HttpResponse::Ok().content_type(file.content_type).body(file.text)
}
