//! The revisions of one mesh: the one in force, and who makes the next.

use std::fmt;
use std::sync::{Arc, OnceLock};

use futures_util::future::BoxFuture;
use hedgerow_supervisor::{Acting, Arguments};
use hedgerow_view::chain::EditView;

use super::edit::{Edit, EditError};
use super::published::{Published, Revision};
use super::slot::ChainSlot;

/// The revisions of one mesh. Cheap to clone.
#[derive(Clone)]
pub struct Revisions {
    shared: Arc<Shared>,
}

struct Shared {
    published: Arc<Published>,
    editor: OnceLock<Arc<dyn Editor>>,
}

/// Who edits the chains of a mesh, as their handles know it.
pub(crate) trait Editor: Send + Sync {
    /// Makes an edit by code, and resolves to the revision from which on requests meet it.
    fn edit(&self, chain: Arc<ChainSlot>, edit: Edit) -> BoxFuture<'_, Result<u64, EditError>>;

    /// Makes an edit in the words of the API, as [`Operate::act`](hedgerow_supervisor::Operate::act) does; `by` is who orders it.
    fn act<'a>(
        &'a self,
        chain: Arc<ChainSlot>,
        action: &'a str,
        arguments: &'a Arguments,
        by: &'a str,
    ) -> Acting<'a>;

    /// The edits that are kept of the chain with this name.
    fn kept(&self, chain: &str) -> Vec<EditView>;
}

impl Revisions {
    /// Those of a mesh that has none yet. The first one has this number.
    pub fn beginning_at(number: u64) -> Self {
        Self {
            shared: Arc::new(Shared {
                published: Arc::new(Published::new(number)),
                editor: OnceLock::new(),
            }),
        }
    }

    /// The revision in force.
    pub fn current(&self) -> Arc<Revision> {
        self.shared.published.take()
    }

    pub(crate) fn published(&self) -> &Arc<Published> {
        &self.shared.published
    }

    /// Says who edits. The first one stays.
    pub(crate) fn edited_by(&self, editor: Arc<dyn Editor>) {
        self.shared.editor.get_or_init(|| editor);
    }

    /// Who edits; `None` where the chains are in no mesh.
    pub(crate) fn editor(&self) -> Option<&dyn Editor> {
        self.shared.editor.get().map(|editor| &**editor)
    }
}

impl fmt::Debug for Revisions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revisions")
            .field("number", &self.current().number())
            .finish_non_exhaustive()
    }
}
