//! Bodies on their way, in both directions.
//!
//! | file | subject |
//! |---|---|
//! | `request` | from the client to an endpoint |
//! | `answer` | from an endpoint to the client, or of our own |

mod answer;
mod request;

pub(crate) use answer::{AnswerBody, Streamed};
pub(crate) use request::{RequestBody, Underway};
