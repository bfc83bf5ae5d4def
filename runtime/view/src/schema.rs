//! What is written as text of its own form, as the document of the API describes it.

use std::borrow::Cow;

use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{KnownFormat, RefOr, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

use crate::{Identity, Path, Stamp};

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

impl PartialSchema for Identity {
    fn schema() -> RefOr<Schema> {
        text()
            .description(Some(
                "Who it is: `name`, or `name/scope/key`; percent-encoded by segment, to be pasted behind a URL.",
            ))
            .examples(["payments/endpoint/127.0.0.1:9001"])
            .into()
    }
}

impl ToSchema for Identity {
    fn name() -> Cow<'static, str> {
        "Identity".into()
    }
}

impl PartialSchema for Path {
    fn schema() -> RefOr<Schema> {
        text()
            .description(Some(
                "A place in the tree, from the root down; percent-encoded by segment, to be pasted behind a URL.",
            ))
            .examples(["gateway/upstreams/payments"])
            .into()
    }
}

impl ToSchema for Path {
    fn name() -> Cow<'static, str> {
        "Path".into()
    }
}

impl PartialSchema for Stamp {
    fn schema() -> RefOr<Schema> {
        text()
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("An instant as RFC 3339 in UTC, with milliseconds."))
            .into()
    }
}

impl ToSchema for Stamp {
    fn name() -> Cow<'static, str> {
        "Stamp".into()
    }
}
