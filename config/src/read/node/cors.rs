//! `kind: cors`.

use super::super::{Keys, Section};
use crate::Cors;
use crate::error::Problems;

const KEYS: Keys = Keys::of(&[
    "name",
    "kind",
    "panicBudget",
    "origins",
    "methods",
    "headers",
    "exposeHeaders",
    "credentials",
    "maxAge",
    "maxAgeMs",
]);

pub(super) fn read(section: &Section<'_>, problems: &mut Problems) -> Cors {
    section.check_keys(&KEYS, problems);
    let origin = "https://shop.example";
    let origins = section
        .require("origins", "origins: [ \"https://shop.example\" ]", problems)
        .map(|field| field.texts("a list of origins", "an origin", origin, problems));
    let mut cors = Cors::new(origins.unwrap_or_else(|| vec![origin.to_owned()]));
    if let Some(field) = section.field("methods") {
        cors.methods = field.texts("a list of methods", "a method", "PUT", problems);
    }
    let lists = [
        ("headers", &mut cors.headers),
        ("exposeHeaders", &mut cors.expose_headers),
    ];
    for (key, headers) in lists {
        if let Some(field) = section.field(key) {
            *headers = field.texts("a list of headers", "the name of a header", "x-tenant", problems);
        }
    }
    if let Some(credentials) = section
        .field("credentials")
        .and_then(|field| field.flag(problems))
    {
        cors.credentials = credentials;
    }
    cors.max_age = section.time("maxAge", problems);
    cors
}
