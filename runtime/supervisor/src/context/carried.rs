//! The context in which something was sent or asked for, on its way to where that is done.

use super::Context;
use super::ambient::is_set;

/// A context, if there was any. It takes one word, and one load where there was none.
#[derive(Debug, Default)]
pub(crate) struct Carried(Option<Box<Context>>);

impl Carried {
    /// The current one.
    pub(crate) fn current() -> Self {
        if !is_set() {
            return Self(None);
        }
        let current = Context::current();
        Self((!current.is_empty()).then(|| Box::new(current)))
    }

    /// Runs `work` in it; where there was none, in what is current.
    pub(crate) fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        match &self.0 {
            Some(context) => context.enter(work),
            None => work(),
        }
    }
}
