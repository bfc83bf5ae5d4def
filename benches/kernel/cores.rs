//! A core for each of two threads. Where the system places them it may put both on one: to hand a message over is then a
//! switch between threads, and a twentieth of what it costs to wake a core.

use std::sync::OnceLock;

use hedgerow_benches::cores::{allowed, keep_to};

/// The first core that this process may use, and the second. Asked for once, as a thread that has taken a core, and all
/// that it starts, may use no other.
fn pair() -> Option<(usize, usize)> {
    static PAIR: OnceLock<Option<(usize, usize)>> = OnceLock::new();
    *PAIR.get_or_init(|| {
        let mut allowed = allowed().into_iter();
        allowed.next().zip(allowed.next())
    })
}

/// Keeps the calling thread to the core of those who send. Says whether it has one.
pub(crate) fn take_the_near_one() -> bool {
    pair().is_some_and(|(near, _)| keep_to(near).is_ok())
}

/// Keeps the calling thread to the core of those who are sent to. Says whether it has one.
pub(crate) fn take_the_far_one() -> bool {
    pair().is_some_and(|(_, far)| keep_to(far).is_ok())
}
