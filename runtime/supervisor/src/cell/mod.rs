//! The cell: what keeps one actor alive.
//!
//! A cell owns the mailbox and lives as long as its place in the tree. Each incarnation is a fresh value from the
//! factory in a context of its own, polled under `catch_unwind`. A panic costs the message in hand and the
//! unfinished asynchronous replies of that incarnation; queue, handle and everyone who holds it stay.
//!
//! | file | what it is |
//! |---|---|
//! | [`lasting`] | what stays while incarnations come and go |
//! | [`control`] | the orders of a supervisor, and the doorbell |
//! | [`published`] | state and exits, as the cell publishes them |
//! | [`queue`] | what waits, in two lanes |
//! | [`gauge`] | what a queue publishes of itself |
//! | [`mailbox`] | the [`Handle`] that others send messages through |
//! | [`parcel`] | a message on its way, with its type forgotten |
//! | [`question`] | a message whose sender waits |
//! | [`limit`] | how long the sender waits |
//! | [`quarantine`] | which messages are refused because they keep crashing the actor |
//! | [`error`] | why a message was not taken, or not answered |
//! | [`ending`] | how an incarnation is stopped, and that its end is reported |
//! | [`life`] | runs one incarnation, from the factory to its exit |
//! | [`incarnation`] | a value in its context, and the turns in which it works |
//! | [`context`] | what an actor sees of its cell |
//! | [`wake`] | the time at which an actor wants to look again |
//! | [`under_way`] | what an actor has under way |

pub(crate) mod context;
pub(crate) mod control;
pub(crate) mod ending;
pub(crate) mod error;
mod gauge;
mod incarnation;
pub(crate) mod lasting;
mod life;
mod limit;
pub(crate) mod mailbox;
mod parcel;
pub(crate) mod published;
pub(crate) mod quarantine;
mod question;
pub(crate) mod queue;
mod under_way;
mod wake;

pub use context::CellContext;
pub use control::Doorbell;
pub use error::{AskError, SendError};
pub use mailbox::Handle;
