//! The standard error, as the log of a program is written to it: nobody who logs waits for who reads it.
//!
//! | file | subject |
//! |---|---|
//! | `pending` | lines that wait, bounded, and what became of the others |
//! | `writer` | what a subscriber writes to, and the thread that passes it on |
//! | `actor` | who shows and tells how it stands |

mod actor;
mod pending;
#[cfg(test)]
mod tests;
mod writer;

pub(crate) use actor::spec;
pub use writer::LogWriter;
