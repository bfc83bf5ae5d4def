//! What is served is what the document names.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::routes;

fn json(has_token: bool) -> Value {
    serde_json::to_value(describe(has_token)).unwrap()
}

#[test]
fn the_routes_and_the_document_name_the_same_paths_and_methods() {
    let (_, known) = routes::table().done();
    let served: BTreeSet<(String, String)> = known
        .iter()
        // Where the page is mounted without its slash is no path of its own.
        .filter(|known| !known.path.is_empty())
        .flat_map(|known| {
            let methods = known.methods.iter();
            methods.map(|method| (known.path.clone(), method.as_str().to_lowercase()))
        })
        .collect();
    let document = json(false);
    let named: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys();
            methods.map(|method| (path.clone(), method.clone()))
        })
        .collect();
    assert_eq!(served, named);
}

#[test]
fn each_parameter_of_a_path_is_described() {
    for (path, item) in json(false)["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let none = Vec::new();
            let parameters = operation["parameters"].as_array().unwrap_or(&none);
            let described: BTreeSet<&str> = parameters
                .iter()
                .filter(|parameter| parameter["in"] == "path")
                .map(|parameter| parameter["name"].as_str().unwrap())
                .collect();
            let named: BTreeSet<&str> = path
                .split('{')
                .skip(1)
                .map(|rest| rest.split('}').next().unwrap())
                .collect();
            assert_eq!(described, named, "{method} {path}");
        }
    }
}

#[test]
fn orders_need_the_token_where_one_is_set_and_reading_never_does() {
    let (with, without) = (json(true), json(false));
    assert_eq!(with["openapi"], "3.1.0");
    assert!(without["components"].get("securitySchemes").is_none());
    for (path, item) in with["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let is_order = ["post", "put", "delete"].contains(&method.as_str());
            assert_eq!(operation.get("security").is_some(), is_order, "{method} {path}");
            assert_eq!(
                operation["responses"].get("401").is_some(),
                is_order,
                "{method} {path}"
            );
            let open = &without["paths"][path][method];
            assert!(open.get("security").is_none(), "{method} {path}");
        }
    }
}

#[test]
fn each_reference_leads_somewhere() {
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let document = json(true);
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 20, "{found:?}");
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

/// A field is there or it is not, or it is there and may be `null`: never both at once, so that nobody has to expect both.
#[test]
fn a_field_of_an_answer_that_may_be_null_is_always_there() {
    let document = json(false);
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let mut looked_at = 0;
    for (name, schema) in schemas {
        let parts = schema["allOf"].as_array().into_iter().flatten();
        for part in parts.chain([schema]) {
            let required: Vec<&Value> = part["required"].as_array().into_iter().flatten().collect();
            for (field, property) in part["properties"].as_object().into_iter().flatten() {
                let kinds = property["type"].as_array().into_iter().flatten();
                let choices = property["oneOf"].as_array().into_iter().flatten();
                let may_be_null = kinds
                    .chain(choices.map(|choice| &choice["type"]))
                    .any(|kind| kind == "null");
                looked_at += usize::from(may_be_null);
                assert!(
                    !may_be_null || required.contains(&&Value::from(field.as_str())),
                    "{name}.{field}: {property}"
                );
            }
        }
    }
    assert!(looked_at > 30, "{looked_at}");
}
