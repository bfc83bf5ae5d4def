//! Chains are edited while the gateway serves: no request fails, none meets a mixture of two revisions, and what was edited
//! outlives the process.
#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use hedgerow_tests::client::{Answer, request};
use hedgerow_tests::config::Config;
use hedgerow_tests::patience::{eventually, until};
use hedgerow_tests::{Connection, Endpoint, Gateway, Place};
use serde_json::{Value, json};

const CHAIN: &str = "/api/chains/edge";
const JSON: (&str, &str) = ("content-type", "application/json");

/// A chain that ends in a route; what stands before it comes by edits.
fn config(web: &Endpoint) -> Config {
    Config::to("/", "web", &[web.addr()]).keys("breaker: off")
}

fn serve() -> (Place, Endpoint, Gateway) {
    let (place, web) = (Place::new(), Endpoint::start("web"));
    let gateway = Gateway::serve(&place, &config(&web));
    (place, web, gateway)
}

fn order(admin: SocketAddr, order: &Value) -> std::io::Result<Answer> {
    request(admin, "POST", CHAIN, &[JSON], order.to_string().as_bytes())
}

/// Orders an edit; the revision that it answers.
fn edit(gateway: &Gateway, wanted: &Value) -> u64 {
    let answer = order(gateway.admin(), wanted).unwrap();
    assert_eq!(answer.status, 200, "{wanted}: {answer:?}");
    answer.json()["revision"].as_u64().unwrap()
}

fn names(gateway: &Gateway) -> Vec<String> {
    let chain = gateway.api(CHAIN);
    let nodes = chain["nodes"].as_array().unwrap().iter();
    nodes
        .map(|node| node["name"].as_str().unwrap().to_owned())
        .collect()
}

/// A node that answers `/x`, and says who it is.
fn reply(name: &str, make: u64) -> Value {
    let who = format!("{name}-{make}");
    json!({ "kind": "reply", "name": name, "path": "/x", "headers": { "x-by": who }, "body": who })
}

/// Nodes that answer `/x`, as a plain list; the first that is enabled does.
#[derive(Default, Clone)]
struct Model {
    nodes: Vec<(String, u64, bool)>,
    state: u64,
}

impl Model {
    /// A number below `bound`, the same in every run (Knuth's MMIX generator).
    fn draw(&mut self, bound: usize) -> usize {
        self.state = self
            .state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.state >> 33).unwrap() % bound
    }

    /// The name of a node to stand before: one of the list, or the route behind it.
    fn before(&self, at: usize) -> &str {
        self.nodes.get(at).map_or("route", |(name, ..)| name)
    }

    /// An edit that fits and changes something, and what it does.
    fn next(&mut self, make: u64) -> Value {
        let what = if self.nodes.is_empty() { 0 } else { self.draw(6) };
        if what == 0 || (what == 1 && self.nodes.len() < 4) {
            let at = self.draw(self.nodes.len() + 1);
            let name = format!("n{make}");
            let wanted = json!({ "action": "insert", "node": reply(&name, make), "before": self.before(at) });
            self.nodes.insert(at, (name, make, true));
            return wanted;
        }
        let at = self.draw(self.nodes.len());
        let name = self.nodes[at].0.clone();
        match what {
            1 => {
                self.nodes.remove(at);
                json!({ "action": "remove", "name": name })
            }
            2 if self.nodes.len() > 1 => {
                let node = self.nodes.remove(at);
                let to = (at + 1 + self.draw(self.nodes.len())) % (self.nodes.len() + 1);
                let wanted = json!({ "action": "move", "name": name, "before": self.before(to) });
                self.nodes.insert(to, node);
                wanted
            }
            3 | 4 => {
                self.nodes[at].2 ^= true;
                let action = if self.nodes[at].2 { "enable" } else { "disable" };
                json!({ "action": action, "name": name })
            }
            _ => {
                self.nodes[at].1 = make;
                json!({ "action": "replace", "name": name, "node": reply(&name, make) })
            }
        }
    }

    /// Who answers `/x`.
    fn who(&self) -> String {
        let first = self.nodes.iter().find(|(.., enabled)| *enabled);
        first.map_or_else(|| "web".to_owned(), |(name, make, _)| format!("{name}-{make}"))
    }

    fn names(&self) -> Vec<String> {
        let names = self.nodes.iter().map(|(name, ..)| name.clone());
        names.chain(["route".to_owned()]).collect()
    }
}

/// The revision that an answer says it ran under, and who has answered.
fn seen(answer: &Answer) -> (u64, String) {
    assert_eq!(answer.status, 200, "{answer:?}");
    let revision = answer.header("x-hedgerow-revision").unwrap().parse().unwrap();
    let by = answer.header("x-by").unwrap_or("web").to_owned();
    if by != "web" {
        assert_eq!(answer.text(), by, "head and body are of one node");
    }
    (revision, by)
}

/// The edits among these events.
fn edits_of(told: &Value) -> impl Iterator<Item = &Value> {
    let events = told.as_array().into_iter().flatten();
    events.filter(|event| event["kind"] == "chainEdited")
}

#[test]
fn two_hundred_edits_at_full_load_fail_no_request_and_mix_none() {
    let (_place, _web, gateway) = serve();
    let over = AtomicBool::new(false);
    let (revisions, answers) = thread::scope(|scope| {
        let client = || {
            let mut connection = Connection::open(gateway.addr()).unwrap();
            let mut answers: HashMap<(u64, String), u64> = HashMap::new();
            while !over.load(Ordering::Relaxed) {
                let answer = connection.ask("GET", "/x", &[], b"").unwrap();
                *answers.entry(seen(&answer)).or_default() += 1;
            }
            answers
        };
        let clients = [scope.spawn(client), scope.spawn(client), scope.spawn(client)];
        let edited = std::panic::catch_unwind(|| {
            let mut model = Model::default();
            let mut revisions = HashMap::from([(1, model.who())]);
            for make in 1..=200 {
                let wanted = model.next(make);
                assert_eq!(edit(&gateway, &wanted), make + 1, "{wanted}");
                revisions.insert(make + 1, model.who());
                let (revision, by) = seen(&gateway.get("/x"));
                assert_eq!((revision, by), (make + 1, model.who()), "after {wanted}");
            }
            assert_eq!(names(&gateway), model.names());
            revisions
        });
        over.store(true, Ordering::Relaxed);
        let answers: Vec<_> = clients.into_iter().map(|client| client.join().unwrap()).collect();
        (edited.unwrap(), answers)
    });
    let mut met = 0;
    for ((revision, by), count) in answers.iter().flatten() {
        assert_eq!(
            revisions.get(revision),
            Some(by),
            "{count} answers under revision {revision}"
        );
        met += count;
    }
    assert!(met > 200, "{met} requests are no load");
    // Who has ordered is answered at once; the event waits for the journal.
    let told = until(
        "the edits to be told",
        || gateway.api("/api/events"),
        |told| edits_of(told).count() >= 200,
    );
    let (count, kept) = edits_of(&told).fold((0, 0), |(count, kept), event| {
        (count + 1, kept + u64::from(event["persisted"] == true))
    });
    // The journal of a busy disk may take longer than a second, and then the event says so.
    assert!(
        count == 200 && kept > 0,
        "{count} edits are told, {kept} as persisted"
    );
    // Who has left is stopped.
    eventually("the actors of the nodes that are left, and no others", || {
        let actors = gateway.actor("gateway/chains/edge");
        let actors = actors["children"].as_array().unwrap().len();
        (actors == names(&gateway).len()).then_some(())
    });
}

#[test]
fn edits_outlive_kill_9_whenever_it_comes_and_a_chain_is_never_half_edited() {
    let (place, web) = (Place::new(), Endpoint::start("web"));
    let config = config(&web);
    let mut model = Model::default();
    let mut last = 0;
    for life in 0..8_u64 {
        let gateway = Gateway::serve(&place, &config);
        let (revision, by) = seen(&gateway.get("/x"));
        assert!(revision > last, "revision {revision} after {last}");
        assert_eq!((by, shown(&gateway)), (model.who(), model.nodes.clone()));
        last = revision;
        for make in 1..=3 {
            let wanted = model.next(life * 10 + make);
            let revision = edit(&gateway, &wanted);
            assert_eq!(revision, last + 1, "{wanted}");
            last = revision;
        }
        // One more, and nobody waits for its answer.
        let before = model.clone();
        let wanted = model.next(life * 10 + 4);
        let admin = gateway.admin();
        let asking = thread::spawn(move || order(admin, &wanted).is_ok_and(|answer| answer.status == 200));
        if life % 2 == 1 {
            eventually("the edit to be seen", || {
                (seen(&gateway.get("/x")).0 > last).then_some(())
            });
        }
        gateway.kill();
        let is_answered = asking.join().unwrap();
        let gateway = Gateway::serve(&place, &config);
        let (revision, by) = seen(&gateway.get("/x"));
        let now = shown(&gateway);
        if life % 2 == 1 || is_answered {
            assert_eq!(now, model.nodes, "an edit that was seen is kept");
        } else if now != model.nodes {
            assert_eq!(now, before.nodes, "neither as before the edit nor as after it");
            model.nodes = before.nodes;
        }
        assert_eq!(by, model.who());
        last = revision;
        gateway.kill();
    }
}

/// The nodes that stand before the route, as the chain shows them.
fn shown(gateway: &Gateway) -> Vec<(String, u64, bool)> {
    let chain = gateway.api(CHAIN);
    let edits = chain["edits"].as_array().unwrap();
    let nodes = chain["nodes"].as_array().unwrap().iter();
    let nodes = nodes.filter(|node| node["name"] != "route").map(|node| {
        let documents = edits.iter().rev().map(|edit| &edit["node"]);
        let document = documents
            .into_iter()
            .find(|document| document["name"] == node["name"]);
        let body = document.unwrap()["body"].as_str().unwrap();
        let (name, make) = body.rsplit_once('-').unwrap();
        (name.to_owned(), make.parse().unwrap(), node["state"] == "enabled")
    });
    nodes.collect()
}

#[test]
fn edits_are_shown_and_dropped_by_order_and_set_aside_where_the_file_does_not_fit_them() {
    let (place, web, gateway) = serve();
    edit(
        &gateway,
        &json!({ "action": "insert", "node": reply("a", 1), "before": "route" }),
    );
    edit(
        &gateway,
        &json!({ "action": "insert", "node": reply("b", 2), "before": "a" }),
    );
    let shown = gateway.api(CHAIN);
    assert_eq!(
        (&shown["revision"], &shown["edits"][1]["node"]["name"]),
        (&json!(3), &json!("b"))
    );
    assert!(
        shown["edits"][0]["author"]
            .as_str()
            .unwrap()
            .starts_with("127.0.0.1:")
    );
    gateway.kill();

    // The file has a node of that name now.
    let node = "{ kind: reply, name: a, path: /x, headers: { x-by: file }, body: file }";
    let gateway = Gateway::serve(&place, &config(&web).node(node));
    assert_eq!(seen(&gateway.get("/x")), (4, "b-2".into()));
    assert_eq!(names(&gateway), ["b", "a", "route"]);
    let aside = gateway.api(CHAIN)["edits"][0]["setAside"].clone();
    assert!(
        aside.as_str().unwrap().contains("the name `a` is taken"),
        "{aside}"
    );
    let told = gateway.events().wait_for("editSetAside", "an edit of `edge`");
    assert_eq!(told["id"], "edge");

    assert_eq!(edit(&gateway, &json!({ "action": "dropEdits" })), 5);
    assert_eq!(seen(&gateway.get("/x")), (5, "file".into()));
    assert_eq!(gateway.api(CHAIN)["edits"], json!([]));
    gateway.kill();
    let gateway = Gateway::serve(&place, &config(&web).node(node));
    assert_eq!(seen(&gateway.get("/x")), (6, "file".into()));
}

#[test]
fn what_looks_like_a_variable_in_an_edit_stands_as_it_is_said() {
    let (place, web, gateway) = serve();
    let node = json!({ "kind": "reply", "name": "text", "body": "${HOME} $${HOME} ${HOME:-x} ${" });
    edit(
        &gateway,
        &json!({ "action": "insert", "node": node, "before": "route" }),
    );
    assert_eq!(gateway.get("/x").text(), node["body"].as_str().unwrap());
    gateway.kill();
    let gateway = Gateway::serve(&place, &config(&web));
    assert_eq!(gateway.get("/x").text(), node["body"].as_str().unwrap());
}

#[test]
fn the_revision_in_force_is_the_config_as_it_was_read_and_who_was_edited_since() {
    let (place, web, gateway) = serve();
    let shown = gateway.api("/api/config");
    assert_eq!(
        (&shown["source"], &shown["revision"], &shown["edited"]),
        (&json!("file"), &json!(1), &json!([]))
    );
    assert!(shown["name"].as_str().unwrap().ends_with("mesh.yaml"), "{shown}");
    let upstream = &shown["config"]["upstreams"]["web"];
    assert_eq!(upstream["endpoints"], json!([web.addr()]));
    assert_eq!(upstream["pool"]["minKeepAlive"], "30s");
    // What a flag replaced is replaced.
    assert_eq!(shown["config"]["listeners"][0]["bind"], "127.0.0.1:0");
    let revision = edit(
        &gateway,
        &json!({ "action": "insert", "node": reply("a", 1), "before": "route" }),
    );
    let after = gateway.api("/api/config");
    assert_eq!(
        (&after["revision"], &after["edited"]),
        (&json!(revision), &json!(["edge"]))
    );
    assert_eq!(after["config"], shown["config"]);
    // The document is one that can be read.
    place.file("shown.json", &after["config"]);
    let again = Gateway::start(&place, &["--config", "shown.json", "--state", "other"], &[]);
    assert_eq!(again.api("/api/config")["config"], shown["config"]);
}

#[test]
fn an_order_that_makes_no_sense_is_a_problem_that_says_so_and_changes_nothing() {
    let (_place, _web, gateway) = serve();
    let bad = |order: &Value, status: u16, title: &str| {
        let answer = request(
            gateway.admin(),
            "POST",
            CHAIN,
            &[JSON],
            order.to_string().as_bytes(),
        )
        .unwrap();
        answer.is_problem(status, title);
        answer.json()["detail"].as_str().unwrap().to_owned()
    };
    bad(&json!([]), 400, "bad JSON");
    bad(&json!({ "name": "route" }), 400, "bad JSON");
    bad(&json!({ "action": 7 }), 400, "bad JSON");
    bad(&json!({ "action": "explode" }), 400, "unknown action");
    bad(&json!({ "action": "restart" }), 400, "unknown action");
    bad(&json!({ "action": "remove" }), 400, "bad arguments");
    bad(
        &json!({ "action": "remove", "name": ["route"] }),
        400,
        "bad arguments",
    );
    bad(
        &json!({ "action": "remove", "name": "route", "node": {} }),
        400,
        "bad arguments",
    );
    let node = json!({ "kind": "reply", "status": 7, "path": "x", "colour": "red" });
    let detail = bad(&json!({ "action": "insert", "node": node }), 400, "bad arguments");
    assert_eq!(
        detail.matches("node:1:").count(),
        3,
        "each with its place: {detail}"
    );
    let node = json!({ "kind": "route", "name": "other", "rules": [ { "path": "/", "upstream": "wep" } ] });
    let detail = bad(&json!({ "action": "insert", "node": node }), 400, "bad arguments");
    assert!(detail.contains("did you mean `web`?"), "{detail}");
    let detail = bad(&json!({ "action": "remove", "name": "rout" }), 409, "not done");
    assert!(detail.contains("did you mean `route`?"), "{detail}");
    bad(&json!({ "action": "remove", "name": "route" }), 409, "not done");
    bad(
        &json!({ "action": "insert", "node": reply("x", 1) }),
        409,
        "not done",
    );
    let large = json!({ "action": "insert", "node": { "kind": "reply", "body": "x".repeat(20_000) } });
    bad(&large, 413, "body too large");

    let wanted = json!({ "action": "disable", "name": "route" }).to_string();
    let post = |target: &str, headers: &[(&str, &str)]| {
        request(gateway.admin(), "POST", target, headers, wanted.as_bytes()).unwrap()
    };
    post("/api/chains/edge?dry=1", &[JSON]).is_problem(400, "bad query");
    post("/api/chains/edges", &[JSON]).is_problem(404, "not found");
    post(CHAIN, &[("content-type", "text/plain")]).is_problem(415, "not JSON");
    post(CHAIN, &[JSON, ("origin", "http://evil.example")]).is_problem(403, "foreign origin");
    assert_eq!(seen(&gateway.get("/x")).0, 1);
    assert_eq!(names(&gateway), ["route"]);
}

#[test]
fn a_refusal_tells_the_revision_that_its_request_ran_under() {
    let (_place, _web, gateway) = serve();
    let gone =
        json!({ "kind": "route", "name": "route", "rules": [ { "path": "/web", "upstream": "web" } ] });
    assert_eq!(
        edit(
            &gateway,
            &json!({ "action": "replace", "name": "route", "node": gone })
        ),
        2
    );
    let refused = gateway.get("/elsewhere");
    refused.is_refused(404, "edge", "route");
    assert_eq!(refused.header("x-hedgerow-revision"), Some("2"));
    let odd = request(gateway.addr(), "GET", "/", &[("host", "a b")], b"").unwrap();
    assert_eq!((odd.status, odd.header("x-hedgerow-revision")), (400, Some("2")));
}
