//! What is built in their place where nodes may wait: each calls the next one and waits for it, in a boxed future, as
//! `async_trait` would write it.

use std::hint::black_box;
use std::pin::Pin;
use std::task::{Context, Waker};

type Answer<'n> = Pin<Box<dyn Future<Output = u16> + Send + 'n>>;

/// A node that hands the request on by itself.
pub(crate) trait Layer: Send + Sync {
    fn call<'n>(&'n self, path: &'static str, further: &'n [Box<dyn Layer>]) -> Answer<'n>;
}

struct Looking;

impl Layer for Looking {
    fn call<'n>(&'n self, path: &'static str, further: &'n [Box<dyn Layer>]) -> Answer<'n> {
        Box::pin(async move {
            black_box(path.len());
            let status = match further {
                [next, further @ ..] => next.call(path, further).await,
                [] => 200,
            };
            black_box(status)
        })
    }
}

pub(crate) fn layers(depth: usize) -> Vec<Box<dyn Layer>> {
    (0..depth).map(|_| Box::new(Looking) as Box<dyn Layer>).collect()
}

pub(crate) fn batch(layers: &[Box<dyn Layer>], count: u64) {
    let mut task = Context::from_waker(Waker::noop());
    for _ in 0..count {
        if let [first, further @ ..] = layers {
            let _ = black_box(first.call(black_box("/pay"), further).as_mut().poll(&mut task));
        }
    }
}
