//! Bodies on their way, in both directions.
//!
//! | file | subject |
//! |---|---|
//! | `request` | from the client to an endpoint |
//! | `source` | what the bodies of one request read, and what is kept of it |
//! | `answer` | from an endpoint to the client, or of our own |

mod answer;
mod request;
mod source;

pub(crate) use answer::{AnswerBody, Streamed};
pub(crate) use request::{RequestBody, Underway};
