//! `kind: reply`.

use super::super::{Keys, Section};
use crate::StaticReply;
use crate::error::Problems;

const KEYS: Keys = Keys::of(&["name", "kind", "panicBudget", "status", "headers", "body", "path"]);

pub(super) fn read(section: &Section<'_>, problems: &mut Problems) -> StaticReply {
    section.check_keys(&KEYS, problems);
    let mut reply = StaticReply::default();
    if let Some(status) = section.count("status", problems) {
        reply.status = u16::try_from(status).unwrap_or(u16::MAX);
    }
    if let Some(field) = section.field("headers") {
        reply.headers = field.headers(problems);
    }
    if let Some(body) = section
        .field("body")
        .and_then(|field| field.text("the text of the body", "\"sold out\"", problems))
    {
        reply.body = body.to_owned();
    }
    reply.path = section
        .field("path")
        .and_then(|field| field.text("a path", "/health", problems))
        .map(str::to_owned);
    reply
}
