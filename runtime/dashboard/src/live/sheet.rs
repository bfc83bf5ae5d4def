//! What is shown, as sheets of entries, and what changed from one look to the next.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::entry::Entry;

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

    /// All of it as JSON, for who has seen nothing.
    pub(super) fn whole(&self) -> String {
        let entries = self
            .order
            .iter()
            .filter_map(|key| Some((&**key, self.entries.get(key)?.text())));
        format!(
            "{{\"order\":{},\"set\":{},\"whole\":true}}",
            self.keys(),
            object(entries)
        )
    }

    /// What makes this sheet of `old`, as JSON; nothing where they are the same.
    ///
    /// `order` is there where keys came, went or moved. `set` has the fields that are other than before, by key, and `null`
    /// for those that are gone.
    pub(super) fn since(&self, old: &Self) -> Option<String> {
        let changes: Vec<(&str, String)> = self
            .order
            .iter()
            .filter_map(|key| {
                let entry = self.entries.get(key)?;
                let change = match old.entries.get(key) {
                    Some(old) => entry.since(old)?,
                    None if entry.is_empty() => return None,
                    None => entry.text().to_owned(),
                };
                Some((&**key, change))
            })
            .collect();
        let moved = self.order != old.order;
        if !moved && changes.is_empty() {
            return None;
        }
        let set = object(changes.iter().map(|(key, change)| (*key, change.as_str())));
        Some(if moved {
            format!("{{\"order\":{},\"set\":{set}}}", self.keys())
        } else {
            format!("{{\"set\":{set}}}")
        })
    }
}

/// An object of values that are JSON already, each under its key.
fn object<'t>(values: impl Iterator<Item = (&'t str, &'t str)>) -> String {
    let mut text = String::from("{");
    for (key, value) in values {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&Value::from(key).to_string());
        text.push(':');
        text.push_str(value);
    }
    text.push('}');
    text
}

#[cfg(test)]
#[path = "sheet_tests.rs"]
mod tests;
