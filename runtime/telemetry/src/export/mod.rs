//! Out to a collector of OpenTelemetry: metrics, the log and spans, over OTLP by HTTP.
//!
//! | file | subject |
//! |---|---|
//! | `settings` | what is exported, where to, how much may wait |
//! | `tally` | what became of each signal, for everyone to see |
//! | `waiting` | lines on their way to the exporter, bounded |
//! | `line`, `layer` | one line of the log, and what takes it from the program's subscriber |
//! | `span` | one span, as OpenTelemetry has it |
//! | `courier` | one request to the collector |
//! | `partial` | what of an export the collector has not taken |
//! | `lane` | one batch after the other, until the collector has taken it |
//! | `worker` | the thread on which all of this happens |
//! | `actor` | who owns that thread |
//!
//! Whoever writes a line never waits for the collector: what finds no room is dropped and counted.

mod actor;
mod courier;
mod lane;
mod layer;
mod line;
mod partial;
mod settings;
mod span;
mod tally;
mod waiting;
mod worker;

pub use actor::Exporter;
pub use layer::{LogLayer, LogLines};
pub use settings::{Settings, SettingsError};
