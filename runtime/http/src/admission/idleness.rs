//! How long a worker's thread has nothing to do.
//!
//! Its runtime says when it parks and when it goes on. The clock is read only while somebody wants to know.

use std::cell::Cell;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::time::Instant;

/// What is shorter is no rest: the system is asked for what is ready, has something, and that is handed out.
const SHORTEST: Duration = Duration::from_micros(20);

#[derive(Debug, Clone, Copy)]
struct Watch {
    parked: Option<Instant>,
    idle: Duration,
}

thread_local! {
    static WATCH: Cell<Option<Watch>> = const { Cell::new(None) };
}

/// Lets the thread of this runtime know when it is idle.
pub(crate) fn tell_idleness(runtime: &mut Builder) -> &mut Builder {
    runtime.on_thread_park(parks).on_thread_unpark(goes_on)
}

/// From now on this thread's idle time counts.
pub(super) fn watch() {
    WATCH.set(Some(Watch {
        parked: None,
        idle: Duration::ZERO,
    }));
}

/// From now on it does not: how long the thread was idle while it did.
pub(super) fn look_away() -> Duration {
    WATCH.take().map_or(Duration::ZERO, |watch| watch.idle)
}

fn parks() {
    if let Some(watch) = WATCH.get() {
        let parked = Some(Instant::now());
        WATCH.set(Some(Watch { parked, ..watch }));
    }
}

fn goes_on() {
    if let Some(Watch { parked, idle }) = WATCH.get() {
        let rested = parked.map(|since| since.elapsed());
        let idle = idle + rested.filter(|rest| *rest >= SHORTEST).unwrap_or_default();
        WATCH.set(Some(Watch { parked: None, idle }));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_thread_is_idle_while_it_waits_and_busy_while_it_does_not() {
        let mut runtime = Builder::new_current_thread();
        let runtime = tell_idleness(&mut runtime).enable_all().build().unwrap();
        runtime.block_on(async {
            let wait = Duration::from_millis(20);
            watch();
            tokio::time::sleep(wait).await;
            let idle = look_away();
            assert!(idle >= wait / 2, "{idle:?}");
            watch();
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            assert_eq!(
                look_away(),
                Duration::ZERO,
                "what is polled again at once does not park"
            );
            tokio::time::sleep(wait).await;
            assert_eq!(look_away(), Duration::ZERO, "nobody wanted to know");
        });
    }
}
