//! Orders that are given by clicks.

use hedgerow_tests::patience::until;
use hedgerow_tests::{Endpoint, Gateway, Mood, Place, breaker_path, config};

use crate::page::{ENTER, Page};

#[test]
#[ignore = "needs chromium"]
fn a_breaker_is_forced_open_and_released_by_clicks_and_traffic_obeys() {
    let (place, web) = (Place::new(), Endpoint::start("web"));
    let gateway = Gateway::serve(&place, &config::in_front_of(&web, "consecutiveFailures: 3"));
    assert_eq!(gateway.get("/").status, 200);
    let page = Page::open(gateway.admin(), "breakers");
    page.click("#breaker-cards .card");
    page.says("#details-state", "closed");
    page.click("#orders [data-action=forceOpen]");
    page.says("#ask-text", "Every call is refused from now on");
    page.keep("asked");
    // What was not agreed to is not done.
    page.click("#ask button[value=no]");
    assert_eq!(gateway.get("/").status, 200);
    page.order("forceOpen");
    page.says("#outcome", "Force open of payments");
    page.says("#outcome", "done");
    assert_eq!(gateway.get("/").status, 503);
    page.says("#details-state", "forced open");
    page.says("#history", "forcedOpen");
    page.keep("forced-open");
    page.order("release");
    until("traffic", || gateway.get("/").status, |status| *status == 200);
    until(
        "the probes that close it",
        || {
            gateway.get("/");
            gateway.breaker("payments", web.addr())
        },
        |breaker| breaker["state"] == "closed",
    );
    page.says("#details-state", "closed");
    let audits = gateway.api("/api/events");
    let audits = audits.as_array().unwrap().iter();
    assert_eq!(audits.filter(|event| event["kind"] == "audit").count(), 2);
    page.is_clean();
}

#[test]
#[ignore = "needs chromium"]
fn an_actor_is_stopped_and_started_and_a_node_disabled_moved_and_enabled() {
    let (place, web) = (Place::new(), Endpoint::start("web"));
    let config = config::in_front_of(&web, "consecutiveFailures: 3")
        .node("{ name: health, kind: reply, path: /health, body: well }")
        .node("{ kind: requestId }");
    let gateway = Gateway::serve(&place, &config);
    let page = Page::open(gateway.admin(), "tree?at=gateway%2Fregistry");
    page.order("stop");
    page.says("#details-state", "stopped");
    page.order("start");
    page.says("#details-state", "running");
    page.order("restart");
    page.says("#facts", "Restarts");

    page.click("#to-chains");
    assert_eq!(gateway.get("/health").text(), "well");
    page.click(".node");
    page.says("#details-title", "health");
    page.order("disableNode");
    page.says(".node .state", "disabled");
    page.says("#outcome", "revision");
    assert_ne!(gateway.get("/health").text(), "well");
    page.order("enableNode");
    page.says(".node .state", "enabled");
    page.click("#orders [data-action=moveNode]");
    page.says("#ask-before", "at the end");
    page.click("#ask-before option[value=route]");
    page.click("#ask-yes");
    page.says(".nodes li:nth-child(2) .title", "health");
    page.keep("moved");
    page.is_clean();
}

#[test]
#[ignore = "needs chromium"]
fn a_token_is_asked_for_where_one_is_needed_and_kept_for_the_next_order() {
    let (place, web) = (Place::new(), Endpoint::start("web"));
    let file = place.file("mesh.yaml", &config::in_front_of(&web, "consecutiveFailures: 3"));
    let arguments = ["--config", file.to_str().unwrap(), "--admin-token", "open sesame"];
    let gateway = Gateway::start(&place, &arguments, &[]);
    let at = breaker_path("payments", web.addr()).replace('/', "%2F");
    let page = Page::open(gateway.admin(), &format!("breakers?at={at}"));
    page.order("forceOpen");
    page.says("#ask-title", "with its admin token only");
    page.press("wrong".chars().chain([ENTER]));
    page.says("#ask-title", "That token was not taken");
    page.press("open sesame".chars().chain([ENTER]));
    page.says("#details-state", "forced open");
    page.order("release");
    page.says("#details-state", "half-open");
    // It is in the memory of the page alone.
    let kept = page.eval("JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), document.cookie, location.href])");
    assert!(!kept.as_str().unwrap().contains("sesame"), "{kept}");
    page.did_no_harm();
}

#[test]
#[ignore = "needs chromium"]
fn an_ejected_endpoint_is_put_back_by_a_click() {
    let (place, web, sick) = (Place::new(), Endpoint::start("web"), Endpoint::start("sick"));
    let config = config::Config::to("/", "web", &[web.addr(), sick.addr()]).keys(
        "breaker: { per: upstream, failureRate: off, consecutiveFailures: off }, retry: off, balance: roundRobin, outlier: { ejectFor: 10m }",
    );
    let gateway = Gateway::serve(&place, &config);
    let page = Page::open(gateway.admin(), "upstreams");
    sick.set(Mood::Answer(500));
    until(
        "the ejection",
        || {
            gateway.get("/");
            let upstream = gateway.api("/api/upstreams");
            let endpoints = upstream[0]["endpoints"].as_array().unwrap().clone();
            endpoints
                .iter()
                .any(|endpoint| !endpoint["ejectedUntil"].is_null())
        },
        |is_ejected| *is_ejected,
    );
    let at = format!("gateway/upstreams/web/endpoints/{}", sick.addr());
    page.eval(&format!(
        "location.hash = 'upstreams?at=' + encodeURIComponent('{at}')"
    ));
    page.says("#details-state", "ejected until");
    page.keep("ejected");
    sick.set(Mood::Answer(200));
    page.order("readmit");
    page.says("#outcome", "it is called again");
    page.says("#details-state", "closed");
    page.shows(
        "no button",
        "!document.querySelector('#orders [data-action=readmit]')",
    );
    page.is_clean();
}
