//! Whether each upstream was ever reached: until then the mesh is not ready.
//!
//! A mesh starts and listens whether or not anybody is there for it to call. One actor finds out: it has endpoints of each
//! upstream dialled, through the port [`Probe`](crate::probe::Probe) and so on none of the actors' threads, until one answers.
//! A call that succeeds counts as well. An upstream that was reached stays so: what fails later is a matter of breakers.
//!
//! | file | subject |
//! |---|---|
//! | `contact` | what is known of one upstream; it belongs to the upstream's place in the tree |
//! | `machine` | whose turn it is to be dialled, pure |
//! | `actor` | has them dialled, and tells |

mod actor;
mod contact;
mod machine;
#[cfg(test)]
mod tests;

pub use actor::spec;
pub(crate) use contact::Contact;
