//! The supervision tree, as `GET /api/tree` shows it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{Identity, Path, Stamp};

/// One actor and what lives under it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActorView {
    /// Where it lives.
    pub path: Path,
    /// What it is: `supervisor`, `breaker`, `endpoint`, ...
    pub kind: &'static str,
    /// Who it is; `null` for parts that have no identity of their own.
    #[schema(required)]
    pub id: Option<Identity>,
    /// What it is doing.
    pub state: ActorState,
    /// What can be done to it: `restart`, `stop`, `start`, `release`, and actions of its own.
    pub actions: Vec<&'static str>,
    /// How often it was restarted since it was added to the tree.
    pub restarts: u64,
    /// How its last incarnation ended; `null` while the first one lives.
    #[schema(required)]
    pub last_exit: Option<LastExit>,
    /// What it does at present that holds up its thread, and every actor there; `null` as it should be.
    #[schema(required)]
    pub blocked: Option<BlockedView>,
    /// Messages that it refuses because they kept crashing it, the one that has been refused longest first.
    pub quarantined: Vec<QuarantinedView>,
    /// Its queue.
    pub mailbox: MailboxView,
    /// What it supervises, in start order.
    #[schema(no_recursion)]
    pub children: Vec<ActorView>,
}

/// What an actor is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ActorState {
    /// Being started; not ready yet.
    Starting,
    /// Handling messages.
    Running,
    /// Ended, and about to be started again (perhaps after a back-off).
    Restarting,
    /// Asked to stop and finishing, or down together with its supervisor, whose fate is still open.
    Stopping,
    /// Not running, and nobody will start it by himself.
    Stopped,
    /// Given up: it could not be kept alive.
    Failed,
}

impl ActorState {
    /// Every state, in the order of a life.
    pub const ALL: [Self; 6] = [
        Self::Starting,
        Self::Running,
        Self::Restarting,
        Self::Stopping,
        Self::Stopped,
        Self::Failed,
    ];

    /// The name, as in JSON and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Restarting => "restarting",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        }
    }
}

/// How an incarnation ended.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastExit {
    /// The exit: `normal`, `shutdown`, `error`, `panic`, `killed`, `initFailed`, `lost`, `intensityReached`.
    pub reason: &'static str,
    /// What was said beside that: the panic message, the error, the limit; `null` where there is no more to say.
    #[schema(required)]
    pub message: Option<String>,
    /// File, line and column of the panic.
    #[schema(required)]
    pub location: Option<String>,
    /// The backtrace, where one was taken (once per site and minute).
    #[schema(required)]
    pub backtrace: Option<String>,
    /// When.
    pub at: Stamp,
}

/// A handler that does not yield.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BlockedView {
    /// What it is in: the type of a message, `started`, `factory`, `bell`, or `turn` for timers and what was spawned.
    pub step: &'static str,
    /// For how long so far, in milliseconds.
    pub for_ms: u64,
}

/// A kind of message that an actor refuses because it kept crashing it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuarantinedView {
    /// The type of the message.
    pub message: &'static str,
    /// What its content was told apart by, in hexadecimal digits; `null` where the type alone counts.
    #[schema(required)]
    pub fingerprint: Option<String>,
    /// The crashes that it caused.
    pub crashes: u32,
    /// How often it was refused since.
    pub refused: u64,
}

/// An actor's queue.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MailboxView {
    /// Messages waiting.
    pub depth: u64,
    /// How many may wait before `tell` and `ask` are refused.
    pub capacity: u64,
    /// Messages handled since the actor was added to the tree; a bell that was answered is one, as are the kernel's own.
    pub handled: u64,
    /// Messages refused because the mailbox was full.
    pub refused: u64,
    /// How long the oldest message that is not done with has been there at most, in milliseconds; the one in hand is one.
    pub oldest_ms: u64,
    /// Messages handled a second, over the last second or more.
    pub rate_per_s: f64,
}
