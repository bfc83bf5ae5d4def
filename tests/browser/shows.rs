//! What the page shows of the mesh, and of a thousand actors.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use hedgerow::prelude::*;
use hedgerow_tests::patience::until;
use hedgerow_tests::{Endpoint, Gateway, Mood, Place, config};

use crate::page::Page;
use crate::shop::{Clerk, Fall, Shop};

#[test]
#[ignore = "needs chromium"]
fn the_tree_and_every_view_of_a_gateway_appear() {
    let (place, web) = (Place::new(), Endpoint::start("web"));
    let gateway = Gateway::serve(&place, &config::in_front_of(&web, "consecutiveFailures: 3"));
    assert_eq!(gateway.get("/").status, 200);
    let page = Page::open(gateway.admin(), "tree");
    page.says("#name", "gateway");
    let breaker = format!("gateway/upstreams/payments/endpoints/{}/breaker", web.addr());
    page.says(&format!("#tree-rows [data-key='{breaker}']"), "running");
    page.keep("tree");
    for (view, selector, text) in [
        ("overview", "#overview-ready", "Ready"),
        ("breakers", "#breaker-cards", "payments/endpoint/"),
        ("chains", "#chain-list", "route"),
        ("upstreams", "#upstream-list", "closed"),
        ("pools", "#pool-list", "as promised"),
        ("factories", "#factory-empty", "No factories"),
        ("registry", "#registry-empty", "Nobody has registered"),
        ("events", "#event-rows", "childStarted"),
    ] {
        page.click(&format!("#to-{view}"));
        page.says(selector, text);
        page.shows(
            view,
            &format!("!document.querySelector('#view-{view}').hidden && location.hash === '#{view}'"),
        );
        page.keep(view);
    }
    page.is_clean();
}

#[test]
#[ignore = "needs chromium"]
fn an_actor_that_falls_is_seen_to_come_back_with_what_it_said_and_where() {
    let (spec, clerk) = ChildSpec::actor("clerk", || Clerk);
    let shop = Shop::start(
        Supervisor::one_for_one("shop")
            .intensity(5, Duration::from_secs(30))
            .child(spec),
    );
    let page = Page::open(shop.admin(), "tree?at=mesh%2Fshop%2Fclerk");
    page.says("#details-state", "running");
    assert!(shop.runtime.block_on(clerk.ask(Fall)).is_err());
    page.says("#exit-facts", "tripped over <b>a box</b>");
    page.says("#exit-facts", "shop.rs");
    page.says(
        "#tree-rows [data-key='mesh/shop/clerk'] .exit",
        "panic: tripped over",
    );
    page.says("#details-state", "running");
    page.click("#backtrace summary");
    page.says("#backtrace pre", "shop.rs");
    page.says("#happened", "childExited");
    page.keep("fallen");
    page.is_clean();
}

#[test]
#[ignore = "needs chromium"]
fn a_thousand_actors_are_scrolled_filtered_and_folded() {
    let mut tree = Supervisor::one_for_one("shop");
    for floor in 0..20 {
        let mut part = Supervisor::one_for_one(format!("floor-{floor:02}"));
        for desk in 0..50 {
            part = part.child(ChildSpec::actor(format!("desk-{floor:02}-{desk:02}"), || Clerk).0);
        }
        tree = tree.child(part);
    }
    let shop = Shop::start(tree);
    let page = Page::open(shop.admin(), "tree");
    let rows = "document.querySelectorAll('#tree-rows > *').length";
    page.shows("all rows", &format!("{rows} > 1020"));
    page.keep("thousand");
    let last = "mesh/shop/floor-19/desk-19-49";
    page.eval(&format!(
        "document.querySelector('[data-key=\"{last}\"]').scrollIntoView({{ block: 'center' }})"
    ));
    page.click(&format!("[data-key='{last}']"));
    page.says("#details-path", last);
    page.click("#find");
    page.press("desk-07-1".chars());
    page.says("#tree-count", "10 of ");
    // Who is found is shown below all that is above it.
    page.shows(
        "the rows that were found",
        &format!("{rows} === 13 && location.hash.includes('find=desk-07-1')"),
    );
    page.keep("thousand-filtered");
    page.press([crate::page::ESCAPE]);
    page.shows("all rows again", &format!("{rows} > 1020"));
    page.click("#tree-fold");
    page.shows("the floors alone", &format!("{rows} < 40"));
    page.is_clean();
}

/// What a viewer is told before it is shown the mesh.
fn first_of_the_stream(admin: SocketAddr) -> String {
    let mut stream = TcpStream::connect(admin).unwrap();
    write!(stream, "GET /live HTTP/1.1\r\nhost: {admin}\r\n\r\n").unwrap();
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    lines.take_while(|line| !line.contains("event: tree")).collect()
}

#[test]
#[ignore = "needs chromium"]
fn a_page_that_is_opened_later_draws_what_was_before_it_came() {
    let (place, web) = (Place::new(), Endpoint::start("web"));
    let gateway = Gateway::serve(&place, &config::in_front_of(&web, "failureRate: off"));
    web.set(Mood::Answer(500));
    // Nobody has looked yet, but for this: the stream tells what was kept before it.
    let admin = gateway.admin();
    until(
        "samples of what failed",
        || {
            gateway.get("/");
            first_of_the_stream(admin)
        },
        |told| told.matches("1.0").count() > 3,
    );
    let page = Page::open(gateway.admin(), "breakers");
    // In the first second of the page there is more than one point.
    let drawn = "document.querySelector('.spark .line').getAttribute('d').split('L').length";
    assert!(page.eval(drawn).as_u64() > Some(3), "{drawn}");
    page.keep("sparkline");
    page.eval("location.reload()");
    page.shows(
        "the mesh again",
        "document.querySelector('#link').dataset.tone === 'good'",
    );
    assert!(page.eval(drawn).as_u64() > Some(3));
    page.is_clean();
}
