//! Runs one incarnation of an actor, from the factory to its exit.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use actix::{Actor, ActorContext as _};
use hedgerow_view::Path;
use tokio::time::{Sleep, sleep};

use super::context::{CellContext, Readiness};
use super::ending::{ExitGuard, Shutdown};
use super::incarnation::Incarnation;
use super::lasting::{Cell, Home};
use super::question::drop_owed;
use crate::arbiters;
use crate::exit::{Exit, InitFailure};
use crate::panics::catch;
use crate::watchdog::{Activity, TURN};

/// One incarnation, from the factory to its exit. Ready once it has ended and that was reported.
///
/// Written out, and boxed once: as nested `async` blocks it kept most of this twice, for as long as the actor lives.
pub(super) struct Life<A: Actor<Context = CellContext<A>>>(Option<Occupant<A>>);

impl<A: Actor<Context = CellContext<A>>> Life<A> {
    pub(super) fn new(guard: ExitGuard<A>) -> Self {
        Self(Some(Occupant {
            guard,
            incarnation: None,
            activity: None,
            stop: StopOrder::None,
            start_limit: None,
            is_ready: false,
            listener: None,
        }))
    }
}

/// Nothing points into it: what is pinned is boxed.
impl<A: Actor<Context = CellContext<A>>> Unpin for Life<A> {}

impl<A: Actor<Context = CellContext<A>>> Future for Life<A> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<()> {
        if let Some(occupant) = &mut self.0 {
            let exit = ready!(occupant.poll(task));
            occupant.guard.publish(exit);
            // Here, and not whenever the runtime drops what has ended.
            self.0 = None;
        }
        Poll::Ready(())
    }
}

/// An incarnation on its thread. Wherever it is dropped, how it ended is published first: with the value go the replies
/// that it owed, and who waits for one asks why. Only then is it reported, so that no two values meet.
struct Occupant<A: Actor<Context = CellContext<A>>> {
    guard: ExitGuard<A>,
    /// Made in the first turn.
    incarnation: Option<Incarnation<A>>,
    activity: Option<Arc<Activity>>,
    stop: StopOrder,
    /// While it is not ready, unless it was so at once.
    start_limit: Option<Pin<Box<Sleep>>>,
    is_ready: bool,
    /// Whom orders and the bell wake: its own task.
    listener: Option<Waker>,
}

impl<A: Actor<Context = CellContext<A>>> Drop for Occupant<A> {
    fn drop(&mut self) {
        if self.guard.exit.is_none() {
            self.guard.publish(Exit::Lost);
        }
        // Wakers keep the memory of their task.
        self.guard.cell.control.listen(None);
        if let Some(mut incarnation) = self.incarnation.take() {
            self.guard.cell.queue.put_back(&mut incarnation.context.batch);
            if let Some(home) = self.guard.cell.home() {
                watched(self.activity.as_deref(), &home.path, "drop", || {
                    incarnation.drop_each();
                });
            }
        }
        drop_owed();
    }
}

impl<A: Actor<Context = CellContext<A>>> Occupant<A> {
    /// One turn; in the first the value is made. Ready with how it ended.
    fn poll(&mut self, task: &mut Context<'_>) -> Poll<Exit> {
        let Self {
            guard:
                ExitGuard {
                    cell,
                    incarnation: number,
                    ..
                },
            incarnation,
            activity,
            stop,
            start_limit,
            is_ready,
            listener,
        } = self;
        let number = *number;
        let Some(home) = cell.home() else {
            return Poll::Ready(Exit::Lost);
        };
        let incarnation = match incarnation {
            Some(incarnation) => incarnation,
            None => {
                *activity = arbiters::here();
                match make(cell, number, home, activity.clone()) {
                    Ok(made) => incarnation.insert(made),
                    Err(exit) => return Poll::Ready(exit),
                }
            }
        };
        if !listener
            .as_ref()
            .is_some_and(|waker| waker.will_wake(task.waker()))
        {
            *listener = Some(task.waker().clone());
            cell.control.listen(listener.clone());
        }
        if matches!(stop, StopOrder::None) && cell.control.stop_wanted(number) {
            *stop = match home.shutdown {
                Shutdown::Brutal => {
                    return Poll::Ready(Exit::Killed {
                        limit: Duration::ZERO,
                    });
                }
                Shutdown::Within(limit) => StopOrder::Within(limit, Box::pin(sleep(limit))),
                Shutdown::Infinity => StopOrder::Given,
            };
            incarnation.context.stop();
        }
        let polled = watched(activity.as_deref(), &home.path, TURN, || {
            catch(|| incarnation.poll(task))
        });
        if !*is_ready && incarnation.context.readiness == Readiness::Ready {
            *is_ready = true;
            *start_limit = None;
            home.parent.ready(home.child, number);
        }
        let exit = match polled {
            Err(record) => {
                if let (Some(mark), Some(ward)) = (incarnation.context.in_hand.take(), &home.ward) {
                    ward.crashed(mark, &home.path, home.clock.now());
                }
                Some(Exit::Panic(Arc::new(record)))
            }
            Ok(Poll::Ready(())) => {
                let asked = !matches!(stop, StopOrder::None);
                let by_itself = if asked { Exit::Shutdown } else { Exit::Normal };
                Some(incarnation.context.exit.take().unwrap_or(by_itself))
            }
            Ok(Poll::Pending) => None,
        };
        if let Some(exit) = exit {
            return Poll::Ready(if *is_ready { exit } else { before_ready(exit) });
        }
        if let StopOrder::Within(limit, over) = stop
            && over.as_mut().poll(task).is_ready()
        {
            return Poll::Ready(Exit::Killed { limit: *limit });
        }
        if *is_ready || !matches!(stop, StopOrder::None) {
            return Poll::Pending;
        }
        // Most are ready at once, and need no timer.
        let limit = start_limit.get_or_insert_with(|| Box::pin(sleep(home.start_within)));
        ready!(limit.as_mut().poll(task));
        let too_slow = Exit::InitFailed(InitFailure::TooSlow {
            limit: home.start_within,
        });
        if home.shutdown != Shutdown::Infinity {
            return Poll::Ready(too_slow);
        }
        // Who is waited for when it is stopped is waited for here too: a supervisor stops what it has started, in order.
        *stop = StopOrder::Given;
        incarnation.context.end(too_slow);
        task.waker().wake_by_ref();
        Poll::Pending
    }
}

/// The value in its context, or why there is none.
fn make<A: Actor<Context = CellContext<A>>>(
    cell: &Arc<Cell<A>>,
    number: u32,
    home: &Home<A>,
    activity: Option<Arc<Activity>>,
) -> Result<Incarnation<A>, Exit> {
    cell.published.begin(number);
    if cell.control.stop_wanted(number) {
        return Err(Exit::Shutdown);
    }
    let born_in = home.factory.take_birth();
    let made = watched(activity.as_deref(), &home.path, "factory", || {
        born_in.run(|| home.factory.make())
    });
    match made {
        Some(Ok(value)) => {
            let context = CellContext::new(cell.clone(), number, activity);
            Ok(Incarnation::new(value, context, born_in))
        }
        Some(Err(record)) => Err(Exit::InitFailed(InitFailure::Panic(Arc::new(record)))),
        // Its place was closed in the meantime.
        None => Err(Exit::Shutdown),
    }
}

/// Writes down who is at work while `work` runs, which must not panic.
fn watched<T>(activity: Option<&Activity>, path: &Path, name: &'static str, work: impl FnOnce() -> T) -> T {
    let Some(activity) = activity else {
        return work();
    };
    activity.begin(path, name);
    let done = work();
    activity.end();
    done
}

enum StopOrder {
    None,
    Given,
    /// With its limit, and until then.
    Within(Duration, Pin<Box<Sleep>>),
}

/// What an exit means that came before the actor was ready.
fn before_ready(exit: Exit) -> Exit {
    Exit::InitFailed(match exit {
        Exit::Panic(record) => InitFailure::Panic(record),
        Exit::Error(cause) => InitFailure::Error(cause),
        Exit::Normal => InitFailure::Ended,
        other => return other,
    })
}
