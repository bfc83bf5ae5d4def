//! Lines on their way to whoever writes them.

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
use std::thread::{self, Thread};

use crossbeam_queue::ArrayQueue;
use crossbeam_utils::CachePadded;

/// Threads share a part of the queue only where there are more of them.
const PARTS: usize = 8;

/// Lines that may wait in one part.
pub(super) const MOST: usize = 1_024;

/// Bytes that a line is given room for at first.
const ROOM: usize = 512;

type Line = Vec<u8>;

/// A bounded queue of lines. Whoever puts one in neither waits nor locks, and uses the memory of lines that were written:
/// after the first ones nothing is allocated. Lines of one thread keep their order.
pub(super) struct Queue {
    parts: [CachePadded<Part>; PARTS],
    /// Whether the writer waits for a line.
    asleep: AtomicBool,
    closed: AtomicBool,
    writer: OnceLock<Thread>,
}

struct Part {
    full: ArrayQueue<Line>,
    free: ArrayQueue<Line>,
    made: AtomicUsize,
    dropped: AtomicU64,
}

impl Part {
    fn new() -> Self {
        Self {
            full: ArrayQueue::new(MOST),
            free: ArrayQueue::new(MOST),
            made: AtomicUsize::new(0),
            dropped: AtomicU64::new(0),
        }
    }

    /// A line to write into; `None` where all wait to be written.
    fn line(&self) -> Option<Line> {
        self.free.pop().or_else(|| {
            let one_more = |made| (made < MOST).then_some(made + 1);
            let made = self
                .made
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
            made.is_ok().then(|| Vec::with_capacity(ROOM))
        })
    }
}

impl Queue {
    pub(super) fn new() -> Self {
        Self {
            parts: std::array::from_fn(|_| CachePadded::new(Part::new())),
            asleep: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            writer: OnceLock::new(),
        }
    }

    /// Puts in a line; where there is no room it is dropped and counted.
    pub(super) fn put(&self, write: impl FnOnce(&mut Vec<u8>)) {
        let part = &self.parts[part_of_thread()];
        let Some(mut line) = part.line() else {
            part.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        };
        line.clear();
        write(&mut line);
        if part.full.push(line).is_err() {
            part.dropped.fetch_add(1, Ordering::Relaxed);
        }
        self.wake();
    }

    /// Wakes the writer, if it sleeps.
    fn wake(&self) {
        // Either this sees that it is about to sleep, or it sees the line.
        fence(Ordering::SeqCst);
        if self.asleep.load(Ordering::Relaxed)
            && self.asleep.swap(false, Ordering::Relaxed)
            && let Some(writer) = self.writer.get()
        {
            writer.unpark();
        }
    }

    /// Takes lines into `batch` up to some bytes, and waits for the first one; how many they are. 0 once it is closed and
    /// empty. By one thread alone.
    pub(super) fn take(&self, batch: &mut Vec<u8>, most: usize) -> u64 {
        self.writer.get_or_init(thread::current);
        loop {
            let taken = self.take_ready(batch, most);
            if taken > 0 {
                return taken;
            }
            self.asleep.store(true, Ordering::Relaxed);
            fence(Ordering::SeqCst);
            let has_work = self.parts.iter().any(|part| !part.full.is_empty());
            if has_work {
                self.asleep.store(false, Ordering::Relaxed);
            } else if self.closed.load(Ordering::Relaxed) {
                return 0;
            } else {
                thread::park();
            }
        }
    }

    fn take_ready(&self, batch: &mut Vec<u8>, most: usize) -> u64 {
        let mut taken = 0;
        for part in &self.parts {
            while batch.len() < most
                && let Some(line) = part.full.pop()
            {
                batch.extend_from_slice(&line);
                taken += 1;
                // There is room for each line that was made.
                let _ = part.free.push(line);
            }
        }
        taken
    }

    /// Nothing more is put in: the writer ends once it has written what is there.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        self.wake();
    }

    /// Lines for which there was no room.
    pub(super) fn dropped(&self) -> u64 {
        self.parts
            .iter()
            .map(|part| part.dropped.load(Ordering::Relaxed))
            .sum()
    }
}

/// Threads take turns in which part they use.
fn part_of_thread() -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static PART: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    let known = PART.get();
    if known < PARTS {
        return known;
    }
    let part = THREADS.fetch_add(1, Ordering::Relaxed) % PARTS;
    PART.set(part);
    part
}
