//! The page below a path of somebody's own app.

use std::net::TcpListener;
use std::sync::mpsc;

use actix_web::{App, HttpServer, web};
use hedgerow::Admin;
use hedgerow::prelude::*;
use hedgerow_tests::client::request;

use crate::page::Page;
use crate::shop::Shop;

const BELOW: &str = "/ops/mesh";

/// Serves an app with a route of its own and the admin side below a path, while `body` is told where.
fn mounted(admin: Admin, body: impl FnOnce(std::net::SocketAddr)) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let (started, wait) = mpsc::sync_channel(1);
    let thread = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async {
            let server = HttpServer::new(move || {
                let admin = admin.clone();
                App::new()
                    .route("/", web::get().to(async || "own"))
                    .service(web::scope(BELOW).configure(move |config| admin.configure(config)))
            });
            let server = server.workers(1).disable_signals();
            let server = server.listen(listener).unwrap().run();
            started.send(server.handle()).unwrap();
            server.await.unwrap();
        });
    });
    let handle = wait.recv().unwrap();
    body(addr);
    actix_web::rt::System::new().block_on(handle.stop(false));
    thread.join().unwrap();
}

#[test]
#[ignore = "needs chromium"]
fn a_page_below_a_path_of_another_app_is_live_takes_orders_and_asks_nothing_of_what_lies_outside() {
    let shop = Shop::start(Supervisor::one_for_one("shop").child(Breaker::new("mail")));
    mounted(shop.mesh.admin(), |addr| {
        // Without the slash at its end it leads on to its folder.
        let page = Page::open_below(addr, BELOW, "breakers");
        page.says("#name", "mesh");
        page.shows("its folder", "location.pathname === '/ops/mesh/'");
        page.click("#breaker-cards .card");
        page.order("forceOpen");
        page.says("#outcome", "Force open of mail: done");
        // Nobody loaded it again: the stream told it.
        page.says("#details-state", "forced open");
        page.says("#happened", "audit");
        page.keep("mounted");
        let asked = "performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname)";
        let outside = page.eval(&format!(
            "{asked}.filter((path) => !path.startsWith('/ops/mesh/'))"
        ));
        assert_eq!(outside, serde_json::json!([]));
        page.is_clean();
        let own = request(addr, "GET", "/", &[], b"").unwrap();
        assert_eq!(own.text(), "own");
    });
}
