//! `kind: route`.

use super::{Findings, Rule, path};
use crate::{KeyPath, Route};

pub(super) fn check(route: &Route, key: &KeyPath, findings: &mut Findings) {
    let Route { rules } = route;
    let rules_key = key.key("rules");
    if rules.is_empty() {
        findings.add(rules_key.clone(), Rule::NoRules);
    }
    let paths = rules.iter().enumerate().map(|(index, rule)| {
        let key = rules_key.index(index).key("path");
        (key, rule.path.as_str())
    });
    for (key, rule_path) in paths.clone() {
        path(rule_path, key, findings);
    }
    findings.duplicates("path", |path| (*path).to_owned(), paths);
}
