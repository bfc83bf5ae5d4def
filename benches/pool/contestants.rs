//! The pools, each as its users would set it up: room for 64 objects, made when they are first needed.

use std::hint::black_box;

use crossbeam_queue::ArrayQueue;
use hedgerow_actors::pool::{Limits, Pool, Reset};
use tokio::sync::Semaphore;

/// Objects that a pool holds at most.
const ROOM: usize = 64;

/// What an object has on the heap, in bytes.
const SIZE: usize = 4 * 1024;

/// The object.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Page(Vec<u8>);

impl Page {
    fn made() -> Self {
        Self(Vec::with_capacity(SIZE))
    }

    #[inline]
    fn write(&mut self) {
        self.0.push(black_box(7));
    }

    #[inline]
    fn clear(&mut self) {
        self.0.clear();
    }
}

impl Reset for Page {
    fn reset(&mut self) {
        self.clear();
    }

    fn kept_bytes(&self) -> usize {
        self.0.capacity()
    }
}

pub(crate) struct Ours(Pool<Page>);

impl Ours {
    pub(crate) fn new() -> Self {
        Self(Pool::new(Limits::default()))
    }

    #[inline]
    pub(crate) fn once(&self) {
        black_box(&mut *self.0.take(Page::made)).write();
    }
}

/// One that is given back to nobody.
pub(crate) struct Kept(Page);

impl Kept {
    pub(crate) fn new() -> Self {
        Self(Page::made())
    }

    #[inline]
    pub(crate) fn once(&mut self) {
        black_box(&mut self.0).write();
        self.0.clear();
    }
}

/// One that is made and freed.
#[inline]
pub(crate) fn fresh() {
    black_box(&mut Page::made()).write();
}

pub(crate) struct ArrayQueued(ArrayQueue<Page>);

impl ArrayQueued {
    pub(crate) fn new() -> Self {
        Self(ArrayQueue::new(ROOM))
    }

    #[inline]
    pub(crate) fn once(&self) {
        let mut page = self.0.pop().unwrap_or_else(Page::made);
        black_box(&mut page).write();
        page.clear();
        drop(self.0.push(page));
    }
}

/// A pool that makes its users wait for their turn: what many pools of connections are.
pub(crate) struct Bounded {
    turns: Semaphore,
    queue: ArrayQueue<Page>,
}

impl Bounded {
    pub(crate) fn new() -> Self {
        Self {
            turns: Semaphore::new(ROOM),
            queue: ArrayQueue::new(ROOM),
        }
    }

    #[inline]
    pub(crate) fn once(&self) {
        let _turn = self.turns.try_acquire();
        let mut page = self.queue.pop().unwrap_or_else(Page::made);
        black_box(&mut page).write();
        page.clear();
        drop(self.queue.push(page));
    }
}

pub(crate) struct ObjectPool(object_pool::Pool<Page>);

impl ObjectPool {
    pub(crate) fn new() -> Self {
        Self(object_pool::Pool::new(ROOM, Page::made))
    }

    #[inline]
    pub(crate) fn once(&self) {
        let mut page = self.0.pull(Page::made);
        black_box(&mut *page).write();
        page.clear();
    }
}

/// Makes and clears the pages of `opool`.
pub(crate) struct Maker;

impl opool::PoolAllocator<Page> for Maker {
    fn allocate(&self) -> Page {
        Page::made()
    }

    fn reset(&self, page: &mut Page) {
        page.clear();
    }
}

pub(crate) struct Opool(opool::Pool<Maker, Page>);

impl Opool {
    pub(crate) fn new() -> Self {
        Self(opool::Pool::new(ROOM, Maker))
    }

    #[inline]
    pub(crate) fn once(&self) {
        black_box(&mut *self.0.get()).write();
    }
}
