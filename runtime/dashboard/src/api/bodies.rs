//! What orders are said with and answered by, as the document describes it. What is said is read by who takes the order.

use std::borrow::Cow;

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::openapi::{RefOr, Required};
use utoipa::{IntoParams, PartialSchema, ToSchema};

/// A body with a name in the document.
macro_rules! body {
    ($(#[doc = $doc:literal])+ $name:ident, $schema:expr) => {
        $(#[doc = $doc])+
        pub(crate) enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                $schema.into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    };
}

/// An object with what is said of it, and nothing beside.
fn closed() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn number(least: f64) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(least))
}

fn told(what: ObjectBuilder, description: &str) -> ObjectBuilder {
    what.description(Some(description))
}

fn one_of(names: &[&str]) -> ObjectBuilder {
    text().enum_values(Some(names.iter().copied()))
}

/// What a registration is compared by before it is changed.
fn version(description: &str) -> ObjectBuilder {
    told(text().pattern(Some(r"^[0-9]{1,19}\.[0-9]{1,19}$")), description)
}

/// An edit: the action, and its arguments, all of which it needs but `before`.
fn edit(action: &str, arguments: &[&str]) -> ObjectBuilder {
    let mut object = closed().property("action", one_of(&[action])).required("action");
    for argument in arguments {
        let schema = match *argument {
            "node" => told(
                ObjectBuilder::new()
                    .schema_type(Type::Object)
                    .property("kind", text())
                    .property("name", text())
                    .required("kind")
                    .additional_properties(Some(AdditionalProperties::FreeForm(true))),
                "A node as in a config file.",
            ),
            "before" => told(text(), "The node that it comes before; without it: at the end."),
            _ => told(text(), "The name of a node."),
        };
        object = object.property(*argument, schema);
        if *argument != "before" {
            object = object.required(*argument);
        }
    }
    object
}

/// Parameters of a path that are names, for the document.
macro_rules! names {
    ($(#[doc = $doc:literal])+ $name:ident, $($parameter:literal: $description:literal),+) => {
        $(#[doc = $doc])+
        pub(crate) enum $name {}

        impl IntoParams for $name {
            fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
                vec![$(name($parameter, $description)),+]
            }
        }
    };
}

fn name(parameter: &str, description: &str) -> Parameter {
    let pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]{0,98}[^\s\x00-\x1F\x7F-\x9F])?$";
    let schema = text()
        .min_length(Some(1))
        .max_length(Some(100))
        .pattern(Some(pattern));
    ParameterBuilder::new()
        .name(parameter)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

names!(
    /// A service.
    OfService,
    "service": "Its name, percent-encoded."
);

names!(
    /// An instance of a service.
    OfInstance,
    "service": "Its name, percent-encoded.",
    "id": "Which instance of it, percent-encoded."
);

body!(
    /// What an actor is to do: one of its `actions`, with what that takes.
    ActorOrder,
    closed()
        .property("action", told(text(), "`restart`, `stop`, `start`, or another of the actor's `actions`."))
        .required("action")
        .additional_properties(Some(AdditionalProperties::FreeForm(true)))
);

body!(
    /// What a breaker is to do.
    BreakerOrder,
    closed()
        .property(
            "action",
            one_of(&["forceOpen", "close", "disable", "metricsOnly", "release", "restart", "stop", "start"]),
        )
        .required("action")
);

body!(
    /// Which endpoint of an upstream is to be called again.
    UpstreamOrder,
    closed()
        .property("action", told(one_of(&["readmit"]), "Ends an ejection."))
        .property("endpoint", told(
            text().pattern(Some(r"^([A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}$")),
            "Its address, as `/api/upstreams` shows it."
        ))
        .required("action")
        .required("endpoint")
);

body!(
    /// How a chain is to be edited.
    ChainEdit,
    OneOfBuilder::new()
        .item(edit("insert", &["node", "before"]))
        .item(edit("remove", &["name"]))
        .item(edit("move", &["name", "before"]))
        .item(edit("enable", &["name"]))
        .item(edit("disable", &["name"]))
        .item(edit("replace", &["name", "node"]))
        .item(edit("dropEdits", &[]))
        .item(edit("release", &[]))
);

body!(
    /// What an edit has come to: the revision from which on requests meet the chain so, or how many were let in again.
    Edited,
    closed()
        .property("revision", number(0.0))
        .property("released", number(0.0))
);

body!(
    /// How an instance is called, and for how long without a heartbeat.
    Registration,
    closed()
        .property("addr", told(
                text().pattern(Some(r"^([A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}$")),
                "Where it is called: `host:port`."
            ))
        .required("addr")
        .property("weight", told(number(1.0).maximum(Some(1_000.0)), "How much of the calls it is to get; 1 where it is not said."))
        .property("ttlMs", told(number(1_000.0).maximum(Some(86_400_000.0)), "30000 where it is not said."))
        .property("version", version("What the last answer gave, where it holds a registration."))
);

body!(
    /// A registration was made or changed.
    Registered,
    closed()
        .property("version", told(ObjectBuilder::new().schema_type(utoipa::openapi::schema::SchemaType::from_iter([Type::String, Type::Null])), "What to show next."))
        .property("ttlMs", number(0.0))
        .property("heartbeatEveryMs", number(0.0))
        .property("persisted", ObjectBuilder::new().schema_type(Type::Boolean))
        .required("version")
        .required("ttlMs")
        .required("heartbeatEveryMs")
        .required("persisted")
);

body!(
    /// What a heartbeat shows.
    Heartbeat,
    closed()
        .property("version", version("What the last answer gave."))
        .required("version")
);

body!(
    /// A registration was renewed.
    Renewed,
    closed()
        .property("version", told(text(), "What to show next."))
        .required("version")
);

body!(
    /// A registration has ended.
    Deregistered,
    closed()
        .property("persisted", ObjectBuilder::new().schema_type(Type::Boolean))
        .required("persisted")
);
