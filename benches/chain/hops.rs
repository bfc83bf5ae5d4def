//! The floor: a loop over trait objects, down and back up. It can neither wait, nor be changed, nor crash alone.

use std::hint::black_box;

pub(crate) trait Hop: Send + Sync {
    fn down(&self, path: &str);
    fn up(&self, status: u16);
}

struct Bare(u64);

impl Hop for Bare {
    fn down(&self, path: &str) {
        black_box(path.len() as u64 + self.0);
    }

    fn up(&self, status: u16) {
        black_box(u64::from(status) + self.0);
    }
}

pub(crate) fn hops(depth: usize) -> Vec<Box<dyn Hop>> {
    (0..depth)
        .map(|index| Box::new(Bare(index as u64)) as Box<dyn Hop>)
        .collect()
}

pub(crate) fn batch(hops: &[Box<dyn Hop>], count: u64) {
    for _ in 0..count {
        let path = black_box("/pay");
        hops.iter().for_each(|hop| hop.down(path));
        let status = black_box(200);
        hops.iter().rev().for_each(|hop| hop.up(status));
    }
}
