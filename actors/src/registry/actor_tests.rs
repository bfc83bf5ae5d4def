#![allow(clippy::unwrap_used)]

use std::time::Duration;

use hedgerow_store::Store;
use hedgerow_supervisor::{Arbiters, Arguments, Ground, Operate as _, Order, Supervisor, Tree};
use hedgerow_view::Path;
use serde_json::{Value, json};

use super::{RegistryHandle, spec};
use crate::breaker::Means;
use crate::paused::{pass_until, run, until};

struct Site {
    tree: Tree,
    ground: Ground,
    registry: RegistryHandle,
}

async fn site(store: &Store) -> Site {
    let ground = Ground::new(Arbiters::current_thread());
    let means = Means {
        store: store.clone(),
        events: ground.events.clone(),
        clock: ground.clock,
    };
    let (child, registry) = spec(&means);
    let tree = Tree::start(Supervisor::one_for_one("root").child(child), &ground)
        .await
        .unwrap();
    Site {
        tree,
        ground,
        registry,
    }
}

fn said(value: Value) -> Arguments {
    let Value::Object(arguments) = value else {
        panic!("no arguments: {value}")
    };
    arguments
}

impl Site {
    async fn act(&self, action: &str, arguments: Value) -> Result<Value, String> {
        let acted = self.registry.act(action, &said(arguments), "a test").await;
        acted.map_err(|error| error.to_string())
    }

    async fn register(&self, id: &str, port: u16) -> String {
        let addr = format!("127.0.0.1:{port}");
        let said = json!({ "service": "payments", "id": id, "addr": addr, "ttlMs": 30_000 });
        let made = self.act("register", said).await.unwrap();
        made["version"].as_str().unwrap().to_owned()
    }

    fn ports(&self) -> Vec<u16> {
        let members = self.registry.members("payments");
        members.iter().map(|member| member.addr.port()).collect()
    }

    fn told(&self) -> Vec<&'static str> {
        self.ground
            .events
            .since(0)
            .iter()
            .map(|event| event.kind)
            .collect()
    }
}

#[test]
fn who_registers_is_there_and_without_heartbeats_it_is_suspect_and_ends() {
    run(async {
        let site = site(&Store::memory()).await;
        let mut live = site.register("live", 1).await;
        site.register("dead", 2).await;
        assert_eq!(site.ports(), [1, 2]);
        for _ in 0..3 {
            tokio::time::advance(Duration::from_secs(11)).await;
            let said = json!({ "service": "payments", "id": "live", "version": live });
            let renewed = site.act("heartbeat", said).await.unwrap();
            live = renewed["version"].as_str().unwrap().to_owned();
        }
        until(|| site.ports() == [1]).await;
        assert!(site.told().contains(&"registrationSuspect"));
        assert!(site.told().contains(&"registrationExpired"));
        site.tree.stop().await;
    });
}

#[test]
fn every_mistake_of_a_registration_is_told_at_once() {
    run(async {
        let site = site(&Store::memory()).await;
        let said =
            json!({ "service": " ", "id": "a", "addr": "nowhere", "weight": 0, "ttlMs": 5, "version": "x" });
        let why = site.act("register", said).await.unwrap_err();
        for part in ["`service`", "`addr`", "`weight`", "`ttlMs`", "`version`"] {
            assert!(why.contains(part), "{part} in {why}");
        }
        let why = site
            .act("register", json!({ "service": "a", "id": "a" }))
            .await
            .unwrap_err();
        assert!(why.contains("addr"), "{why}");
        let why = site
            .act("heartbeat", json!({ "service": "a", "id": "a" }))
            .await
            .unwrap_err();
        assert!(why.contains("`version` is missing"), "{why}");
        site.tree.stop().await;
    });
}

#[test]
fn a_registry_that_is_restarted_knows_everybody_and_their_versions() {
    run(async {
        let site = site(&Store::memory()).await;
        let version = site.register("a", 1).await;
        let path = Path::root("root").child("registry");
        site.tree
            .directory()
            .operate(&path, Order::Restart)
            .await
            .unwrap();
        let said = json!({ "service": "payments", "id": "a", "version": version });
        site.act("heartbeat", said).await.unwrap();
        assert_eq!(site.ports(), [1]);
        site.tree.stop().await;
    });
}

#[test]
fn another_process_on_the_same_store_knows_who_had_registered_and_gives_them_time() {
    run(async {
        let store = Store::memory();
        let first = site(&store).await;
        let version = first.register("a", 1).await;
        first.register("gone", 2).await;
        first.register("left", 3).await;
        let left = json!({ "service": "payments", "id": "left" });
        first.act("deregister", left).await.unwrap();
        let beat = json!({ "service": "payments", "id": "a", "version": version });
        let later = first.act("heartbeat", beat).await.unwrap();
        first.tree.stop().await;

        let second = site(&store).await;
        until(|| second.ports() == [1, 2]).await;
        let beat = json!({ "service": "payments", "id": "a", "version": later["version"] });
        second.act("heartbeat", beat).await.unwrap();
        tokio::time::advance(Duration::from_secs(15)).await;
        let renewed = json!({ "service": "payments", "id": "a", "addr": "127.0.0.1:1" });
        second.act("register", renewed).await.unwrap();
        pass_until(|| second.ports() == [1]).await;
        second.tree.stop().await;
    });
}
