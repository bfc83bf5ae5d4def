//! The kernel: supervised actors in a tree, kept alive after a panic.
//!
//! Actors are ordinary [actix] actors whose context is a [`CellContext`]. A **cell** owns the mailbox of one
//! actor and gives it a fresh value after every fall; a **supervisor** starts its children in order, restarts them by
//! one pure decision, gives up when they fall too often, and stops them in reverse. A tree of supervisors is
//! declared as plain data and validated as a whole before anything starts.
//!
//! # What is guaranteed
//! - A panic anywhere in an actor's code costs the message in hand and that incarnation's unfinished asynchronous
//!   replies. Queue, handle and place stay; the next message meets a fresh value from the factory.
//! - No panic of an actor ends its thread or the process, in `Drop` and in the factory included.
//! - A child is started only when all before it are ready, and stopped only when all after it are down.
//! - Restarts are bounded: beyond the intensity a supervisor stops the rest and ends, and its own supervisor decides.
//! - Reading the tree sends no message and waits for nobody.
//!
//! # Limits
//! A handler that never yields cannot be stopped: it holds its thread. A cell needs unwinding panics; under
//! `panic = "abort"` this crate does not compile.
#![forbid(unsafe_code)]

mod arbiters;
mod backoff;
mod cell;
mod clock;
mod context;
mod directory;
mod events;
mod exit;
mod intensity;
mod operate;
mod poison;
mod slot;
mod supervision;
mod tree;
mod unwind;
mod watchdog;

pub use arbiters::Arbiters;
pub use backoff::{Backoff, Curve, Jitter};
pub use cell::lasting::WhileRestarting;
pub use cell::panics::catch;
pub use cell::shell::Shutdown;
pub use cell::{AskError, CellContext, Doorbell, Handle, SendError};
pub use clock::Clock;
pub use context::{Baggage, BaggageError, Context, Scoped, Trace};
pub use directory::{Directory, Inspect, NotReady};
pub use events::{Events, Journal, Persistence};
pub use exit::{Cause, Exit, InitFailure, IntensityReached, PanicRecord};
pub use intensity::Intensity;
pub use operate::{Acting, Operate, OperateError};
pub use poison::Quarantine;
pub use supervision::{
    AddError, AutoShutdown, ChildSpec, Children, Counts, DeleteError, InvalidTree, Order, Restart, SpecError,
    Strategy, Supervisor,
};
pub use tree::{Ground, StartError, Tree};
