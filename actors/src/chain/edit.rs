//! What can be changed of a chain while it serves.

use std::fmt;

use super::node_slot::Touch;
use super::rearranged::Misfit;
use super::spec::NodeSpec;

/// One change of a chain that serves: [`ChainHandle::edit`](super::ChainHandle::edit) makes it.
///
/// ```
/// use hedgerow_actors::chain::{Edit, Flow, NodeSpec, node_fn};
///
/// let audit = NodeSpec::new("audit", "audit", || node_fn(|_, _| Flow::Next));
/// let edit = Edit::Insert { node: audit, before: Some("route".into()) };
/// assert_eq!(edit.to_string(), "insert audit before route");
/// ```
#[derive(Debug, Clone)]
pub enum Edit {
    /// A node is added.
    Insert {
        /// The node.
        node: NodeSpec,
        /// The node that it is to stand before; at the end without one.
        before: Option<String>,
    },
    /// A node leaves.
    Remove {
        /// Its name.
        name: String,
    },
    /// A node stands elsewhere.
    Move {
        /// Its name.
        name: String,
        /// The node that it is to stand before; at the end without one.
        before: Option<String>,
    },
    /// A node takes the place of another. Of the same name and kind, it goes on with what the other counts and keeps. In
    /// place of a disabled one it is disabled.
    Replace {
        /// The name of the one that leaves.
        name: String,
        /// The one that comes.
        node: NodeSpec,
    },
    /// Requests meet a node again.
    Enable {
        /// Its name.
        name: String,
    },
    /// Requests pass a node by. Its actor goes on.
    Disable {
        /// Its name.
        name: String,
    },
}

impl Edit {
    /// Whom it touches of those that are there, and how.
    pub(super) fn touches(&self) -> Option<(&str, Touch)> {
        match self {
            Self::Insert { .. } => None,
            Self::Remove { name } => Some((name, Touch::Remove)),
            Self::Move { name, .. } => Some((name, Touch::Move)),
            Self::Replace { name, .. } => Some((name, Touch::Replace)),
            Self::Enable { name } => Some((name, Touch::Enable)),
            Self::Disable { name } => Some((name, Touch::Disable)),
        }
    }
}

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, before) = match self {
            Self::Insert { node, before } => (format!("insert {}", node.name()), before),
            Self::Remove { name } => (format!("remove {name}"), &None),
            Self::Move { name, before } => (format!("move {name}"), before),
            Self::Replace { name, node } if node.name() == name => (format!("replace {name}"), &None),
            Self::Replace { name, node } => (format!("replace {name} by {}", node.name()), &None),
            Self::Enable { name } => (format!("enable {name}"), &None),
            Self::Disable { name } => (format!("disable {name}"), &None),
        };
        f.write_str(&what)?;
        match (self, before) {
            (_, Some(before)) => write!(f, " before {before}"),
            (Self::Insert { .. } | Self::Move { .. }, None) => f.write_str(" at the end"),
            _ => Ok(()),
        }
    }
}

/// A chain was not edited: it is as it was before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// The edit does not fit the chain.
    #[error("chain `{chain}`: {why}")]
    Misfit {
        /// The chain's name.
        chain: String,
        /// Why.
        #[source]
        why: Misfit,
    },
    /// A node that was to come did not become ready.
    #[error("chain `{chain}`: the node `{node}` did not become ready: {why}")]
    NotReady {
        /// The chain's name.
        chain: String,
        /// The node's name.
        node: String,
        /// What its start came to.
        why: String,
    },
    /// A node that is there does not agree.
    #[error("chain `{chain}`: the node `{node}` vetoes: {why}")]
    Vetoed {
        /// The chain's name.
        chain: String,
        /// The node's name.
        node: String,
        /// What was to be done to it.
        touch: Touch,
        /// What it says.
        why: String,
    },
    /// As many edits are kept as may be.
    #[error(
        "chain `{chain}`: {limit} edits are kept already: write them into the config file and drop them with `dropEdits`"
    )]
    Full {
        /// The chain's name.
        chain: String,
        /// The limit.
        limit: usize,
    },
    /// Nobody makes edits: the chain is in no mesh, or its mesh is stopping.
    #[error("chain `{chain}`: there is no reviser to make the edit: {why}")]
    NoReviser {
        /// The chain's name.
        chain: String,
        /// How that is.
        why: String,
    },
}
