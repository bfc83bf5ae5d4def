//! From a revision back to a document, with all that a document may leave out.
//!
//! | file | subject |
//! |---|---|
//! | `root` | the top: listeners, chains, telemetry |
//! | `node` | the nodes of chains |
//! | `upstream` | upstreams |
//! | `breaker` | what refuses calls: breakers, outliers |
//! | `secret` | what is not shown |

mod breaker;
mod node;
mod root;
mod secret;
#[cfg(test)]
mod tests;
mod upstream;

use std::time::Duration;

use serde_json::Value;

use crate::Revision;

impl Revision {
    /// The revision as a document says it, in JSON and with every default; what may be a secret is masked with `***`: the credentials
    /// of a URL, and the values of fields and attributes that are named like one (`authorization`, `x-api-key`, ...).
    ///
    /// Read again it is the same revision, but for what is masked and the order of names.
    ///
    /// ```
    /// use hedgerow_config::{Format, Revision, Source};
    ///
    /// let text = "
    /// version: 1
    /// listeners: [ { bind: 127.0.0.1:8080, chain: edge } ]
    /// chains: { edge: { nodes: [ { kind: route, rules: [ { path: /, upstream: web } ] } ] } }
    /// upstreams: { web: { endpoints: [ \"127.0.0.1:9001\" ] } }
    /// ";
    /// let source = Source { name: "mesh.yaml", text, format: Format::Yaml };
    /// let revision = Revision::parse(&source, &|_| None).unwrap();
    /// assert_eq!(revision.to_document()["upstreams"]["web"]["connectTimeout"], "1s");
    /// ```
    pub fn to_document(&self) -> Value {
        let mut document = root::revision(self);
        finish(&mut document);
        document
    }
}

/// A time in the largest unit that it is a whole number of.
fn time(time: Duration) -> Value {
    let millis = time.as_millis();
    let units = [(3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    let fits = units
        .into_iter()
        .find(|(each, _)| millis > 0 && millis.is_multiple_of(*each));
    let (each, unit) = fits.unwrap_or((1, "ms"));
    format!("{}{unit}", millis / each).into()
}

/// What may be turned off.
fn or_off<T>(value: Option<T>, write: impl FnOnce(T) -> Value) -> Value {
    value.map_or_else(|| "off".into(), write)
}

/// What stands in the document only where there is something to say.
fn unless_empty<T: Into<Value> + Clone>(items: &[T]) -> Value {
    if items.is_empty() {
        Value::Null
    } else {
        items.to_vec().into()
    }
}

/// Takes out what is not said, and makes each text one in which nothing is substituted.
fn finish(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(finish);
        }
        Value::Array(items) => items.iter_mut().for_each(finish),
        Value::String(text) if text.contains("${") => *text = text.replace("${", "$${"),
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {}
    }
}
