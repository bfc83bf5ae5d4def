//! What is recorded of a trace: spans, on the thread of whoever does the work.
//!
//! A [`Span`] is one piece of work. When it ends, one record of it goes into a bounded ring of its thread, and somebody else
//! [drains](Spans::drain) all rings. Where its trace is not sampled a span is one empty word, and nothing is allocated,
//! drawn or read from a clock. Where a ring is full, the record is dropped and counted. Nobody who records waits for
//! anybody.
//!
//! | file | subject |
//! |---|---|
//! | `attribute` | what is said of a span |
//! | `kept` | how that is kept, in a fixed room |
//! | `sheet` | one span while it is written, in memory that is used again |
//! | `batch` | spans of a thread that have ended, close together |
//! | `record` | one span, as it is drained |
//! | `ring` | where a thread leaves its batches |
//! | `rings` | the rings of this thread, and its empty sheets |
//! | `spans` | who records: what is sampled, and all rings |
//! | `guard` | a span while its work is under way |
//! | `scoped` | a future with a span around it |

mod attribute;
mod batch;
mod guard;
mod kept;
mod record;
mod ring;
mod rings;
mod scoped;
mod sheet;
mod spans;

pub use attribute::AttributeValue;
pub use guard::Span;
pub use record::{Link, SpanKind, SpanRecord, SpanStatus};
pub use scoped::InSpan;
pub use spans::{Drained, Sampling, Spans};

#[cfg(test)]
#[path = "random_tests.rs"]
mod random_tests;
#[cfg(test)]
mod tests;
