//! Which context is current, by thread.

use std::cell::{Cell, RefCell};
use std::mem;

use super::Context;

thread_local! {
    static CURRENT: RefCell<Context> = const { RefCell::new(Context::EMPTY) };

    /// Whether `CURRENT` is anything but empty. It needs no destructor and no borrow, so that a message without a
    /// context, sent where there is none, costs one load.
    static SET: Cell<bool> = const { Cell::new(false) };
}

/// The thread's current context. Empty too while the thread's own values are being destroyed.
pub(super) fn current() -> Context {
    if !SET.get() {
        return Context::EMPTY;
    }
    CURRENT
        .try_with(|current| current.borrow().clone())
        .unwrap_or_default()
}

/// Whether there is any. One load.
#[inline]
pub(crate) fn is_set() -> bool {
    SET.get()
}

/// Calls `work` with `context` as the thread's current one, and makes the one before current again: also where `work`
/// panics.
pub(crate) fn run_in<T>(mut context: Context, work: impl FnOnce() -> T) -> T {
    swapped(&mut context, work)
}

/// Exchanges `context` and the thread's current one for the length of `work`: no reference is counted.
pub(super) fn swapped<T>(context: &mut Context, work: impl FnOnce() -> T) -> T {
    // Whatever `work` enters it leaves again: nothing has to be put back where both are empty.
    if context.is_empty() && !SET.get() {
        return work();
    }
    exchange(context);
    let _back = Back(context);
    work()
}

/// Puts the context before back.
struct Back<'a>(&'a mut Context);

impl Drop for Back<'_> {
    fn drop(&mut self) {
        exchange(self.0);
    }
}

fn exchange(context: &mut Context) {
    // A thread that is ending has no current context any more.
    let _ = CURRENT.try_with(|current| {
        SET.set(!context.is_empty());
        mem::swap(&mut *current.borrow_mut(), context);
    });
}
