//! That nobody who logs waits, and what becomes of each line.
#![allow(clippy::unwrap_used)]

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use super::pending::ROOM;
use super::writer::LogWriter;

/// Longer than any test.
const LONG: Duration = Duration::from_secs(60);

/// Hands over what is written, and blocks until it is taken.
struct Pipe(SyncSender<Vec<u8>>);

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.send(bytes.to_vec());
        sent.map(|()| bytes.len())
            .map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn pipe() -> (LogWriter, Receiver<Vec<u8>>) {
    let (tell, told) = sync_channel(0);
    (LogWriter::to(Pipe(tell)), told)
}

#[test]
fn what_is_logged_is_written_in_its_order() {
    let (mut log, told) = pipe();
    for number in 0..1_000 {
        log.write_all(format!("{number}\n").as_bytes()).unwrap();
    }
    let mut read = Vec::new();
    while read.iter().filter(|byte| **byte == b'\n').count() < 1_000 {
        read.extend(told.recv().unwrap());
    }
    let expected: String = (0..1_000).map(|number| format!("{number}\n")).collect();
    assert_eq!(String::from_utf8(read).unwrap(), expected);
    log.flush_within(LONG);
    let view = log.view();
    assert_eq!((view.waiting, view.exported, view.dropped), (0, 1_000, 0));
}

#[test]
fn p12_where_nobody_reads_nobody_waits_and_what_finds_no_room_is_counted() {
    let (mut log, told) = pipe();
    let line = [b'a'; 1_023];
    let lines = 3 * ROOM as u64 / 1_023;
    for _ in 0..lines {
        log.write_all(&line).unwrap();
    }
    let view = log.view();
    assert!(view.dropped > 0 && view.waiting > 0, "{view:?}");
    assert!(view.waiting * 1_023 <= 2 * ROOM as u64, "{view:?}");
    assert_eq!(view.waiting + view.dropped, lines);
    // The end of a program does not wait for the reader.
    log.flush_within(Duration::ZERO);
    // Whoever reads later is told what has waited.
    let reader = std::thread::spawn(move || told.iter().map(|bytes| bytes.len() as u64).sum::<u64>());
    log.flush_within(LONG);
    assert_eq!((log.view().waiting, log.view().exported), (0, view.waiting));
    // And the thread ends with the last who could log.
    drop(log);
    assert_eq!(reader.join().unwrap(), view.waiting * 1_023);
}

#[test]
fn where_the_reader_has_gone_each_line_counts_as_dropped_and_why_is_shown() {
    let (mut log, told) = pipe();
    drop(told);
    log.write_all(b"a line\n").unwrap();
    log.flush_within(LONG);
    let view = log.view();
    assert_eq!((view.waiting, view.exported, view.dropped), (0, 0, 1));
    assert_eq!(view.problem.as_deref(), Some("broken pipe"));
}

#[test]
fn an_empty_write_is_no_line_and_ends_nothing() {
    let (mut log, told) = pipe();
    let reader = std::thread::spawn(move || told.iter().flatten().collect::<Vec<u8>>());
    log.write_all(b"").unwrap();
    assert_eq!(log.write(b"").unwrap(), 0);
    log.flush_within(LONG);
    log.write_all(b"a line\n").unwrap();
    log.flush_within(LONG);
    assert_eq!((log.view().waiting, log.view().exported), (0, 1));
    drop(log);
    assert_eq!(reader.join().unwrap(), b"a line\n");
}

/// Takes a byte each second time, and would have to wait the other times.
struct Unready(Pipe, bool);

impl Write for Unready {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1 = !self.1;
        if self.1 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.0.write(&bytes[..1])
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_output_that_does_not_block_is_waited_for_all_the_same() {
    let (tell, told) = sync_channel(0);
    let mut log = LogWriter::to(Unready(Pipe(tell), false));
    let reader = std::thread::spawn(move || told.iter().flatten().collect::<Vec<u8>>());
    log.write_all(b"line\n").unwrap();
    log.flush_within(LONG);
    let view = log.view();
    assert_eq!((view.exported, view.dropped, view.problem), (1, 0, None));
    drop(log);
    assert_eq!(reader.join().unwrap(), b"line\n");
}
