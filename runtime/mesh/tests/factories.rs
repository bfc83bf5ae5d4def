//! Factories in a declared tree.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use hedgerow::Error;
use hedgerow::prelude::*;

#[derive(Debug)]
struct Ledger {
    /// The thread that has made it.
    made_on: String,
}

async fn connect() -> Result<Ledger, String> {
    let made_on = thread::current().name().unwrap_or_default().to_owned();
    Ok(Ledger { made_on })
}

fn shop(factory: impl Into<hedgerow::Child>) -> Supervisor {
    Supervisor::one_for_one("shop").child(factory)
}

#[tokio::test]
async fn a_thing_is_made_on_threads_for_that_and_closed_with_the_mesh() {
    let closed = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&closed);
    let ledger = Factory::new("ledger", connect).close(move |ledger: Arc<Ledger>| {
        let told = Arc::clone(&told);
        async move {
            // Sockets and timers are there.
            tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            tokio::time::sleep(Duration::from_millis(1)).await;
            told.lock().unwrap().push(ledger.made_on.clone());
        }
    });
    let mesh = Mesh::new(shop(ledger)).start().await.unwrap();
    let ledgers = mesh.factory::<Ledger>("ledger").unwrap();
    assert_eq!(ledgers.lease().await.unwrap().made_on, "hedgerow-io");
    mesh.shutdown().await.unwrap();
    assert_eq!(*closed.lock().unwrap(), ["hedgerow-io"]);
    assert_eq!(ledgers.lease().await.unwrap_err().rule, "stopped");
}

#[tokio::test]
async fn a_factory_is_asked_for_by_its_name_and_its_type() {
    let mesh = Mesh::new(shop(Factory::new("ledger", connect)))
        .start()
        .await
        .unwrap();
    let other = mesh.factory::<String>("ledger").unwrap_err();
    assert!(matches!(other, Error::OtherFactory { .. }));
    assert_eq!(
        other.to_string(),
        "the factory `ledger` makes factories::Ledger, not alloc::string::String: ask for that"
    );
    let none = mesh.factory::<Ledger>("leger").unwrap_err();
    assert_eq!(none.to_string(), "there is no factory `leger`: there are ledger");
    mesh.shutdown().await.unwrap();
}

#[tokio::test]
async fn mistakes_are_told_before_anything_is_started() {
    let policy = FactoryPolicy {
        timeout: Duration::ZERO,
        ..FactoryPolicy::of(FactoryScope::Global)
    };
    let tree = shop(Factory::new("ledger", connect).policy(policy)).child(Factory::new("ledger", connect));
    let error = Mesh::new(tree).start().await.unwrap_err().to_string();
    assert!(
        error.contains("mesh/shop/ledger (factory): the limit of an attempt is zero"),
        "{error}"
    );
    assert!(error.contains("the name is taken by another factory"), "{error}");
    let edge = Factory::new("ledger", connect)
        .scope(FactoryScope::Edge)
        .required();
    let error = Mesh::new(shop(edge)).start().await.unwrap_err().to_string();
    assert!(error.contains("nobody knows which key is required"), "{error}");
}

#[test]
fn a_mesh_that_is_dropped_ends_the_threads_under_any_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(async {
        let mesh = Mesh::new(shop(Factory::new("ledger", connect)))
            .start()
            .await
            .unwrap();
        assert!(mesh.factory::<Ledger>("ledger").unwrap().lease().await.is_ok());
        // Whoever dropped a runtime here would panic.
        drop(mesh);
    });
}
