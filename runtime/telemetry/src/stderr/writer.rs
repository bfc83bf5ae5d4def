//! What a subscriber writes to, and the thread that passes it on.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use hedgerow_view::telemetry::SignalView;
use tracing_subscriber::fmt::MakeWriter;

use super::pending::Pending;

/// An output that would have to wait is tried again so soon.
const TRIED_AGAIN_AFTER: Duration = Duration::from_millis(10);

/// The standard error of the process, for the lines of a log. Who writes a line never waits for who reads it: lines wait in a bounded
/// place (1 MiB, and as much again that is being written), and beyond it are dropped and counted. Cheap to clone; made by
/// [`LogLines::stderr`](crate::LogLines::stderr).
#[derive(Debug, Clone)]
pub struct LogWriter {
    open: Arc<Open>,
}

/// The end of those who log: the thread ends when the last has gone.
#[derive(Debug)]
struct Open(Arc<Pending>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl LogWriter {
    /// To the standard error, past the lock that the standard library has around it: a pipe that nobody reads must hold up nobody
    /// who prints something else.
    pub(crate) fn to_stderr() -> Self {
        match io::stderr().as_fd().try_clone_to_owned() {
            Ok(descriptor) => Self::to(File::from(descriptor)),
            Err(error) => Self::to(Shut(error)),
        }
    }

    /// To this output, which may block for ever.
    pub(super) fn to(mut output: impl Write + Send + 'static) -> Self {
        let pending = Arc::new(Pending::default());
        let taken = Arc::clone(&pending);
        let work = move || {
            let mut batch = Vec::new();
            loop {
                taken.take(&mut batch);
                if batch.is_empty() {
                    return;
                }
                taken.done(write_whole(&mut output, &batch));
            }
        };
        // Without a thread nothing is ever taken: what finds no room is counted, and nobody waits.
        let _ = thread::Builder::new().name("log".to_owned()).spawn(work);
        Self {
            open: Arc::new(Open(pending)),
        }
    }

    /// Waits until all lines that were logged have been written, but no longer than this: for the end of a program, which must not wait
    /// for a reader that is not there.
    pub fn flush_within(&self, within: Duration) {
        self.open.0.flush(within);
    }

    /// What became of the lines, as a collector's signals are shown.
    pub(super) fn view(&self) -> SignalView {
        let standing = self.open.0.standing();
        SignalView {
            signal: "stderr",
            waiting: standing.waiting,
            exported: standing.written,
            dropped: standing.dropped,
            failures: 0,
            rejected: 0,
            rejected_because: None,
            problem: standing.problem,
        }
    }
}

/// Each write is one line, as the layers of `tracing-subscriber` make them.
impl Write for LogWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.open.0.put(line);
        Ok(line.len())
    }

    /// Waits for nothing: see [`flush_within`](Self::flush_within).
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// An output that could not be opened.
struct Shut(io::Error);

impl Write for Shut {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::new(self.0.kind(), self.0.to_string()))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes all of it, and waits where the output would not: who shares its description may have it not block.
fn write_whole(output: &mut impl Write, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match output.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => pause(),
            Err(error) => return Err(error),
        }
    }
    output.flush()
}

#[expect(clippy::disallowed_methods, reason = "the thread has nothing else to do")]
fn pause() {
    thread::sleep(TRIED_AGAIN_AFTER);
}
