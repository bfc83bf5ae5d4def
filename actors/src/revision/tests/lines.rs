//! What is kept of edits, pure: made again on the same chain, they come to the same.

use proptest::prelude::*;
use serde_json::json;

use super::super::overlay::{Kept, Overlay};
use super::super::written::Written;

fn kept(edit: Written) -> Kept {
    Kept {
        chain: "edge".into(),
        edit,
        author: "me".into(),
        at: 0,
        set_aside: None,
    }
}

fn name(index: usize) -> String {
    format!("n{index}")
}

/// What a plain list is after an edit; `None` where it does not fit. A node is its name, whether it is enabled, and which
/// make of it it is.
type Line = Vec<(String, bool, u64)>;

fn apply(line: &Line, edit: &Written) -> Option<Line> {
    let mut line = line.clone();
    let find = |line: &Line, name: &str| line.iter().position(|(is, ..)| is == name);
    let place = |line: &Line, before: &Option<String>| match before {
        Some(before) => find(line, before),
        None => Some(line.len()),
    };
    match edit {
        Written::Insert { node, before } => {
            let name = node["name"].as_str()?;
            if find(&line, name).is_some() {
                return None;
            }
            let at = place(&line, before)?;
            line.insert(at, (name.to_owned(), true, node["make"].as_u64()?));
        }
        Written::Remove { name } => drop(line.remove(find(&line, name)?)),
        Written::Move { name, before } => {
            let node = line.remove(find(&line, name)?);
            let at = place(&line, before)?;
            line.insert(at, node);
        }
        Written::Replace { name, node } => {
            let (at, by) = (find(&line, name)?, node["name"].as_str()?);
            if by != name && find(&line, by).is_some() {
                return None;
            }
            line[at] = (by.to_owned(), line[at].1, node["make"].as_u64()?);
        }
        Written::Enable { name } => {
            let at = find(&line, name)?;
            line[at].1 = true;
        }
        Written::Disable { name } => {
            let at = find(&line, name)?;
            line[at].1 = false;
        }
    }
    Some(line)
}

fn edits() -> impl Strategy<Value = Vec<Written>> {
    let node = || (0..5_usize).prop_map(name);
    let before = || prop::option::of(node());
    let document = || (node(), 1..1_000_u64).prop_map(|(name, make)| json!({ "name": name, "make": make }));
    let edit = prop_oneof![
        4 => (document(), before()).prop_map(|(node, before)| Written::Insert { node, before }),
        2 => node().prop_map(|name| Written::Remove { name }),
        3 => (node(), before()).prop_map(|(name, before)| Written::Move { name, before }),
        2 => (node(), document()).prop_map(|(name, node)| Written::Replace { name, node }),
        1 => node().prop_map(|name| Written::Enable { name }),
        1 => node().prop_map(|name| Written::Disable { name }),
    ];
    prop::collection::vec(edit, 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_kept_comes_to_the_same_as_all_that_was_ordered(edits in edits()) {
        let began: Line = (0..3).map(|index| (name(index), true, 0)).collect();
        let mut line = began.clone();
        let mut overlay = Overlay::default();
        for edit in edits {
            if let Some(next) = apply(&line, &edit) {
                line = next;
                overlay.push(kept(edit));
            }
        }
        let again = overlay.edits.iter().try_fold(began, |line, kept| apply(&line, &kept.edit));
        prop_assert_eq!(again, Some(line), "{:?}", overlay.edits);
        let record = overlay.encode();
        prop_assert_eq!(Overlay::decode(&record), Some(overlay));
    }
}

#[test]
fn orders_that_go_round_and_round_do_not_grow_what_is_kept() {
    let mut overlay = Overlay::default();
    for _ in 0..1_000 {
        let node = json!({ "name": "x", "make": 1 });
        let before = Some("n0".to_owned());
        overlay.push(kept(Written::Insert { node, before }));
        for name in ["x", "n1"] {
            let name = name.to_owned();
            overlay.push(kept(Written::Disable { name: name.clone() }));
            overlay.push(kept(Written::Move {
                name: name.clone(),
                before: None,
            }));
            overlay.push(kept(Written::Enable { name }));
        }
        overlay.push(kept(Written::Remove { name: "x".into() }));
    }
    assert!(overlay.edits.len() <= 2, "{:?}", overlay.edits);
}

#[test]
fn an_edit_that_is_set_aside_is_neither_undone_nor_outdone_by_a_later_one() {
    let name = || "x".to_owned();
    let node = || json!({ "name": "x" });
    let pairs = [
        (
            Written::Insert {
                node: node(),
                before: None,
            },
            Written::Remove { name: name() },
        ),
        (
            Written::Disable { name: name() },
            Written::Enable { name: name() },
        ),
    ];
    for (first, second) in pairs {
        for why in [None, Some("there is another `x`".to_owned())] {
            let mut overlay = Overlay::default();
            overlay.push(kept(first.clone()));
            overlay.edits[0].set_aside.clone_from(&why);
            overlay.push(kept(second.clone()));
            let stays = overlay.edits.iter().any(|kept| kept.edit == first);
            assert_eq!(stays, why.is_some(), "{overlay:?}");
            if stays {
                assert_eq!(overlay.edits[1].edit, second, "who comes later is kept behind it");
            }
        }
    }
}

#[test]
fn an_overlay_is_bounded_in_edits_and_in_bytes() {
    let mut many = Overlay::default();
    for index in 0..=super::super::overlay::MOST {
        let node = json!({ "name": format!("x{index}") });
        many.push(kept(Written::Insert { node, before: None }));
    }
    assert!(many.is_too_large());
    let mut large = Overlay::default();
    let node = json!({ "name": "x", "body": "x".repeat(1_000_000) });
    large.push(kept(Written::Insert { node, before: None }));
    assert!(large.is_too_large());
}
