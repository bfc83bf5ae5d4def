//! The rules for Prometheus, and the page that explains them.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::process::Command;

use hedgerow_telemetry::FAMILIES;

const RULES: &str = include_str!("../../../docs/operating/rules/hedgerow.yml");
const PAGE: &str = include_str!("../../../docs/operating/alerts.md");

/// What stands behind this mark, line by line.
fn behind<'t>(text: &'t str, mark: &'t str) -> Vec<&'t str> {
    let lines = text
        .lines()
        .filter_map(move |line| line.trim().strip_prefix(mark));
    lines.map(str::trim).collect()
}

#[test]
fn every_metric_that_a_rule_names_is_one_of_ours() {
    let ours: BTreeSet<String> = FAMILIES.iter().map(|family| family.exported_name()).collect();
    let words = RULES.split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_' && sign != ':');
    let named: BTreeSet<&str> = words.filter(|word| word.starts_with("hedgerow_")).collect();
    let unknown: Vec<_> = named.iter().filter(|name| !ours.contains(**name)).collect();
    assert!(unknown.is_empty() && named.len() > 10, "{unknown:?} of {named:?}");
}

#[test]
fn every_alert_and_every_recorded_series_is_explained_once() {
    for name in behind(RULES, "- alert: ")
        .into_iter()
        .chain(behind(RULES, "- record: "))
    {
        let rows = PAGE
            .lines()
            .filter(|line| line.starts_with(&format!("| `{name}` |")));
        assert_eq!(rows.count(), 1, "{name}");
    }
    let explained = PAGE.lines().filter(|line| line.starts_with("| `"));
    let rules = behind(RULES, "- alert: ").len() + behind(RULES, "- record: ").len();
    assert_eq!(
        explained.count(),
        rules,
        "a row for each, and none for what is gone"
    );
}

#[test]
#[ignore = "needs promtool"]
fn component_promtool_finds_each_alert_fire_where_it_should_and_nowhere_else() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operating/rules");
    for arguments in [
        ["check", "rules", "hedgerow.yml"],
        ["test", "rules", "hedgerow_test.yml"],
    ] {
        let said = Command::new("promtool")
            .args(arguments)
            .current_dir(folder)
            .output();
        let said = said.expect("promtool is installed: Debian's package is `prometheus`");
        let words = [said.stdout, said.stderr].concat();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&words));
    }
    let tests = std::fs::read_to_string(format!("{folder}/hedgerow_test.yml")).unwrap();
    for alert in behind(RULES, "- alert: ") {
        let fires = tests.contains(&format!("alertname: {alert}\n"));
        let keeps_still = tests.contains(&format!("alertname: {alert}, exp_alerts: []"));
        assert!(fires && keeps_still, "{alert} is not tested both ways");
    }
}
