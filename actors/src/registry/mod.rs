//! Who is where, told by those who are there: instances register over the admin API, and renew that by heartbeats.
//!
//! | file | subject |
//! |---|---|
//! | `version` | what a registration is compared by before it is changed |
//! | `book` | what a registration is, and why one is refused |
//! | `machine` | pure: registrations, heartbeats and time in; who is there, and who is overdue, out |
//! | `record` | what the store keeps of a registration |
//! | `actor` | takes registrations one after another, keeps them, and lets those end whose time is over |
//! | `messages` | what it is told |
//! | `restore` | how it goes on with what the store kept |
//! | `handle` | what others hold: read who is there, be told of changes |
//! | `operate` | registrations as the API says them |
//! | `spec` | the child of the mesh that it is |
//!
//! A registration is durable, its heartbeats are not: after a restart every registration is given time to be renewed. Each
//! renewal is a compare-and-set on the registration's [version](Version): one that comes late, twice or out of order changes
//! nothing.

mod actor;
mod book;
mod handle;
mod machine;
mod messages;
mod operate;
mod record;
mod restore;
mod spec;
mod version;

#[cfg(test)]
mod actor_tests;
#[cfg(test)]
mod machine_tests;

pub use book::{
    DEFAULT_TTL, LONGEST_TTL, MOST, MOST_PER_SERVICE, MOST_WEIGHT, Refused, Registration, SHORTEST_TTL,
};
pub use handle::RegistryHandle;
pub use spec::spec;
pub use version::{InvalidVersion, Version};
