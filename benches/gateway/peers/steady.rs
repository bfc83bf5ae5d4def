//! Requests at a constant rate, whatever becomes of those before them.
//!
//! Each connection has a thread that sleeps until its next request is due, as a timer of the runtime is a millisecond wide. The
//! latency counts from when the request was due: it has the lateness of the sleep in it, for every contestant the same.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use tokio::time::Instant;

use crate::load::{Answer, REQUEST};
use crate::upstream::BODY;

/// Before the first request is due, so that all threads are there.
const LEAD: Duration = Duration::from_millis(100);
/// Who waits for longer has met a failure.
const PATIENCE: Duration = Duration::from_secs(5);

/// The latencies of `rate` requests a second for `length`, in nanoseconds and in order.
///
/// # Errors
/// At the first answer that is not the upstream's.
pub(super) fn run(addr: SocketAddr, connections: usize, rate: u32, length: Duration) -> io::Result<Vec<u32>> {
    let start = Instant::now() + LEAD;
    let every = Duration::from_secs(1) / rate;
    let threads = (0..connections).map(|own| {
        thread::spawn(move || -> io::Result<Vec<u32>> {
            let mut connection = Connection::open(addr)?;
            let mut latencies = Vec::new();
            let mut due = start + every * u32::try_from(own).map_err(io::Error::other)?;
            while due < start + length {
                sleep_until(due);
                connection.ask()?;
                latencies.push(u32::try_from(due.elapsed().as_nanos()).unwrap_or(u32::MAX));
                due += every * u32::try_from(connections).map_err(io::Error::other)?;
            }
            Ok(latencies)
        })
    });
    let threads: Vec<_> = threads.collect();
    let mut all = Vec::new();
    for thread in threads {
        let latencies = thread
            .join()
            .map_err(|_| io::Error::other("a connection's thread crashed"))?;
        all.extend(latencies?);
    }
    all.sort_unstable();
    Ok(all)
}

/// Each of these threads has nothing else to do, and no runtime to wait by.
#[expect(clippy::disallowed_methods, reason = "the thread is there to sleep")]
pub(super) fn sleep_until(due: Instant) {
    thread::sleep(due.saturating_duration_since(Instant::now()));
}

/// One request over a connection of its own.
///
/// # Errors
/// Where it is not answered as the upstream does.
pub(super) fn ask_once(addr: SocketAddr) -> io::Result<()> {
    Connection::open(addr)?.ask()
}

struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Connection {
    fn open(addr: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(addr)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream,
            answer: Vec::with_capacity(8_192),
        })
    }

    fn ask(&mut self) -> io::Result<()> {
        self.stream.write_all(REQUEST)?;
        self.answer.clear();
        let mut came = [0; 8_192];
        loop {
            match self.stream.read(&mut came)? {
                0 => return Err(io::Error::other("the connection was closed instead of an answer")),
                bytes => self.answer.extend_from_slice(&came[..bytes]),
            }
            let Some(answer) = Answer::begun(&self.answer)? else {
                continue;
            };
            if !answer.is_whole(&self.answer) {
                continue;
            }
            return match answer.status {
                200 if answer.body == BODY => Ok(()),
                _ => Err(io::Error::other(format!("not the answer: {answer:?}"))),
            };
        }
    }
}
