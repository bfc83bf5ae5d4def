//! When a call is made once more: retries, hedges, and what both may cost.
//!
//! | file | subject |
//! |---|---|
//! | `budget` | how many there may be for so many calls, pure |
//! | `request` | what may be sent again, and who of several callers does it |
//! | `pushback` | when a callee wants to be asked again |
//! | `tries` | one call: what follows a failure |
//! | `retries` | what all calls to an upstream share |
//! | `latency` | how long answers took of late, for hedges |
//! | `figures` | what is counted |
//!
//! After a failure, in this order; the first that says no ends it:
//!
//! 1. The outcome is one of those that are retried (`on`).
//! 2. The request may be sent again: [`Repeatable`].
//! 3. No caller before this one retries it: [`Standing`].
//! 4. It was not sent as often as it may be (`maxRetries`).
//! 5. The callee does not forbid it, nor wants more time than a request is kept waiting for: [`Pushback`].
//! 6. There is time left after the wait.
//! 7. The [`Budget`] pays.
//!
//! What the callee asked for is waited for, and a random time by the policy's back-off. Then another endpoint is asked, where there
//! is one.

mod budget;
mod figures;
mod latency;
mod pushback;
mod request;
mod retries;
#[cfg(test)]
mod tests;
mod tries;

pub use budget::{Budget, Spent};
pub use figures::Stop;
pub use pushback::Pushback;
pub use request::{ATTEMPT, Repeatable, Standing, attempt_value};
pub use retries::Retries;
pub use tries::{Cause, Elsewhere, Failed, Paid, Tries, Written};
