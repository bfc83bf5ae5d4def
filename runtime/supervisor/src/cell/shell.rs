//! Runs incarnation after incarnation of one actor, as its supervisor orders.

use std::cell::RefCell;
use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix::dev::{ContextFut, ContextParts, Mailbox};
use actix::{Actor, ActorContext as _, ActorFuture, AsyncContext as _};
use tokio::time::{Sleep, sleep};

use super::context::{CellContext, Readiness, Surroundings};
use super::control::Control;
use super::panics::catch;
use super::pump::{Inlet, Pump};
use super::vitals::Vitals;
use crate::exit::{Exit, InitFailure};

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

/// A cell before it has a thread. All of it is `Send`; what comes out of the factory need not be.
pub(crate) struct Cell<A: Actor<Context = CellContext<A>>> {
    pub(crate) factory: Box<dyn FnMut() -> A + Send>,
    pub(crate) inlet: Inlet<A>,
    pub(crate) surroundings: Surroundings<A>,
    pub(crate) vitals: Arc<Vitals>,
    pub(crate) shutdown: Shutdown,
    pub(crate) start_within: Duration,
    pub(crate) last_word: LastWord,
}

/// The cell's end of its orders. Dropped, wherever and whyever the cell goes, it says that nobody is left to obey, and
/// answers an order that nobody has begun to obey.
pub(crate) struct LastWord {
    pub(crate) control: Arc<Control>,
    pub(crate) parent: Arc<dyn Parent>,
    pub(crate) index: usize,
}

impl Drop for LastWord {
    fn drop(&mut self) {
        self.control.die();
        let wanted = self.control.wanted();
        if !self.control.is_ended(wanted) {
            self.parent.exited(self.index, wanted, Exit::Lost);
        }
    }
}

impl<A: Actor<Context = CellContext<A>>> Cell<A> {
    /// Lives until the cell is closed.
    pub(crate) async fn run(self) {
        let mut shell = Shell {
            factory: self.factory,
            inlet: Rc::new(RefCell::new(self.inlet)),
            surroundings: Rc::new(self.surroundings),
            vitals: self.vitals,
            control: self.last_word.control.clone(),
            shutdown: self.shutdown,
            start_within: self.start_within,
            index: self.last_word.index,
            parent: self.last_word.parent.clone(),
        };
        let _last_word = self.last_word;
        let mut last = 0;
        while let Some(incarnation) = shell.next_order(last).await {
            last = incarnation;
            shell.vitals.begin(incarnation);
            let (control, parent) = (shell.control.clone(), shell.parent.clone());
            let guard = ExitGuard {
                parent,
                control,
                index: shell.index,
                incarnation,
                exit: Exit::Lost,
            };
            let exit = shell.live(incarnation).await;
            guard.report(exit);
        }
    }
}

/// Reports how an incarnation ended, exactly once; as lost, if the thread drops it unfinished.
struct ExitGuard {
    parent: Arc<dyn Parent>,
    control: Arc<Control>,
    index: usize,
    incarnation: u32,
    exit: Exit,
}

impl ExitGuard {
    fn report(mut self, exit: Exit) {
        self.exit = exit;
    }
}

impl Drop for ExitGuard {
    fn drop(&mut self) {
        // Published before it is sent: a supervisor that falls with the message in hand finds it here.
        self.control.end(self.incarnation);
        let exit = std::mem::replace(&mut self.exit, Exit::Lost);
        self.parent.exited(self.index, self.incarnation, exit);
    }
}

/// A cell on its thread.
struct Shell<A: Actor<Context = CellContext<A>>> {
    factory: Box<dyn FnMut() -> A + Send>,
    inlet: Rc<RefCell<Inlet<A>>>,
    surroundings: Rc<Surroundings<A>>,
    vitals: Arc<Vitals>,
    control: Arc<Control>,
    shutdown: Shutdown,
    start_within: Duration,
    index: usize,
    parent: Arc<dyn Parent>,
}

impl<A: Actor<Context = CellContext<A>>> Shell<A> {
    /// Waits for an order to start; `None` once the cell is closed.
    async fn next_order(&self, last: u32) -> Option<u32> {
        poll_fn(|task| {
            self.control.waker().register(task.waker());
            if self.control.take_discard() {
                self.inlet.borrow_mut().discard(&self.vitals);
            }
            let wanted = self.control.wanted();
            if self.control.is_closed() {
                Poll::Ready(None)
            } else if wanted > last {
                Poll::Ready(Some(wanted))
            } else {
                Poll::Pending
            }
        })
        .await
    }

    /// One incarnation, from the factory to its exit.
    async fn live(&mut self, incarnation: u32) -> Exit {
        let value = match catch(|| (self.factory)()) {
            Ok(value) => value,
            Err(record) => {
                let exit = Exit::InitFailed(InitFailure::Panic(Arc::new(record)));
                self.publish(incarnation, &exit);
                return exit;
            }
        };
        let readiness = Rc::new(std::cell::Cell::new(Readiness::AfterWaits));
        let mut future = Box::pin(self.incarnation(value, incarnation, readiness.clone()));
        let mut stop = StopOrder::None;
        let mut start_limit = Some(Box::pin(sleep(self.start_within)));
        let mut told_ready = false;

        let exit = poll_fn(|task| {
            self.control.waker().register(task.waker());
            if matches!(stop, StopOrder::None) && self.control.stop_wanted(incarnation) {
                stop = match self.shutdown {
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
                future.ctx().stop();
            }
            let polled = catch(|| future.as_mut().poll(task));
            if readiness.get() == Readiness::Ready && !told_ready {
                told_ready = true;
                start_limit = None;
                self.parent.ready(self.index, incarnation);
            }
            match polled {
                Err(record) => return Poll::Ready(Exit::Panic(Arc::new(record))),
                Ok(Poll::Ready(())) => {
                    let asked = !matches!(stop, StopOrder::None);
                    let by_itself = if asked { Exit::Shutdown } else { Exit::Normal };
                    return Poll::Ready(future.ctx().exit.take().unwrap_or(by_itself));
                }
                Ok(Poll::Pending) => {}
            }
            if let StopOrder::Given {
                limit: Some((limit, over)),
            } = &mut stop
                && over.as_mut().poll(task).is_ready()
            {
                return Poll::Ready(Exit::Killed { limit: *limit });
            }
            match &mut start_limit {
                Some(over) => over.as_mut().poll(task).map(|()| too_slow(self.start_within)),
                None => Poll::Pending,
            }
        })
        .await;

        let exit = if told_ready { exit } else { before_ready(exit) };
        // First said, then dropped: with the incarnation go the replies that it owed, and who waits for one asks why.
        self.publish(incarnation, &exit);
        // Without this, dropping the context would poll the torn actor once more, and a second panic would abort.
        future.ctx().terminate();
        if let Err(record) = catch(move || drop(future)) {
            tracing::warn!(path = %self.surroundings.path, "panic while an actor was dropped: {record}");
        }
        self.surroundings.owed.take();
        exit
    }

    fn publish(&self, incarnation: u32, exit: &Exit) {
        self.vitals
            .record_exit(incarnation, exit, self.surroundings.clock.wall());
    }

    fn incarnation(
        &self,
        value: A,
        incarnation: u32,
        readiness: Rc<std::cell::Cell<Readiness>>,
    ) -> ContextFut<A, CellContext<A>> {
        let mut context = CellContext {
            parts: ContextParts::new(self.inlet.borrow().address.sender_producer()),
            surroundings: self.surroundings.clone(),
            incarnation,
            exit: None,
            bell: None,
            readiness: readiness.clone(),
        };
        // Waits are taken last first: this one is over once all that `started` adds are.
        context.wait(ReadySignal(readiness));
        context.spawn(Pump {
            inlet: self.inlet.clone(),
            vitals: self.vitals.clone(),
            control: self.control.clone(),
        });
        // The context's own mailbox stays empty: messages come through the pump.
        ContextFut::new(context, value, Mailbox::default())
    }
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

struct ReadySignal(Rc<std::cell::Cell<Readiness>>);

impl<A: Actor> ActorFuture<A> for ReadySignal {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut A, _: &mut A::Context, _: &mut Context<'_>) -> Poll<()> {
        if self.0.get() == Readiness::AfterWaits {
            self.0.set(Readiness::Ready);
        }
        Poll::Ready(())
    }
}
