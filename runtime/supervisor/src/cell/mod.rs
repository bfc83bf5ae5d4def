//! The cell: what keeps one actor alive.
//!
//! A cell owns the mailbox and lives as long as its place in the tree. Each incarnation is a fresh value from the
//! factory in a fresh actix context, polled under `catch_unwind`. A panic costs the message in hand and the
//! unfinished asynchronous replies of that incarnation; queue, handle and everyone who holds it stay.
//!
//! | file | what it is |
//! |---|---|
//! | [`control`] | the word that a supervisor writes and the cell obeys |
//! | [`vitals`] | what the cell publishes of itself |
//! | [`mailbox`] | the queue, and the [`Handle`] that fills it |
//! | [`parcel`] | a message on its way, and the question that waits for its answer |
//! | [`error`] | why a message was not taken, or not answered |
//! | [`context`] | what an actor sees of its cell |
//! | [`pump`] | takes messages out of the queue |
//! | [`shell`] | runs incarnation after incarnation |
//! | [`panics`] | catches panics and records them |

pub(crate) mod context;
pub(crate) mod control;
pub(crate) mod error;
pub(crate) mod mailbox;
pub(crate) mod panics;
pub(crate) mod parcel;
pub(crate) mod pump;
pub(crate) mod shell;
pub(crate) mod vitals;

pub use context::CellContext;
pub use control::Doorbell;
pub use error::{AskError, SendError};
pub use mailbox::Handle;
