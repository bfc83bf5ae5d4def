//! The context in which something was sent or asked for, on its way to where that is done.

use std::any::type_name;

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

    /// Has a message of this type handled in it, as a part of what it was sent for; where there was none, in what is current.
    pub(crate) fn handle<M, T>(&self, work: impl FnOnce() -> T) -> T {
        let Some(context) = &self.0 else {
            return work();
        };
        let span = context.span(short(type_name::<M>())).consumer();
        if span.is_recorded() {
            span.within(Context::clone(context)).enter(work)
        } else {
            context.enter(work)
        }
    }
}

/// The name of a type without where it is: `Charge` of `shop::till::Charge<shop::Card>`.
fn short(name: &'static str) -> &'static str {
    let plain = name.split('<').next().unwrap_or(name);
    plain.rsplit("::").next().unwrap_or(plain)
}
