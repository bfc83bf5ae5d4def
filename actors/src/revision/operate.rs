//! Edits as they are asked for: by code, and in the words of the API.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use hedgerow_supervisor::{ActError, Acting, Arguments, Handle};
use hedgerow_view::chain::EditView;
use serde_json::{Map, Value, json};
use tokio::sync::oneshot;

use super::reviser::{Revise, Reviser, Wish};
use super::slot::ReviserSlot;
use super::written::Written;
use crate::chain::{ChainSlot, Edit, EditError, Editor, Misfit};

/// What hands the reviser its orders.
pub(super) struct Orders {
    pub(super) slot: Arc<ReviserSlot>,
    pub(super) reviser: Handle<Reviser>,
}

impl Editor for Orders {
    fn edit(&self, chain: Arc<ChainSlot>, edit: Edit) -> BoxFuture<'_, Result<u64, EditError>> {
        self.revise(chain, Wish::Edit(Box::new(edit))).boxed()
    }

    fn act<'a>(
        &'a self,
        chain: Arc<ChainSlot>,
        action: &'a str,
        arguments: &'a Arguments,
        by: &'a str,
    ) -> Acting<'a> {
        Box::pin(async move {
            let wish = match read(action, arguments)? {
                None => Wish::DropEdits(by.to_owned()),
                Some(written) => {
                    let edit = written.to_edit(&self.slot.workshop, chain.id.name());
                    let edit = edit.map_err(ActError::arguments)?;
                    Wish::Keep(Box::new(edit), written, by.to_owned())
                }
            };
            let made = self.revise(chain, wish).await;
            made.map(|revision| json!({ "revision": revision })).map_err(told)
        })
    }

    fn kept(&self, chain: &str) -> Vec<EditView> {
        self.slot.overlay().views(chain)
    }
}

impl Orders {
    /// Has the reviser make a change.
    async fn revise(&self, chain: Arc<ChainSlot>, wish: Wish) -> Result<u64, EditError> {
        let name = chain.id.name().to_owned();
        let nobody = |why: &str| EditError::NoReviser {
            chain: name.clone(),
            why: why.to_owned(),
        };
        let (answer, made) = oneshot::channel();
        let told = self.reviser.tell(Revise { chain, wish, answer });
        told.map_err(|refused| nobody(&refused.to_string()))?;
        made.await.unwrap_or_else(|_| {
            Err(nobody(
                "it fell over the edit, and has begun anew: look at the revision",
            ))
        })
    }
}

/// The arguments of an action: those that it needs, and those that it may have.
fn takes(action: &str) -> (&'static [&'static str], &'static [&'static str]) {
    match action {
        "insert" => (&["node"], &["before"]),
        "move" => (&["name"], &["before"]),
        "replace" => (&["name", "node"], &[]),
        "dropEdits" => (&[], &[]),
        _ => (&["name"], &[]),
    }
}

fn told(error: EditError) -> ActError {
    match error {
        EditError::Misfit {
            why: Misfit::BadName { .. },
            ..
        } => ActError::arguments(error),
        EditError::NoReviser { .. } => ActError::unavailable(error),
        _ => ActError::not_done(error),
    }
}

/// The edit that is ordered, `None` for that all are dropped; or every mistake in the order at once.
fn read(action: &str, arguments: &Arguments) -> Result<Option<Written>, ActError> {
    let (needed, possible) = takes(action);
    let mut mistakes = Vec::new();
    let mut said = Map::new();
    for (key, value) in arguments.iter().filter(|(_, value)| !value.is_null()) {
        if !needed.contains(&key.as_str()) && !possible.contains(&key.as_str()) {
            mistakes.push(format!("`{action}` takes no `{key}`"));
        } else if key != "node" && !value.is_string() {
            mistakes.push(format!(
                "`{key}` is the name of a node: write a text, not {value}"
            ));
        } else {
            said.insert(key.clone(), value.clone());
        }
    }
    for key in needed {
        if arguments.get(*key).is_none_or(Value::is_null) {
            mistakes.push(format!("`{action}` needs `{key}`"));
        }
    }
    if !mistakes.is_empty() {
        return Err(ActError::arguments(mistakes.join("\n")));
    }
    if needed.is_empty() {
        return Ok(None);
    }
    said.insert("action".to_owned(), Value::from(action));
    let written = serde_json::from_value(Value::Object(said));
    written.map(Some).map_err(ActError::arguments)
}
