//! Changes are small, and nothing is lost in them.
#![allow(clippy::unwrap_used)]

use serde_json::{Map, json};

use super::*;

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn sheet(entries: &[(&str, Value)]) -> Sheet {
    let mut sheet = Sheet::default();
    for (key, entry) in entries {
        sheet.add(key, Entry::of(entry));
    }
    sheet
}

/// What a viewer has after a change, as the documentation says that it is applied.
fn applied(seen: &Sheet, change: &str) -> Sheet {
    let change = json_of(change);
    let fresh = Sheet::default();
    let old = if change["whole"] == true { &fresh } else { seen };
    let order = match change["order"].as_array() {
        Some(order) => order.iter().map(|key| key.as_str().unwrap().into()).collect(),
        None => old.order.clone(),
    };
    let mut result = Sheet::default();
    for key in order {
        let entry = old.entries.get(&key).cloned().unwrap_or_default();
        let mut entry: Map<String, Value> = serde_json::from_str(entry.text()).unwrap();
        for (field, value) in change["set"][&*key].as_object().into_iter().flatten() {
            if value.is_null() {
                entry.remove(field);
            } else {
                entry.insert(field.clone(), value.clone());
            }
        }
        result.add(&key, Entry::of(&entry));
    }
    result
}

#[test]
fn only_the_fields_that_changed_are_sent() {
    let old = sheet(&[("a", json!({"n": 1, "text": "long"})), ("b", json!({"n": 1}))]);
    let new = sheet(&[("a", json!({"n": 2, "text": "long"})), ("b", json!({"n": 1}))]);
    assert_eq!(
        json_of(&new.since(&old).unwrap()),
        json!({"set": {"a": {"n": 2}}})
    );
    assert_eq!(new.since(&new), None);
}

#[test]
fn who_applies_each_change_has_what_there_is() {
    let looks = [
        sheet(&[]),
        sheet(&[("a", json!({"n": 1})), ("b", json!({"n": 1, "gone": true}))]),
        sheet(&[("b", json!({"n": 2})), ("a", json!({"n": 1})), ("c", json!({}))]),
        sheet(&[("c", json!({"n": 7}))]),
        sheet(&[]),
    ];
    let mut seen = Sheet::default();
    for pair in looks.windows(2) {
        seen = applied(&seen, &pair[1].since(&pair[0]).unwrap());
        assert_eq!(seen, pair[1]);
        assert_eq!(applied(&looks[1], &pair[1].whole()), pair[1]);
    }
}

#[test]
fn an_order_that_stays_is_not_sent() {
    let old = sheet(&[("a", json!({"n": 1})), ("b", json!({"n": 1}))]);
    let new = sheet(&[("b", json!({"n": 1})), ("a", json!({"n": 1}))]);
    assert_eq!(
        json_of(&new.since(&old).unwrap()),
        json!({"order": ["b", "a"], "set": {}})
    );
}

#[test]
fn a_key_that_comes_twice_is_one_entry() {
    let sheet = sheet(&[("a", json!({"n": 1})), ("a", json!({"n": 2}))]);
    assert_eq!(json_of(&sheet.whole())["order"], json!(["a"]));
}
