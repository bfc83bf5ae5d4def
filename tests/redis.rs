//! A real Redis behind a breaker, over a connection that a factory makes: the example, against the server itself.
#![allow(clippy::unwrap_used)]

#[path = "../examples/guarded_redis/guarded.rs"]
mod guarded;

use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Stdio};
use std::time::Duration;

use guarded::{Failure, Guarded, declared};
use hedgerow::prelude::*;
use hedgerow::view::View;
use hedgerow_tests::Place;
use hedgerow_tests::patience::until;
use hedgerow_tests::program::Killed;

/// An address that nobody listens at.
fn free() -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap()
}

/// The server itself, without a disk.
fn server(addr: SocketAddr, place: &Place) -> Killed {
    let child = Command::new("redis-server")
        .args(["--port", &addr.port().to_string(), "--bind", "127.0.0.1"])
        .args(["--save", "", "--appendonly", "no"])
        .current_dir(place.path("."))
        .stdout(Stdio::null())
        .spawn();
    Killed(child.unwrap())
}

/// Why the mesh waits for the upstream.
fn awaited(mesh: &Mesh) -> Option<String> {
    let views = mesh.directory().views().into_iter();
    let mut upstreams = views.filter_map(|(_, view)| match view {
        View::Upstream(upstream) => Some(upstream.awaited()),
        _ => None,
    });
    upstreams.next().unwrap()
}

#[test]
#[ignore = "needs redis-server"]
fn a_redis_that_comes_and_goes_is_reached_refused_and_reached_again() {
    let (addr, place) = (free(), Place::new());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let breaker = BreakerPolicy {
        consecutive_failures: Some(3),
        open_for: OpenFor::fixed(Duration::from_millis(200)),
        ..BreakerPolicy::default()
    };
    let (upstream, connection) = declared(&addr.to_string(), breaker);
    let tree = Supervisor::one_for_one("shop").child(upstream).child(connection);
    let mesh = runtime.block_on(Mesh::new(tree).start()).unwrap();
    let redis = Guarded::of(&mesh).unwrap();
    let visit = || runtime.block_on(redis.visit());

    // It is not there yet, and the mesh runs all the same.
    until(
        "it to be awaited",
        || awaited(&mesh),
        |why| {
            why.as_deref()
                == Some(&format!(
                    "no endpoint could be dialled yet: {addr} connection refused"
                ))
        },
    );
    assert!(matches!(
        visit(),
        Err(CallError::Failed(Failure::NoConnection(_)))
    ));

    let first = server(addr, &place);
    until("Redis to be ready", || awaited(&mesh), Option::is_none);
    let counted = until("a visit", visit, Result::is_ok).unwrap();
    assert_eq!(visit().unwrap(), counted + 1);

    drop(first);
    let refused = until("a refusal", visit, |visited| {
        matches!(visited, Err(CallError::Refused(_)))
    });
    let Err(CallError::Refused(refusal)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(refusal.rule, "consecutiveFailures");

    let _second = server(addr, &place);
    // It has forgotten what it was told, and counts anew.
    assert!(until("a visit", visit, Result::is_ok).unwrap() <= counted);
    // What was there before is no matter of readiness.
    assert_eq!(awaited(&mesh), None);
    runtime.block_on(mesh.shutdown()).unwrap();
}
