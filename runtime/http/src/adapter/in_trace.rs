//! The context of a request that is recorded, around what the service does.

use hedgerow_actors::chain::Passage;
use hedgerow_supervisor::Context;

/// What a service does for a request, it does in this: what it records is a part of the request's span. One empty word where
/// the request is not recorded.
pub(super) struct InTrace(Option<Box<Context>>);

impl InTrace {
    pub(super) fn of(passage: &mut Passage) -> Self {
        let context = passage.recorded();
        Self((!context.is_empty()).then(|| Box::new(context)))
    }

    #[inline]
    pub(super) fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        match &self.0 {
            Some(context) => context.enter(work),
            None => work(),
        }
    }
}
