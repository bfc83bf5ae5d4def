//! A mesh that goes away and comes back under the eyes of its page.

use hedgerow_tests::{Endpoint, Gateway, Place, config};

use crate::page::Page;

#[test]
#[ignore = "needs chromium"]
fn a_page_says_that_it_is_stale_while_the_mesh_is_away_and_goes_on_when_it_is_back() {
    let (place, web) = (Place::new(), Endpoint::start("web"));
    let file = place.file("mesh.yaml", &config::in_front_of(&web, "consecutiveFailures: 3"));
    let gateway = Gateway::start(&place, &["--config", file.to_str().unwrap()], &[]);
    let admin = gateway.admin();
    let page = Page::open(admin, "tree");
    page.says("#tree-rows", "registry");
    gateway.kill();
    page.says("#link", "stale");
    page.shows("grey", "document.body.classList.contains('stale')");
    // What was seen last is shown on.
    page.says("#tree-rows", "registry");
    page.keep("stale");
    let again = ["--config", file.to_str().unwrap(), "--admin", &admin.to_string()];
    let gateway = Gateway::start(&place, &again, &[]);
    page.says("#link", "live");
    page.shows("no grey", "!document.body.classList.contains('stale')");
    assert_eq!(gateway.order("gateway/registry", "stop", &[]).status, 200);
    page.says("#tree-rows [data-key='gateway/registry']", "stopped");
    page.did_no_harm();
}

#[test]
#[ignore = "needs chromium"]
fn the_page_survives_a_restart_of_the_listener_that_serves_it() {
    let (place, web) = (Place::new(), Endpoint::start("web"));
    let gateway = Gateway::serve(&place, &config::in_front_of(&web, "consecutiveFailures: 3"));
    let page = Page::open(gateway.admin(), "tree?at=gateway%2Fadmin");
    page.order("restart");
    page.says("#facts", "Restarts1");
    page.says("#link", "live");
    page.did_no_harm();
}
