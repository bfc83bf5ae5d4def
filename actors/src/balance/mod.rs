//! Which endpoint of an upstream a call goes to.
//!
//! What can be known of a set of members is built once, as a [`Table`]; a pick reads it and what the [`Candidates`] say of
//! themselves at that moment. It takes no lock and allocates nothing.
//!
//! | file | subject |
//! |---|---|
//! | `table` | one balancer over one set of members |
//! | `candidates` | what a balancer asks of them, and by what a call is assigned |
//! | `lots` | members drawn by weight, and among those that may be used |
//! | `two_choices` | the better of two: `p2cEwma`, `leastRequest` |
//! | `turns` | each in turn: `roundRobin`, `weighted` |
//! | `hashed` | where a key leads, and where to where that is not possible: `ringHash`, `maglev` |
//! | `ring`, `maglev`, `rendezvous` | three ways from a key to a member |
//! | `load` | what an endpoint has under way and how fast it answers, as all threads write it |
//! | `ewma` | the pure part of that: what follows from one answer more |
//! | `key` | what a request is led by |
//! | `slow_start` | the share of one that has just joined |

mod candidates;
mod ewma;
#[cfg(test)]
mod ewma_tests;
#[cfg(test)]
mod field;
mod hashed;
#[cfg(test)]
mod hashed_tests;
mod key;
mod load;
mod lots;
mod maglev;
mod rendezvous;
mod ring;
#[cfg(test)]
mod simulated_tests;
mod slow_start;
mod table;
#[cfg(test)]
mod table_tests;
mod turns;
mod two_choices;

pub use candidates::{By, Candidates, Observed};
pub use hashed::hash;
pub(crate) use key::Key;
pub(crate) use load::Known;
pub use load::{Ended, Load};
pub use slow_start::ramp;
pub use table::{Member, Table};
