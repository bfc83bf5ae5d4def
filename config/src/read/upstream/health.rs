//! How endpoints are asked whether they are well.

use super::{Field, Section, keys};
use crate::error::Problems;
use crate::{HealthCheck, HealthCheckKind};

pub(super) fn health_checks(field: &Field<'_>, problems: &mut Problems) -> Vec<HealthCheck> {
    if field.is_off() {
        return Vec::new();
    }
    let advice = "write for example `[ { kind: http, path: /healthz } ]`, or `off`";
    let items = field.items("a list of health checks", advice, problems);
    let checks = items.iter().flatten().map(|item| check(item, problems));
    checks.collect()
}

/// Something stands in for what cannot be read, so that the others keep their places.
fn check(field: &Field<'_>, problems: &mut Problems) -> HealthCheck {
    let stand_in = HealthCheck::new(HealthCheckKind::Tcp);
    let example = "{ kind: http, path: /healthz }";
    let Some(section) = Section::peek(field, example, problems) else {
        problems.hide(&field.path);
        return stand_in;
    };
    let kind = section
        .require("kind", "kind: http", problems)
        .and_then(|field| field.choice("kind", &keys::HEALTH_CHECK_KIND, problems));
    let Some(word) = kind else {
        // Which keys it may have depends on its kind.
        problems.hide(&field.path);
        return stand_in;
    };
    let kind = if word == "http" {
        section.check_keys(&keys::HTTP_HEALTH_CHECK, problems);
        http(&section, problems)
    } else {
        section.check_keys(&keys::HEALTH_CHECK, problems);
        HealthCheckKind::Tcp
    };
    let mut check = HealthCheck::new(kind);
    for (key, time) in [("every", &mut check.every), ("timeout", &mut check.timeout)] {
        if let Some(read) = section.time(key, problems) {
            *time = read;
        }
    }
    let counts = [
        ("unhealthyAfter", &mut check.unhealthy_after),
        ("healthyAfter", &mut check.healthy_after),
    ];
    for (key, count) in counts {
        if let Some(read) = section.count(key, problems) {
            *count = read;
        }
    }
    if let Some(jitter) = section.share("jitter", problems) {
        check.jitter = jitter;
    }
    check
}

fn http(section: &Section<'_>, problems: &mut Problems) -> HealthCheckKind {
    let path = section
        .require("path", "path: /healthz", problems)
        .and_then(|field| field.text("a path", "/healthz", problems))
        .unwrap_or("/");
    let mut expect = vec![HealthCheckKind::EXPECTED];
    if let Some(field) = section.field("expect") {
        let items = field.items("a list of statuses", "write for example `[ 200, 204 ]`", problems);
        let statuses = items.iter().flatten().map(|item| status(item, problems));
        let read: Vec<u16> = statuses.collect();
        if items.is_some() {
            expect = read;
        }
    }
    HealthCheckKind::Http {
        path: path.to_owned(),
        expect,
    }
}

/// What cannot be read keeps its place, and breaks no further rule.
fn status(item: &Field<'_>, problems: &mut Problems) -> u16 {
    let read = item.scalar().and_then(|scalar| scalar.text.parse().ok());
    if read.is_none() {
        item.unexpected("a status from 200 to 599", "write for example `200`", problems);
    }
    read.unwrap_or(HealthCheckKind::EXPECTED)
}
