//! Upstreams.

mod balance;
mod discovery;
mod endpoints;
mod health;
mod hedge;
mod mirror;
mod outlier;
mod retry;
mod slow_start;

use super::{Field, Section, breaker, keys, pool};
use crate::Upstream;
use crate::error::Problems;

pub(super) fn upstream(name: &str, field: &Field<'_>, problems: &mut Problems) -> Upstream {
    let mut upstream = Upstream::new(name, Vec::new());
    let example = "{ endpoints: [\"127.0.0.1:9001\"] }";
    let Some(section) = Section::open(field, &keys::UPSTREAM, example, problems) else {
        problems.hide(&field.path);
        return upstream;
    };
    if let Some(field) = section.field("discovery") {
        upstream.discovery = Some(discovery::discovery(&field, name, problems));
    }
    let listed = match (section.field("discovery"), section.field("endpoints")) {
        // Whether they are listed as well is for the rules to say.
        (Some(_), listed) => listed,
        (None, _) => {
            let example = "endpoints: [\"127.0.0.1:9001\"]";
            section.require("endpoints", example, problems)
        }
    };
    if let Some(field) = listed {
        let listed = endpoints::endpoints(&field, problems);
        upstream.endpoints = listed.addrs;
        upstream.weights = listed.weights;
        upstream.priorities = listed.priorities;
    }
    if let Some(field) = section.field("balance") {
        upstream.balance = balance::balance(&field, problems);
    }
    if let Some(field) = section.field("slowStart") {
        upstream.slow_start = slow_start::slow_start(&field, problems);
    }
    if let Some(timeout) = section.time("timeout", problems) {
        upstream.timeout = timeout;
    }
    if let Some(connect_timeout) = section.time("connectTimeout", problems) {
        upstream.connect_timeout = connect_timeout;
    }
    if let Some(required) = section.field("required").and_then(|field| field.flag(problems)) {
        upstream.required = required;
    }
    if let Some(field) = section.field("retry") {
        upstream.retry = retry::retry(&field, problems);
    }
    if let Some(field) = section.field("hedge") {
        upstream.hedge = hedge::hedge(&field, problems);
    }
    if let Some(field) = section.field("mirror") {
        upstream.mirror = mirror::mirror(&field, problems);
    }
    if let Some(field) = section.field("breaker") {
        upstream.breaker = breaker::breaker(&field, problems);
        (upstream.per, upstream.keys) = breaker::scope(&field, problems);
    }
    if let Some(field) = section.field("pool") {
        upstream.pool = pool::pool(&field, problems);
    }
    if let Some(field) = section.field("outlier") {
        upstream.outlier = outlier::outlier(&field, problems);
    }
    if let Some(field) = section.field("healthChecks") {
        upstream.health_checks = health::health_checks(&field, problems);
    }
    upstream
}
