//! Readiness: its machine, and its actor over a probe that answers as it is told.

mod actor;
mod machine;
