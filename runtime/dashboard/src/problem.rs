//! Error answers: RFC 9457 problem documents.

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderName;
use actix_web::{HttpResponse, ResponseError};
use hedgerow_view::Problem;

/// A request was not done.
#[derive(Debug, thiserror::Error)]
#[error("{}: {}", .problem.title, .problem.detail)]
pub(crate) struct NotDone {
    status: StatusCode,
    problem: Box<Problem>,
    header: Option<(HeaderName, String)>,
}

impl NotDone {
    pub(crate) fn new(status: StatusCode, title: &str, detail: impl Into<String>) -> Self {
        Self {
            status,
            problem: Box::new(Problem::new(status.as_u16(), title, detail)),
            header: None,
        }
    }

    /// What was asked for is not there.
    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not found", detail)
    }

    /// It cannot be done as it was said.
    pub(crate) fn bad(title: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, title, detail)
    }

    /// Sends this header with the answer.
    pub(crate) fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.header = Some((name, value.into()));
        self
    }
}

/// The title of the problem that an answer tells.
pub(crate) struct Title(pub(crate) String);

impl ResponseError for NotDone {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if let Some(header) = self.header.clone() {
            response.insert_header(header);
        }
        // Whoever asks why finds it beside the answer.
        response
            .extensions_mut()
            .insert(Title(self.problem.title.clone()));
        // The content type is set first: `json` keeps it.
        response
            .content_type("application/problem+json")
            .json(&self.problem)
    }
}
