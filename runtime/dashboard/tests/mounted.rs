//! In an app of one's own, and in the documentation.
#![allow(clippy::unwrap_used)]

mod kit;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use actix_web::{App, HttpServer, web};
use hedgerow_dashboard::Admin;
use kit::client::{Stream, get, order};
use kit::{Mesh, block_on};

/// Serves an app with a route of its own and the admin side under `/hedgerow`, while `body` runs.
fn mounted(mesh: &Mesh, body: impl FnOnce(SocketAddr)) {
    let admin = Admin::new(mesh.directory.clone(), Arc::new(String::new));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let (started, wait) = std::sync::mpsc::sync_channel(1);
    let thread = std::thread::spawn(move || {
        block_on(async {
            let server = HttpServer::new(move || {
                let admin = admin.clone();
                App::new()
                    .service(web::scope("/hedgerow").configure(|config| admin.configure(config)))
                    .route("/own", web::get().to(async || "own"))
            });
            let server = server
                .workers(1)
                .disable_signals()
                .listen(listener)
                .unwrap()
                .run();
            started.send(server.handle()).unwrap();
            server.await.unwrap();
        });
    });
    let handle = wait.recv().unwrap();
    body(addr);
    block_on(handle.stop(false));
    thread.join().unwrap();
}

#[test]
fn it_works_under_a_scope_of_another_app_and_leaves_its_routes_alone() {
    let mesh = Mesh::start();
    mounted(&mesh, |addr| {
        assert_eq!(get(addr, "/own").body, "own");
        assert_eq!(get(addr, "/hedgerow/api/tree").json()["path"], "shop");
        assert_eq!(order(addr, "x", "stop", &[]).status, 404);
        get(addr, "/hedgerow/own").is_problem(404, "not found");
        let moved = get(addr, "/hedgerow");
        assert_eq!((moved.status, moved.header("location")), (308, Some("hedgerow/")));
        assert!(get(addr, "/hedgerow/").body.contains("ui/app.js"));
        assert_eq!(get(addr, "/hedgerow/ui/app.js").status, 200);
        let (_, head) = Stream::open_at(addr, "/hedgerow/live", "");
        assert!(head.contains("200 ok"), "{head}");
    });
}

#[test]
fn what_the_documentation_lists_is_there() {
    let mesh = Mesh::start();
    let page = include_str!("../../../docs/operating/admin-api.md");
    let listed: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("| `GET "))
        .flat_map(|line| line.split('|').nth(1).unwrap().split('`'))
        .filter_map(|code| code.strip_prefix("GET "))
        // An id stands for something, and a stream does not end.
        .filter(|path| !path.contains('{') && !matches!(*path, "/events" | "/live"))
        .collect();
    assert!(listed.len() >= 9, "{listed:?}");
    for path in listed {
        assert_eq!(get(mesh.addr, path).status, 200, "{path}");
    }
}
