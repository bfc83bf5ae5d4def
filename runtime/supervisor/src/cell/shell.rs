//! Runs one incarnation of an actor, from the factory to its exit.

use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use actix::{Actor, ActorContext as _};
use hedgerow_view::Path;
use tokio::time::{Sleep, sleep};

use super::context::{CellContext, Readiness};
use super::incarnation::Incarnation;
use super::lasting::{Cell, Seat};
use super::panics::catch;
use super::question::drop_owed;
use crate::arbiters;
use crate::exit::{Exit, InitFailure};
use crate::watchdog::{Activity, TURN};

/// How a child is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shutdown {
    /// At once: its value is dropped, `stopping` and `stopped` do not run.
    Brutal,
    /// It is asked, and killed if it has not stopped within this time.
    Within(Duration),
    /// It is asked, and waited for as long as it takes. Default of supervisors.
    Infinity,
}

impl Default for Shutdown {
    /// Within 5 s.
    fn default() -> Self {
        Self::Within(Duration::from_secs(5))
    }
}

/// Whom a cell tells what became of its incarnations.
pub(crate) trait Parent: Send + Sync {
    fn ready(&self, child: usize, incarnation: u32);
    fn exited(&self, child: usize, incarnation: u32, exit: Exit);
}

/// Reports how an incarnation ended, exactly once; as lost, if its thread drops it unfinished or never takes it.
pub(super) struct ExitGuard<A: Actor<Context = CellContext<A>>> {
    cell: Arc<Cell<A>>,
    incarnation: u32,
    exit: Option<Exit>,
}

impl<A: Actor<Context = CellContext<A>>> ExitGuard<A> {
    pub(super) fn new(cell: Arc<Cell<A>>, incarnation: u32) -> Self {
        Self {
            cell,
            incarnation,
            exit: None,
        }
    }

    fn publish(&mut self, exit: Exit) {
        if let Some(seat) = self.cell.seat() {
            let now = seat.clock.wall();
            self.cell.vitals.record_exit(self.incarnation, &exit, now);
        }
        self.exit = Some(exit);
    }
}

impl<A: Actor<Context = CellContext<A>>> Drop for ExitGuard<A> {
    fn drop(&mut self) {
        if self.exit.is_none() {
            self.publish(Exit::Lost);
        }
        // Published before it is sent: a supervisor that falls with the message in hand finds it here.
        self.cell.control.end(self.incarnation);
        if let (Some(seat), Some(exit)) = (self.cell.seat(), self.exit.take()) {
            seat.parent.exited(seat.index, self.incarnation, exit);
        }
    }
}

/// An incarnation on its thread. Wherever it is dropped, how it ended is published first: with the value go the replies
/// that it owed, and who waits for one asks why. Only then is it reported, so that no two values meet.
struct Tenant<A: Actor<Context = CellContext<A>>> {
    guard: ExitGuard<A>,
    incarnation: Option<Incarnation<A>>,
}

impl<A: Actor<Context = CellContext<A>>> Drop for Tenant<A> {
    fn drop(&mut self) {
        if self.guard.exit.is_none() {
            self.guard.publish(Exit::Lost);
        }
        // Wakers keep the memory of their task.
        self.guard.cell.control.listen(None);
        if let Some(mut incarnation) = self.incarnation.take() {
            self.guard.cell.queue.put_back(&mut incarnation.context.batch);
            // What is dropped is the user's. It may panic, and a panic while unwinding from another would abort.
            if let Err(record) = catch(move || drop(incarnation)) {
                tracing::warn!("panic while an actor was dropped: {record}");
            }
        }
        drop_owed();
    }
}

/// One incarnation, from the factory to its exit.
pub(super) async fn live<A: Actor<Context = CellContext<A>>>(mut guard: ExitGuard<A>) {
    let (cell, number) = (guard.cell.clone(), guard.incarnation);
    let Some(seat) = cell.seat() else {
        return;
    };
    cell.vitals.begin(number);
    if cell.control.stop_wanted(number) {
        return guard.publish(Exit::Shutdown);
    }
    let activity = arbiters::here();
    let born_in = seat.factory.take_birth();
    let made = watched(activity.as_deref(), &seat.path, "factory", || {
        born_in.run(|| seat.factory.make())
    });
    let value = match made {
        Some(Ok(value)) => value,
        Some(Err(record)) => {
            return guard.publish(Exit::InitFailed(InitFailure::Panic(Arc::new(record))));
        }
        // Its place was closed in the meantime.
        None => return guard.publish(Exit::Shutdown),
    };
    let mut tenant = Tenant {
        guard,
        incarnation: None,
    };
    let incarnation = Incarnation::new(value, CellContext::new(cell.clone(), number, activity), born_in);
    let exit = until_exit(tenant.incarnation.insert(incarnation), &cell, seat).await;
    tenant.guard.publish(exit);
}

async fn until_exit<A: Actor<Context = CellContext<A>>>(
    incarnation: &mut Incarnation<A>,
    cell: &Cell<A>,
    seat: &Seat<A>,
) -> Exit {
    let number = incarnation.context.incarnation;
    let activity = incarnation.context.activity.clone();
    let mut stop = StopOrder::None;
    let mut start_limit: Option<Pin<Box<Sleep>>> = None;
    let mut told_ready = false;
    let mut listener: Option<Waker> = None;
    poll_fn(|task| {
        if !listener
            .as_ref()
            .is_some_and(|waker| waker.will_wake(task.waker()))
        {
            listener = Some(task.waker().clone());
            cell.control.listen(listener.clone());
        }
        if matches!(stop, StopOrder::None) && cell.control.stop_wanted(number) {
            stop = match seat.shutdown {
                Shutdown::Brutal => {
                    return Poll::Ready(Exit::Killed {
                        limit: Duration::ZERO,
                    });
                }
                Shutdown::Within(limit) => StopOrder::Given {
                    limit: Some((limit, Box::pin(sleep(limit)))),
                },
                Shutdown::Infinity => StopOrder::Given { limit: None },
            };
            incarnation.context.stop();
        }
        let polled = watched(activity.as_deref(), &seat.path, TURN, || {
            catch(|| incarnation.poll(task))
        });
        if !told_ready && incarnation.context.readiness == Readiness::Ready {
            told_ready = true;
            start_limit = None;
            seat.parent.ready(seat.index, number);
        }
        let exit = match polled {
            Err(record) => {
                if let (Some(mark), Some(ward)) = (incarnation.context.in_hand.take(), &seat.ward) {
                    ward.crashed(mark, &seat.path, seat.clock.now());
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
            return Poll::Ready(if told_ready { exit } else { before_ready(exit) });
        }
        if let StopOrder::Given {
            limit: Some((limit, over)),
        } = &mut stop
            && over.as_mut().poll(task).is_ready()
        {
            return Poll::Ready(Exit::Killed { limit: *limit });
        }
        if told_ready {
            return Poll::Pending;
        }
        // Most are ready at once, and need no timer.
        start_limit
            .get_or_insert_with(|| Box::pin(sleep(seat.start_within)))
            .as_mut()
            .poll(task)
            .map(|()| too_slow(seat.start_within))
    })
    .await
}

/// Writes down who is at work while `work` runs, which must not panic.
fn watched<T>(
    activity: Option<&Activity>,
    path: &Arc<Path>,
    name: &'static str,
    work: impl FnOnce() -> T,
) -> T {
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
    Given {
        limit: Option<(Duration, Pin<Box<Sleep>>)>,
    },
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

fn too_slow(limit: Duration) -> Exit {
    Exit::InitFailed(InitFailure::TooSlow { limit })
}
