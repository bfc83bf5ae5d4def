//! An edit as it is kept: in the config's own words.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::workshop::{BadNode, Workshop};
use crate::chain::Edit;

/// An edit as the API says it, and as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "camelCase", deny_unknown_fields)]
pub(super) enum Written {
    Insert {
        node: Value,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<String>,
    },
    Remove {
        name: String,
    },
    Move {
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<String>,
    },
    Replace {
        name: String,
        node: Value,
    },
    Enable {
        name: String,
    },
    Disable {
        name: String,
    },
}

impl Written {
    /// The edit that it says.
    ///
    /// # Errors
    /// All that is wrong with its node.
    pub(super) fn to_edit(&self, workshop: &Workshop, chain: &str) -> Result<Edit, BadNode> {
        let make = |node: &Value| workshop.make(chain, &node.to_string());
        Ok(match self.clone() {
            Self::Insert { node, before } => Edit::Insert {
                node: make(&node)?,
                before,
            },
            Self::Replace { name, node } => Edit::Replace {
                name,
                node: make(&node)?,
            },
            Self::Remove { name } => Edit::Remove { name },
            Self::Move { name, before } => Edit::Move { name, before },
            Self::Enable { name } => Edit::Enable { name },
            Self::Disable { name } => Edit::Disable { name },
        })
    }

    /// The name of the node that it is about; of one that is inserted without a name, that of its kind.
    pub(super) fn subject(&self) -> Option<&str> {
        match self {
            Self::Insert { node, .. } => name_in(node),
            Self::Remove { name }
            | Self::Move { name, .. }
            | Self::Replace { name, .. }
            | Self::Enable { name }
            | Self::Disable { name } => Some(name),
        }
    }

    /// Whether it names this node otherwise than as its subject.
    pub(super) fn leans_on(&self, name: &str) -> bool {
        match self {
            Self::Insert { before, .. } | Self::Move { before, .. } => before.as_deref() == Some(name),
            Self::Replace { node, .. } => name_in(node) == Some(name),
            Self::Remove { .. } | Self::Enable { .. } | Self::Disable { .. } => false,
        }
    }

    /// Whether it makes this earlier one of the same node pointless.
    pub(super) fn outdoes(&self, earlier: &Self) -> bool {
        match (self, earlier) {
            (Self::Enable { .. } | Self::Disable { .. }, Self::Enable { .. } | Self::Disable { .. })
            | (Self::Move { .. }, Self::Move { .. })
            | (Self::Remove { .. }, Self::Enable { .. } | Self::Disable { .. } | Self::Move { .. }) => true,
            (Self::Replace { node, .. }, Self::Replace { name, node: before }) => {
                let stays = |node: &Value| name_in(node) == Some(name);
                stays(node) && stays(before)
            }
            (Self::Remove { .. }, Self::Replace { name, node }) => name_in(node) == Some(name),
            _ => false,
        }
    }
}

fn name_in(node: &Value) -> Option<&str> {
    node.get("name").or_else(|| node.get("kind"))?.as_str()
}
