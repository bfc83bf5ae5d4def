//! What lasts of an access log: the queue, its writer, and what they count.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use hedgerow_config::LogOutput;

use super::queue::Queue;
use super::tap::LineTap;
use crate::chain::{Gauge, Memory};

/// Bytes that are written at once.
const BATCH: usize = 64 * 1024;

/// A log. Its writer is a thread of its own, as the output may block for ever: nobody waits for it, and what finds no room
/// meanwhile is counted.
pub(super) struct Log {
    shared: Arc<Shared>,
    /// Until the writer takes them.
    outputs: Mutex<Option<Outputs>>,
}

struct Shared {
    queue: Queue,
    to_stderr: AtomicBool,
    written: AtomicU64,
    /// Lines that the output did not take.
    lost: AtomicU64,
}

/// Standard output and standard error.
pub(super) struct Outputs {
    pub(super) out: Box<dyn Write + Send>,
    pub(super) err: Box<dyn Write + Send>,
    /// Who is told before them.
    pub(super) tap: Option<LineTap>,
}

impl Log {
    /// To the outputs of the process, past the locks that the standard library has around them: a writer that is blocked must
    /// hold up nobody who prints something else.
    pub(super) fn of_process(tap: Option<LineTap>) -> Self {
        fn own(output: &impl AsFd) -> Box<dyn Write + Send> {
            match output.as_fd().try_clone_to_owned() {
                Ok(descriptor) => Box::new(File::from(descriptor)),
                Err(error) => Box::new(Shut(error.to_string())),
            }
        }
        Self::to(Outputs {
            out: own(&io::stdout()),
            err: own(&io::stderr()),
            tap,
        })
    }

    /// To these outputs.
    pub(super) fn to(outputs: Outputs) -> Self {
        Self {
            shared: Arc::new(Shared {
                queue: Queue::new(),
                to_stderr: AtomicBool::new(false),
                written: AtomicU64::new(0),
                lost: AtomicU64::new(0),
            }),
            outputs: Mutex::new(Some(outputs)),
        }
    }

    /// Says where lines go from now on, and starts the writer, once.
    pub(super) fn write_to(&self, output: LogOutput) {
        let to_stderr = output == LogOutput::Stderr;
        self.shared.to_stderr.store(to_stderr, Ordering::Relaxed);
        let mut outputs = self.outputs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(outputs) = outputs.take() {
            let shared = Arc::clone(&self.shared);
            let writer = thread::Builder::new().name("access-log".to_owned());
            if let Err(error) = writer.spawn(move || shared.write(outputs)) {
                tracing::warn!(%error, "the access log has no thread to be written by: its lines are dropped");
            }
        }
    }

    /// Puts in a line, if there is room.
    pub(super) fn put(&self, write: impl FnOnce(&mut Vec<u8>)) {
        self.shared.queue.put(write);
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.shared.queue.close();
    }
}

impl Memory for Log {
    fn gauges(&self) -> Vec<Gauge> {
        let lost = self.shared.lost.load(Ordering::Relaxed);
        vec![
            Gauge::new("written", self.shared.written.load(Ordering::Relaxed)),
            Gauge::new("dropped", self.shared.queue.dropped() + lost),
        ]
    }
}

impl Shared {
    fn write(&self, mut outputs: Outputs) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            batch.clear();
            let lines = self.queue.take(&mut batch, BATCH);
            if lines == 0 {
                return;
            }
            if let Some(tap) = &outputs.tap {
                tap.tell(&batch);
            }
            let output = if self.to_stderr.load(Ordering::Relaxed) {
                &mut outputs.err
            } else {
                &mut outputs.out
            };
            let count = match output.write_all(&batch).and_then(|()| output.flush()) {
                Ok(()) => &self.written,
                // Nobody reads any more, or the disk is full: said by the count alone, as a line of ours could go there too.
                Err(_) => &self.lost,
            };
            count.fetch_add(lines, Ordering::Relaxed);
        }
    }
}

/// An output that could not be opened.
struct Shut(String);

impl Write for Shut {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::other(self.0.clone()))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
