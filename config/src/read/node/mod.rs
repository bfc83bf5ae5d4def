//! The nodes of a chain, each kind in a file of its own. The name is that of the kind.

mod access_log;
mod body_limit;
mod concurrency;
mod cors;
mod deadline;
mod headers;
mod inject;
mod rate_limit;
mod reply;
mod request_id;
mod rewrite;
mod route;
mod shed;
mod trace;

use super::chain::panic_budget;
use super::{Field, Keys, Section};
use crate::error::Problems;
use crate::{Node, NodeKind, PanicBudget, StaticReply};

pub(super) const NODE_EXAMPLE: &str = "{ kind: route, rules: [ { path: /, upstream: web } ] }";

/// The kinds of nodes.
pub(super) const KINDS: Keys = Keys::of(&[
    "accessLog",
    "bodyLimit",
    "concurrency",
    "cors",
    "deadline",
    "headers",
    "inject",
    "rateLimit",
    "reply",
    "requestId",
    "rewrite",
    "route",
    "shed",
    "trace",
]);

/// A node. What it goes by where it says nothing of panics is the `budget` of its chain.
pub(super) fn node(field: &Field<'_>, budget: Option<PanicBudget>, problems: &mut Problems) -> Node {
    let stand_in = || Node::new("", StaticReply::default());
    let Some(section) = Section::peek(field, NODE_EXAMPLE, problems) else {
        problems.hide(&field.path);
        return stand_in();
    };
    let kind = section
        .require("kind", "kind: route", problems)
        .and_then(|field| field.choice("kind", &KINDS, problems));
    let Some(word) = kind else {
        // Which keys it may have depends on its kind.
        problems.hide(&field.path);
        return stand_in();
    };
    let kind: NodeKind = match word {
        "accessLog" => access_log::read(&section, problems).into(),
        "concurrency" => concurrency::read(&section, problems).into(),
        "bodyLimit" => body_limit::read(&section, problems).into(),
        "cors" => cors::read(&section, problems).into(),
        "deadline" => deadline::read(&section, problems).into(),
        "headers" => headers::read(&section, problems).into(),
        "inject" => inject::read(&section, problems).into(),
        "rateLimit" => rate_limit::read(&section, problems).into(),
        "reply" => reply::read(&section, problems).into(),
        "shed" => shed::read(&section, problems).into(),
        "trace" => trace::read(&section, problems).into(),
        "requestId" => request_id::read(&section, problems).into(),
        "rewrite" => rewrite::read(&section, problems).into(),
        _ => route::read(&section, problems).into(),
    };
    // A request that passes the last node by leads nowhere: what the chain says of all its nodes cannot mean that.
    let budget = if kind.is_last() {
        budget.map(PanicBudget::closed)
    } else {
        budget
    };
    let name = match section.field("name") {
        Some(field) => field
            .text("the name of the node", word, problems)
            .unwrap_or_default(),
        None => word,
    };
    let panic_budget = match section.field("panicBudget") {
        Some(field) => panic_budget(&field, budget.unwrap_or_default(), problems),
        None => budget,
    };
    Node {
        panic_budget,
        ..Node::new(name, kind)
    }
}
