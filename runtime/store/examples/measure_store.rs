//! How long a store takes on this machine, with the bare `fdatasync` beside it.
//!
//! Run with `cargo run --release -p hedgerow-store --example measure_store`.

#![allow(clippy::print_stdout, reason = "an example prints its result")]
#![expect(clippy::disallowed_methods, reason = "it measures real time")]

use std::error::Error;
use std::fs::{self, File};
use std::io::{Seek, Write};
use std::time::{Duration, Instant};

use hedgerow_store::{Key, Prefix, Store};

const ROUNDS: usize = 300;

/// How often one thing is done before the next is.
const TURN: usize = 30;

fn main() -> Result<(), Box<dyn Error>> {
    let home = tempfile::tempdir()?;
    let dir = home.path().join("state");
    let (store, fresh) = timed(|| Store::open(&dir));
    println!("open, fresh            {fresh:?}");

    let mut file = File::create(home.path().join("floor"))?;
    file.write_all(&[0; 4_096])?;
    file.sync_all()?;
    let mut growing = File::create(home.path().join("growing"))?;
    let (mut floor, mut growing_floor) = (Vec::new(), Vec::new());
    let mut alone = Vec::new();
    let mut ten = Vec::new();
    let mut hundred = Vec::new();
    // In turns, so that a busy disk is unkind to all alike; each long enough not to be measured
    // by what the one before it left behind.
    for round in 0..ROUNDS / TURN {
        for _ in 0..TURN {
            let (written, time) = timed(|| {
                file.rewind()
                    .and_then(|()| file.write_all(&[round as u8; 200]))
                    .and_then(|()| file.sync_data())
            });
            written?;
            floor.push(time);
        }
        for _ in 0..TURN {
            let (written, time) = timed(|| growing.write_all(&[7; 200]).and_then(|()| growing.sync_data()));
            written?;
            growing_floor.push(time);
        }
        for (count, times) in [(1, &mut alone), (10, &mut ten), (100, &mut hundred)] {
            let keys = (0..count)
                .map(|n| Key::new("breaker", "payments", [n.to_string()]))
                .collect::<Result<Vec<_>, _>>()?;
            for turn in 0..TURN {
                let (saved, time) = timed(|| {
                    let replies: Vec<_> = keys
                        .iter()
                        .map(|key| store.save(key, (round * TURN + turn).to_string()))
                        .collect();
                    replies.into_iter().try_for_each(|reply| reply.wait().map(drop))
                });
                saved?;
                times.push(time);
            }
        }
    }
    // A file that grows needs the file system's journal too. The store's log grows by segments.
    let (floor, growing_floor) = (median(floor), median(growing_floor));
    println!("fdatasync, p50         {floor:?} in place, {growing_floor:?} of a file that grows");
    for (what, times) in [
        ("1 save, p50          ", alone),
        ("10 saves, p50        ", ten),
        ("100 saves, p50       ", hundred),
    ] {
        let median = median(times);
        let times = |floor: Duration| median.as_secs_f64() / floor.as_secs_f64();
        println!(
            "{what}  {median:?} = {:.2} x in place, {:.2} x growing",
            times(floor),
            times(growing_floor)
        );
    }

    let mut store = Some(store);
    for records in [10_000, 100_000] {
        let open = store.take().unwrap_or_else(|| Store::open(&dir));
        for n in 0..records {
            let reply = open.save(&Key::new("breaker", "many", [n.to_string()])?, [1; 100]);
            if n % 1_000 == 999 {
                reply.wait()?;
            }
        }
        println!("close, {records} records  {:?}", timed(|| open.close()).1);
        let (reopened, took) = timed(|| Store::open(&dir));
        let durable = reopened.health().durable;
        println!("open, {records} records   {took:?}, durable: {durable}");
        let (found, took) = timed(|| reopened.scan(&Prefix::kind("breaker")).wait());
        println!("scan, {} records   {took:?}", found?.records.len());
        reopened.close();
    }
    let status = fs::read_to_string("/proc/self/status")?;
    for line in status
        .lines()
        .filter(|line| line.starts_with("VmRSS") || line.starts_with("Threads"))
    {
        println!("{line}");
    }
    Ok(())
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let value = work();
    (value, start.elapsed())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
