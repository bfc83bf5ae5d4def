//! Nodes that are written on the page.

use hedgerow_tests::client::request;
use hedgerow_tests::{Endpoint, Gateway, Place, config};
use serde_json::{Value, json};

use crate::page::Page;

const KINDS: &str = include_str!("../../runtime/dashboard/ui/kinds.js");

/// The examples that the page offers, by kind.
fn examples() -> Vec<(String, Value)> {
    let (_, examples) = KINDS.split_once("EXAMPLES = ").unwrap();
    let examples: Value = serde_json::from_str(examples.trim().trim_end_matches(';')).unwrap();
    let examples = examples.as_object().unwrap().clone();
    examples.into_iter().collect()
}

fn edit(gateway: &Gateway, order: &Value) -> (u16, Value) {
    let headers = [("content-type", "application/json")];
    let body = order.to_string();
    let answer = request(
        gateway.admin(),
        "POST",
        "/api/chains/edge",
        &headers,
        body.as_bytes(),
    );
    let answer = answer.unwrap();
    (answer.status, answer.json())
}

#[test]
fn every_example_that_the_page_offers_is_taken_and_there_is_one_of_each_kind() {
    let (place, web) = (Place::new(), Endpoint::start("web"));
    let config = config::Config::to("/", "web", &[web.addr()]);
    let gateway = Gateway::serve(&place, &config);
    for (kind, node) in examples() {
        assert_eq!(node["kind"], kind);
        let order = if kind == "route" {
            json!({ "action": "replace", "name": "route", "node": node })
        } else {
            json!({ "action": "insert", "node": node, "before": "route" })
        };
        let (status, said) = edit(&gateway, &order);
        assert_eq!(status, 200, "{kind}: {said}");
    }
    // Who writes none of them is told which there are.
    let unknown = json!({ "action": "insert", "node": { "kind": "no such kind" } });
    let (status, said) = edit(&gateway, &unknown);
    assert_eq!(status, 400);
    let said = said["detail"].as_str().unwrap();
    let (_, listed) = said.split_once("one of: ").unwrap();
    let (listed, _) = listed.split_once(", found").unwrap();
    let known: Vec<String> = examples().into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(listed.split(", ").collect::<Vec<_>>(), known, "{said}");
}

#[test]
#[ignore = "needs chromium"]
fn a_node_is_inserted_and_replaced_and_a_refusal_stands_beside_what_was_written() {
    let (place, web) = (Place::new(), Endpoint::start("web"));
    let gateway = Gateway::serve(&place, &config::in_front_of(&web, "consecutiveFailures: 3"));
    let page = Page::open(gateway.admin(), "chains");
    page.click("#chain-list .insert");
    page.says("#compose-title", "Insert a node into edge");
    // The example of a kind is a start.
    page.click("#compose-kind option[value=rateLimit]");
    page.shows(
        "the example",
        "document.querySelector('#compose-node').value.includes('perSecond')",
    );
    page.keep("compose");
    page.write("#compose-node", "{ \"kind\": \"rateLimit\", \"perSecond\": ");
    page.click("#compose-yes");
    page.says("#compose-answer", "not JSON");
    page.write("#compose-node", "{ \"kind\": \"rateLimit\", \"perSecnd\": 5 }");
    page.click("#compose-yes");
    page.says("#compose-answer", "perSecond");
    page.keep("compose-refused");
    page.shows(
        "what was written",
        "document.querySelector('#compose-node').value.includes('perSecnd')",
    );
    page.system_prefers("dark");
    page.size(360, 740);
    page.keep("compose-narrow-dark");
    page.size(1440, 900);
    page.system_prefers("light");
    let node = r#"{ "kind": "reply", "name": "health", "path": "/health", "body": "well" }"#;
    page.write("#compose-node", node);
    page.click("#compose-yes");
    page.says("#outcome", "revision");
    page.says(".nodes li:first-child .title", "health");
    assert_eq!(gateway.get("/health").text(), "well");

    page.click(".nodes li:first-child .node");
    page.click("#orders [data-action=replaceNode]");
    page.says("#compose-title", "Replace health in edge");
    // What an edit has told of it is where one begins.
    page.shows(
        "its settings",
        "document.querySelector('#compose-node').value.includes('\"well\"')",
    );
    page.write("#compose-node", &node.replace("well", "very well"));
    page.keep("compose-replace");
    page.click("#compose-yes");
    page.says("#outcome", "Replace of health in edge: done");
    assert_eq!(gateway.get("/health").text(), "very well");
    let events = gateway.api("/api/events");
    let events = events.as_array().unwrap().iter();
    let is_order = |event: &&Value| {
        let cause = event["cause"].as_str().unwrap();
        event["kind"] == "audit" && cause.contains(" ordered by ")
    };
    // The one that was refused, too.
    let orders: Vec<&Value> = events.filter(is_order).collect();
    assert_eq!(orders.len(), 3, "{orders:#?}");
    page.did_no_harm();
}
