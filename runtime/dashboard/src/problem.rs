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
    header: Option<(HeaderName, &'static str)>,
}

impl NotDone {
    pub(crate) fn new(status: StatusCode, title: &str, detail: impl Into<String>) -> Self {
        Self {
            status,
            problem: Box::new(Problem::new(status.as_u16(), title, detail)),
            header: None,
        }
    }

    /// Sends this header with the answer.
    pub(crate) fn with(mut self, name: HeaderName, value: &'static str) -> Self {
        self.header = Some((name, value));
        self
    }

    pub(crate) fn title(&self) -> &str {
        &self.problem.title
    }
}

impl ResponseError for NotDone {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if let Some(header) = self.header.clone() {
            response.insert_header(header);
        }
        // The content type is set first: `json` keeps it.
        response
            .content_type("application/problem+json")
            .json(&self.problem)
    }
}
