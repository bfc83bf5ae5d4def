//! A listening socket and what is to be served on it.

use std::fmt;

use hedgerow_http::{ListeningSocket, listener};

/// A listening socket that belongs to a place in the tree.
pub(crate) struct OpenListener {
    pub(crate) name: String,
    pub(crate) socket: ListeningSocket,
    pub(crate) chain: String,
    pub(crate) options: listener::Options,
}

impl fmt::Debug for OpenListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenListener")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
