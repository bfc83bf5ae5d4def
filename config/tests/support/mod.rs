//! Reads documents with an environment that every test knows.
#![allow(dead_code)] // each test file uses its part

use hedgerow_config::{Errors, Format, Revision, Source};

/// `HOST`, `PORT`, `RATE`, `EMPTY` are set; nothing else is.
pub(crate) fn environment(variable: &str) -> Option<String> {
    let value = match variable {
        "HOST" => "127.0.0.1",
        "PORT" => "9001",
        "RATE" => "0.25",
        "EMPTY" => "",
        _ => return None,
    };
    Some(value.to_owned())
}

pub(crate) fn parse(format: Format, text: &str) -> Result<Revision, Errors> {
    let name = match format {
        Format::Json => "mesh.json",
        Format::Toml => "mesh.toml",
        _ => "mesh.yaml",
    };
    Revision::parse(&Source { name, text, format }, &environment)
}

/// What the document's errors print, one a line.
pub(crate) fn errors(format: Format, text: &str) -> Vec<String> {
    match parse(format, text) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.to_string().lines().map(str::to_owned).collect(),
    }
}
