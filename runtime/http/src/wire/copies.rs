//! Copies of requests that are under way at one worker, which no client waits for: the worker does, before it ends.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// The copies of one worker; a clone is the same ones.
#[derive(Default, Clone)]
pub(crate) struct Copies {
    state: Rc<State>,
}

#[derive(Default)]
struct State {
    under_way: Cell<usize>,
    /// Who waits for the last one.
    waits: RefCell<Option<Waker>>,
}

/// A copy, which is under way until this is dropped.
#[must_use = "dropped, the copy is no more under way"]
pub(crate) struct UnderWay {
    state: Rc<State>,
}

impl Copies {
    /// One more is under way.
    pub(crate) fn begin(&self) -> UnderWay {
        self.state.under_way.set(self.state.under_way.get() + 1);
        UnderWay {
            state: Rc::clone(&self.state),
        }
    }

    /// Ready once none is under way. Who asked last is woken.
    pub(crate) fn poll_none(&self, context: &Context<'_>) -> Poll<()> {
        if self.state.under_way.get() == 0 {
            return Poll::Ready(());
        }
        self.state.waits.replace(Some(context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let left = self.state.under_way.get() - 1;
        self.state.under_way.set(left);
        if left == 0
            && let Some(waits) = self.state.waits.take()
        {
            waits.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn who_waits_for_the_last_copy_is_woken_by_it_and_by_none_before() {
        let (copies, woken) = (Copies::default(), Arc::new(Woken::default()));
        let waker = Waker::from(Arc::clone(&woken));
        let none = || copies.poll_none(&Context::from_waker(&waker));
        let times = || woken.0.load(Ordering::Relaxed);
        assert!(none().is_ready());
        let (one, other) = (copies.begin(), copies.clone().begin());
        assert!(none().is_pending());
        drop(one);
        assert_eq!(times(), 0);
        drop(other);
        assert_eq!(times(), 1);
        assert!(none().is_ready());
    }
}
