//! One entry of a sheet: the fields of a view, as JSON text.
//!
//! Most entries are at one look what they were at the last one. So a view is written once, in one piece of memory, and compared as
//! text; only where that differs is it taken apart into its fields.

use serde::Serialize;

/// A JSON object, as `serde_json` writes it: without blanks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry(String);

impl Default for Entry {
    fn default() -> Self {
        Self("{}".to_owned())
    }
}

impl Entry {
    /// What is shown, which is a structure with named fields. Anything else is an entry without fields.
    pub(super) fn of(shown: &impl Serialize) -> Self {
        match serde_json::to_string(shown) {
            Ok(text) if text.starts_with('{') => Self(text),
            _ => Self::default(),
        }
    }

    /// The same, but for this field.
    pub(super) fn without(&self, field: &str) -> Self {
        let kept = self.fields().filter(|(name, _)| name.trim_matches('"') != field);
        Self(object(kept))
    }

    /// All of it.
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// Whether it has no fields.
    pub(super) fn is_empty(&self) -> bool {
        self.0 == "{}"
    }

    /// The fields that are other than before, and `null` for those that are gone; nothing where they are the same.
    pub(super) fn since(&self, old: &Self) -> Option<String> {
        if self == old {
            return None;
        }
        let (new, old): (Vec<_>, Vec<_>) = (self.fields().collect(), old.fields().collect());
        let changed = new
            .iter()
            .enumerate()
            .filter(|(at, (name, value))| value_of(&old, *at, name) != Some(*value))
            .map(|(_, field)| *field);
        let gone = old
            .iter()
            .enumerate()
            .filter(|(at, (name, _))| value_of(&new, *at, name).is_none())
            .map(|(_, (name, _))| (*name, "null"));
        Some(object(changed.chain(gone)))
    }

    fn fields(&self) -> Fields<'_> {
        // The braces are one byte each.
        Fields(&self.0[1..self.0.len() - 1])
    }
}

/// The name of a field with its quotes, and its value.
type Field<'t> = (&'t str, &'t str);

/// The value of a field. Fields keep their order, so that most are found where they were.
fn value_of<'t>(fields: &[Field<'t>], at: usize, name: &str) -> Option<&'t str> {
    let is_it = |field: &&Field<'t>| field.0 == name;
    let found = fields.get(at).filter(is_it);
    found
        .or_else(|| fields.iter().find(is_it))
        .map(|(_, value)| *value)
}

fn object<'t>(fields: impl Iterator<Item = Field<'t>>) -> String {
    let mut text = String::from("{");
    for (name, value) in fields {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(name);
        text.push(':');
        text.push_str(value);
    }
    text.push('}');
    text
}

/// What is left of the inside of an object.
struct Fields<'t>(&'t str);

impl<'t> Iterator for Fields<'t> {
    type Item = Field<'t>;

    fn next(&mut self) -> Option<Field<'t>> {
        if self.0.is_empty() {
            return None;
        }
        let (name, rest) = self.0.split_at(value_length(self.0));
        let rest = &rest[1..];
        let (value, rest) = rest.split_at(value_length(rest));
        // A comma, where more follows.
        self.0 = rest.get(1..).unwrap_or_default();
        Some((name, value))
    }
}

/// How many bytes the value has that stands first in this text: up to the `,` or `:` behind it, or all.
fn value_length(text: &str) -> usize {
    let (mut depth, mut is_text, mut is_escaped) = (0_u32, false, false);
    for (at, byte) in text.bytes().enumerate() {
        if is_text {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' => is_escaped = true,
                b'"' => is_text = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => is_text = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' | b':' if depth == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use super::*;

    fn since(new: &Value, old: &Value) -> Option<Value> {
        let change = Entry::of(new).since(&Entry::of(old))?;
        Some(serde_json::from_str(&change).unwrap())
    }

    #[test]
    fn fields_that_changed_came_or_went_are_told_and_no_others() {
        let old = json!({ "gone": 1, "list": [1, { "a": 2 }], "same": "x", "text": "a" });
        let new = json!({ "came": null, "list": [1, { "a": 3 }], "same": "x", "text": "b" });
        let change = json!({ "came": null, "gone": null, "list": [1, { "a": 3 }], "text": "b" });
        assert_eq!(since(&new, &old), Some(change));
        assert_eq!(since(&new, &new), None);
    }

    #[test]
    fn texts_that_look_like_json_are_texts() {
        let hostile = "\"},{\"x\":[1,2]:\\\"\\\\";
        let old = json!({ "a": hostile, hostile: 1, "z": { "b": [hostile, {}] } });
        let new = json!({ "a": hostile, hostile: 2, "z": { "b": [hostile, {}] } });
        assert_eq!(since(&new, &old), Some(json!({ hostile: 2 })));
    }

    #[test]
    fn a_field_can_be_left_out_and_what_has_no_fields_is_empty() {
        let entry = Entry::of(&json!({ "children": [1, 2], "path": "a,b" }));
        assert_eq!(entry.without("children").text(), "{\"path\":\"a,b\"}");
        assert!(entry.without("children").without("path").is_empty());
        assert!(Entry::of(&json!([1])).is_empty());
    }
}
