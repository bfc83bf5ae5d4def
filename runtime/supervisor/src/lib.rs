//! The kernel: supervised actors in a tree, kept alive after a panic.
//!
//! Actors are ordinary [actix] actors whose context is a [`CellContext`]. A **cell** owns the mailbox of one
//! actor and gives it a fresh value after every fall; a **supervisor** starts its children in order, restarts them by
//! one pure decision, gives up when they fall too often, and stops them in reverse. A tree of supervisors is
//! declared as plain data and validated as a whole before anything starts.
//!
//! ```
//! use std::error::Error;
//! use std::num::NonZeroUsize;
//! use std::time::Duration;
//!
//! use actix::{Actor, Handler, Message};
//! use hedgerow_supervisor::{Arbiters, AskError, CellContext, ChildSpec, Exit, Ground, Supervisor, Tree};
//!
//! /// An actor: state that only its own messages change.
//! #[derive(Default)]
//! struct Till(u64);
//!
//! impl Actor for Till {
//!     type Context = CellContext<Self>;
//! }
//!
//! /// What it is told, and the sum that it answers.
//! struct Pay(u64);
//!
//! impl Message for Pay {
//!     type Result = u64;
//! }
//!
//! impl Handler<Pay> for Till {
//!     type Result = u64;
//!
//!     fn handle(&mut self, Pay(amount): Pay, _: &mut CellContext<Self>) -> u64 {
//!         assert_ne!(amount, 13, "bad luck");
//!         self.0 += amount;
//!         self.0
//!     }
//! }
//!
//! # fn main() -> Result<(), Box<dyn Error>> {
//! #     tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run())
//! # }
//! async fn run() -> Result<(), Box<dyn Error>> {
//!     // A tree is declared: who lives in it, and how each is kept alive.
//!     let (spec, till) = ChildSpec::actor("till", Till::default);
//!     let (shop, tills) = Supervisor::one_for_one("shop")
//!         .intensity(5, Duration::from_secs(30))
//!         .child(spec)
//!         .dynamic();
//!
//!     // It is started in order, on a thread of its own.
//!     let ground = Ground::new(Arbiters::threads(NonZeroUsize::MIN)?);
//!     let tree = Tree::start(shop, &ground).await?;
//!     assert_eq!(till.ask(Pay(7)).await?, 7);
//!
//!     // A panic costs the message in hand; the handle stays good, and the next message meets a fresh value.
//!     assert!(matches!(till.ask(Pay(13)).await, Err(AskError::Panicked { .. })));
//!     assert_eq!(till.ask(Pay(5)).await?, 5);
//!
//!     // Children come and go while it runs.
//!     let (spec, second) = ChildSpec::actor("second", Till::default);
//!     tills.add(spec).await?;
//!     assert_eq!(second.ask(Pay(1)).await?, 1);
//!     tills.delete("second").await?;
//!
//!     // It is stopped in reverse, each child within its limit.
//!     assert!(matches!(tree.stop().await, Exit::Shutdown));
//!     Ok(())
//! }
//! ```
//!
//! # Where to start
//! | to | see |
//! |---|---|
//! | write an actor | [`CellContext`] |
//! | declare a child, and how it is restarted and stopped | [`ChildSpec`], [`Restart`], [`Shutdown`] |
//! | declare who supervises whom | [`Supervisor`], [`AutoShutdown`], [`ChildEvents`] |
//! | start a tree, wait for its end, stop it | [`Tree`], [`Ground`], [`Arbiters`] |
//! | talk to an actor | [`Handle`], [`SendError`], [`AskError`] |
//! | add and delete children while it runs | [`Supervisor::dynamic`], [`Children`] |
//! | give trace, deadline, tenant and baggage along | [`Context`] |
//! | record what is done in a trace | [`Span`], [`Spans`], [`SpanRecord`] |
//! | see what is there and what happened | [`Directory`], [`ActorView`], [`Events`], [`Inspect`] |
//! | restart, stop and start one actor by hand | [`Directory::operate`], [`Operate`] |
//! | refuse messages that keep crashing their actor | [`ChildSpec::quarantine`], [`Quarantine`] |
//! | decide the same for something else | [`Poison`] |
//! | know why an actor ended | [`Exit`] |
//! | test in virtual time | [`Arbiters::current_thread`], [`Clock`] |
//!
//! # What is guaranteed
//! - A panic anywhere in an actor's code costs the message in hand and that incarnation's unfinished asynchronous
//!   replies. Queue, handle and place stay; the next message meets a fresh value from the factory.
//! - No panic of an actor ends its thread or the process, in `Drop` and in the factory included, but for one: a
//!   destructor that panics *while its own handler's panic unwinds* makes Rust abort the process.
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
pub mod chance;
mod clock;
mod context;
mod denials;
mod directory;
mod events;
mod exit;
mod inspect;
mod intensity;
mod operate;
mod panics;
mod poison;
mod slot;
mod span;
mod supervision;
mod tree;
mod unwind;
mod watchdog;

pub use arbiters::Arbiters;
pub use backoff::{Backoff, Curve, Jitter};
pub use cell::ending::Shutdown;
pub use cell::lasting::WhileRestarting;
pub use cell::{AskError, CellContext, Doorbell, Handle, SendError};
pub use clock::Clock;
pub use context::{Baggage, BaggageError, Context, Scoped, Trace};
pub use denials::Denials;
pub use directory::{Directory, NotReady};
pub use events::{Events, Journal, Persistence};
pub use exit::{Cause, ChildFailure, Exit, InitFailure, IntensityReached};
pub use hedgerow_view::tree::ActorState;
pub use hedgerow_view::{ActorView, Event, Identity, Path, View};
pub use inspect::Inspect;
pub use operate::{ActError, Acting, Arguments, Operate, OperateError};
pub use panics::{PanicRecord, catch};
pub use poison::{Poison, Quarantine, Quarantined, Verdict};
pub use span::{
    AttributeValue, Drained, InSpan, Link, Sampling, Span, SpanKind, SpanRecord, SpanStatus, Spans,
};
pub use supervision::{
    AddError, AutoShutdown, ChildEvents, ChildSpec, Children, Counts, DeleteError, InvalidTree, Order,
    Restart, SpecError, Supervisor,
};
pub use tree::{Ground, StartError, Tree};
