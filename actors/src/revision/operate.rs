//! An edit as the API says it.

use hedgerow_supervisor::{ActError, Acting, Arguments, Operate};
use serde_json::{Map, Value, json};

use super::edit::EditError;
use super::handle::ChainHandle;
use super::lineup::Misfit;
use crate::revision::{Wish, Written};

/// The last one is there where requests may be in quarantine.
const ACTIONS: [&str; 8] = [
    "insert",
    "remove",
    "move",
    "enable",
    "disable",
    "replace",
    "dropEdits",
    RELEASE,
];

const RELEASE: &str = "release";

/// The arguments of an action: those that it needs, and those that it may have.
fn takes(action: &str) -> (&'static [&'static str], &'static [&'static str]) {
    match action {
        "insert" => (&["node"], &["before"]),
        "move" => (&["name"], &["before"]),
        "replace" => (&["name", "node"], &[]),
        "dropEdits" | RELEASE => (&[], &[]),
        _ => (&["name"], &[]),
    }
}

impl Operate for ChainHandle {
    fn actions(&self) -> &'static [&'static str] {
        match self.slot().ward.get() {
            Some(_) => &ACTIONS,
            None => &ACTIONS[..ACTIONS.len() - 1],
        }
    }

    fn act<'a>(&'a self, action: &'a str, arguments: &'a Arguments, by: &'a str) -> Acting<'a> {
        Box::pin(async move {
            let slot = self.slot();
            if action == RELEASE {
                read(action, arguments)?;
                return Ok(json!({ "released": self.release(by) }));
            }
            let wish = if action == "dropEdits" {
                read(action, arguments)?;
                Wish::DropEdits
            } else {
                let written = read(action, arguments)?.ok_or_else(|| ActError::arguments("no edit"))?;
                let edit = written.to_edit(&slot.revisions, slot.id.name());
                Wish::Edit(Box::new(edit.map_err(ActError::arguments)?), Some(written))
            };
            let revisions = slot.revisions.clone();
            let made = revisions.revise(slot.clone(), wish, Some(by.to_owned())).await;
            made.map(|revision| json!({ "revision": revision })).map_err(told)
        })
    }
}

fn told(error: EditError) -> ActError {
    match error {
        EditError::Misfit {
            why: Misfit::BadName { .. },
            ..
        } => ActError::arguments(error),
        EditError::NoReviser { .. } => ActError::unavailable(error),
        _ => ActError::not_done(error),
    }
}

/// What was written, where it has arguments; every mistake in them at once.
fn read(action: &str, arguments: &Arguments) -> Result<Option<Written>, ActError> {
    let (needed, possible) = takes(action);
    let mut mistakes = Vec::new();
    let mut said = Map::new();
    for (key, value) in arguments.iter().filter(|(_, value)| !value.is_null()) {
        if !needed.contains(&key.as_str()) && !possible.contains(&key.as_str()) {
            mistakes.push(format!("`{action}` takes no `{key}`"));
        } else if key != "node" && !value.is_string() {
            mistakes.push(format!(
                "`{key}` is the name of a node: write a text, not {value}"
            ));
        } else {
            said.insert(key.clone(), value.clone());
        }
    }
    for key in needed {
        if arguments.get(*key).is_none_or(Value::is_null) {
            mistakes.push(format!("`{action}` needs `{key}`"));
        }
    }
    if !mistakes.is_empty() {
        return Err(ActError::arguments(mistakes.join("\n")));
    }
    if needed.is_empty() {
        return Ok(None);
    }
    said.insert("action".to_owned(), Value::from(action));
    let written = serde_json::from_value(Value::Object(said));
    written.map(Some).map_err(ActError::arguments)
}
