//! What can be done to an actor from outside: orders, and actions of its own.
#![allow(clippy::unwrap_used)]

mod kit;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use hedgerow_supervisor::{ActError, Acting, Arguments, Operate, OperateError, Quarantine, Supervisor};
use hedgerow_view::Path;
use hedgerow_view::tree::ActorState;
use kit::*;
use serde_json::{Value, json};

/// Counts how often it was wound up, and refuses to run down.
#[derive(Default)]
struct Clockwork(AtomicU32);

impl Operate for Clockwork {
    fn actions(&self) -> &'static [&'static str] {
        &["wind", "runDown"]
    }

    fn act<'a>(&'a self, action: &'a str, arguments: &'a Arguments, by: &'a str) -> Acting<'a> {
        Box::pin(async move {
            if action == "runDown" {
                return Err(ActError::not_done(format!("it never stops for {by}")));
            }
            let turns = arguments.get("turns").map_or(Some(1), Value::as_u64);
            let turns = turns.ok_or_else(|| ActError::arguments("`turns` is a number"))?;
            let before = self.0.fetch_add(u32::try_from(turns).unwrap(), Ordering::SeqCst);
            Ok(Value::from(u64::from(before) + turns))
        })
    }
}

#[test]
fn an_actor_lists_what_can_be_done_to_it_and_does_it() {
    run(async {
        let clockwork = Arc::new(Clockwork::default());
        let (plain, _) = clerk("plain");
        let (spec, _) = clerk("clerk");
        let spec = spec.operate(clockwork.clone()).quarantine(Quarantine::default());
        let tree = here(Supervisor::one_for_one("root").children([plain, spec])).await;
        let view = tree.directory().tree();
        assert!(view.actions.is_empty(), "nobody can restart the root");
        assert_eq!(at(&view, &["plain"]).actions, ["restart", "stop", "start"]);
        assert_eq!(
            at(&view, &["clerk"]).actions,
            ["restart", "stop", "start", "release", "wind", "runDown"]
        );

        let path = Path::root("root").child("clerk");
        let plain = Arguments::new();
        let wound = tree.directory().act(&path, "wind", &plain, "me").await.unwrap();
        assert_eq!((wound, clockwork.0.load(Ordering::SeqCst)), (json!(1), 1));
        let twice = Arguments::from_iter([("turns".to_owned(), json!(2))]);
        let wound = tree.directory().act(&path, "wind", &twice, "me").await.unwrap();
        assert_eq!(
            wound, 3,
            "it is told its arguments, and what it answers comes back"
        );
        tree.directory()
            .act(&path, "release", &plain, "me")
            .await
            .unwrap();
        tree.directory()
            .act(&path, "restart", &plain, "me")
            .await
            .unwrap();
        until(&tree, "clerk", ActorState::Running).await;
        tree.stop().await;
    });
}

#[test]
fn what_is_not_done_says_why() {
    run(async {
        let (spec, _) = clerk("clerk");
        let spec = spec.operate(Arc::new(Clockwork::default()));
        let tree = here(Supervisor::one_for_one("root").child(spec)).await;
        let path = Path::root("root").child("clerk");
        let act_with = async |path: &Path, action, arguments: Value| {
            tree.directory()
                .act(path, action, arguments.as_object().unwrap(), "me")
                .await
                .unwrap_err()
                .to_string()
        };
        let act = async |path: &Path, action| act_with(path, action, json!({})).await;
        let odd = json!({ "turns": "many" });
        assert_eq!(
            act_with(&path, "wind", odd.clone()).await,
            "`root/clerk` did not do `wind`: `turns` is a number"
        );
        assert_eq!(
            act_with(&path, "restart", odd).await,
            "`root/clerk` did not do `restart`: `restart` takes no `turns`"
        );
        assert_eq!(
            act(&path, "runDown").await,
            "`root/clerk` did not do `runDown`: it never stops for me"
        );
        assert_eq!(
            act(&path, "release").await,
            "`root/clerk` knows no action `release`: it may be `restart`, `stop`, `start`, `wind` or `runDown`"
        );
        assert!(act(&Path::root("root"), "stop").await.contains("is the root"));
        let nobody = Path::root("root").child("nobody");
        let missing = tree
            .directory()
            .act(&nobody, "stop", &Arguments::new(), "me")
            .await;
        assert!(matches!(missing, Err(OperateError::NotFound { path }) if path == nobody));
        tree.stop().await;
    });
}
