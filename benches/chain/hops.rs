//! The floor: a loop over trait objects, down and back up, with the same heads. It can neither wait, nor be changed, nor
//! crash alone.

use std::hint::black_box;

use hedgerow_actors::chain::{ReplyHead, RequestHead};
use hedgerow_benches::nodes::{Get, Status};
use http::StatusCode;

pub(crate) trait Hop: Send + Sync {
    fn down(&self, head: &mut dyn RequestHead);
    fn up(&self, head: &mut dyn ReplyHead);
}

struct Bare(u64);

impl Hop for Bare {
    fn down(&self, head: &mut dyn RequestHead) {
        black_box(head.path().len() as u64 + self.0);
    }

    fn up(&self, head: &mut dyn ReplyHead) {
        black_box(u64::from(head.status().as_u16()) + self.0);
    }
}

pub(crate) fn hops(depth: usize) -> Vec<Box<dyn Hop>> {
    (0..depth)
        .map(|index| Box::new(Bare(index as u64)) as Box<dyn Hop>)
        .collect()
}

pub(crate) fn batch(hops: &[Box<dyn Hop>], count: u64) {
    for _ in 0..count {
        hops.iter().for_each(|hop| hop.down(&mut Get));
        let mut reply = Status(StatusCode::OK);
        hops.iter().rev().for_each(|hop| hop.up(&mut reply));
    }
}
