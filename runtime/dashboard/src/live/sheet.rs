//! What is shown, as sheets of entries, and what changed from one look to the next.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

/// The fields of one entry.
pub(super) type Entry = Map<String, Value>;

/// The entries of one view, each under a key that stays, in the order in which they are shown.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Sheet {
    order: Vec<Arc<str>>,
    entries: HashMap<Arc<str>, Entry>,
}

impl Sheet {
    /// Adds an entry at the end. One whose key is there takes its place.
    pub(super) fn add(&mut self, key: &str, entry: Entry) {
        let key: Arc<str> = key.into();
        if self.entries.insert(key.clone(), entry).is_none() {
            self.order.push(key);
        }
    }

    fn keys(&self) -> Value {
        self.order.iter().map(|key| Value::from(&**key)).collect()
    }

    /// All of it, for who has seen nothing.
    pub(super) fn whole(&self) -> Value {
        let set: Map<String, Value> = self
            .entries
            .iter()
            .map(|(key, entry)| (key.to_string(), Value::Object(entry.clone())))
            .collect();
        json!({ "whole": true, "order": self.keys(), "set": set })
    }

    /// What makes this sheet of `old`; nothing where they are the same.
    ///
    /// `order` is there where keys came, went or moved. `set` has the fields that are other than before, by key, and `null`
    /// for those that are gone.
    pub(super) fn since(&self, old: &Self) -> Option<Value> {
        let moved = self.order != old.order;
        let set: Map<String, Value> = self
            .entries
            .iter()
            .filter_map(|(key, entry)| {
                let fields = match old.entries.get(key) {
                    Some(old) => changed(entry, old),
                    None => entry.clone(),
                };
                (!fields.is_empty()).then(|| (key.to_string(), Value::Object(fields)))
            })
            .collect();
        if !moved && set.is_empty() {
            return None;
        }
        let mut change = json!({ "set": set });
        if moved {
            change["order"] = self.keys();
        }
        Some(change)
    }
}

fn changed(new: &Entry, old: &Entry) -> Entry {
    let gone = old
        .keys()
        .filter(|field| !new.contains_key(*field))
        .map(|field| (field.clone(), Value::Null));
    new.iter()
        .filter(|(field, value)| old.get(*field) != Some(value))
        .map(|(field, value)| (field.clone(), value.clone()))
        .chain(gone)
        .collect()
}

#[cfg(test)]
#[path = "sheet_tests.rs"]
mod tests;
