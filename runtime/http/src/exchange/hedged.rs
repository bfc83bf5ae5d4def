//! Several attempts at once, of which one counts.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::attempt::{Begin, Came, Ended, attempt};
use super::call::Progress;
use crate::wire::Fault;

type Racer<'a> = Pin<Box<dyn Future<Output = Ended> + 'a>>;

enum Next {
    /// The one at this index has ended.
    Ended(usize, Box<Ended>),
    /// It is time for another one.
    Another,
}

/// Makes an attempt, and another one beside it each time that the latest was waited for `after`. The first that brings what
/// needs no retry counts; the others are dropped, and say nothing of their endpoints. Else the last to end counts.
pub(super) async fn hedged(progress: &mut Progress<'_>, first: Begin, after: Duration) -> Ended {
    let way = progress.way;
    let mut racers: Vec<(Racer<'_>, Role)> = vec![(Box::pin(attempt(way, first)), Role::First)];
    let mut timer = Some(Box::pin(sleep(after)));
    loop {
        let next = poll_fn(|task| {
            for (index, (racer, _)) in racers.iter_mut().enumerate() {
                if let Poll::Ready(ended) = racer.as_mut().poll(task) {
                    return Poll::Ready(Next::Ended(index, Box::new(ended)));
                }
            }
            match &mut timer {
                Some(timer) => timer.as_mut().poll(task).map(|()| Next::Another),
                None => Poll::Pending,
            }
        })
        .await;
        match next {
            Next::Ended(index, ended) => {
                let (_, role) = racers.remove(index);
                let counts = match &ended.came {
                    Came::Answer(_) => !progress.is_to_retry(&ended),
                    // The others fare no better with it.
                    Came::ClientLate | Came::Fault(Fault::BrokenOff(_), _) => true,
                    Came::Fault(..) | Came::NoLease(_) | Came::Late => false,
                };
                if counts || racers.is_empty() {
                    if role == Role::Hedge && matches!(ended.came, Came::Answer(_)) && counts {
                        progress.tries.hedge_won();
                    }
                    return *ended;
                }
            }
            Next::Another => {
                timer = None;
                if let Some(begin) = progress.beside(Instant::now()) {
                    racers.push((Box::pin(attempt(way, begin)), Role::Hedge));
                    let after = progress.tries.hedge_after(way.repeatable);
                    timer = after.map(|after| Box::pin(sleep(after)));
                }
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    First,
    Hedge,
}
