//! How long a store takes on this machine, with the bare `fdatasync` beside it.
//!
//! Run with `cargo run --release -p hedgerow-store --example measure_store`.

#![allow(clippy::print_stdout, reason = "an example prints its result")]
#![expect(clippy::disallowed_methods, reason = "it measures real time")]

use std::error::Error;
use std::fs::{self, File};
use std::io::Write;
use std::time::{Duration, Instant};

use hedgerow_store::{Key, Prefix, Store};

const ROUNDS: usize = 300;

fn main() -> Result<(), Box<dyn Error>> {
    let home = tempfile::tempdir()?;
    let dir = home.path().join("state");
    let (store, fresh) = timed(|| Store::open(&dir));
    println!("open, fresh            {fresh:?}");

    let mut file = File::create(home.path().join("floor"))?;
    let mut floor = Vec::new();
    let mut alone = Vec::new();
    let mut ten = Vec::new();
    let mut hundred = Vec::new();
    // Interleaved, so that a busy disk is unkind to all alike.
    for round in 0..ROUNDS {
        let (written, time) = timed(|| file.write_all(&[7; 200]).and_then(|()| file.sync_data()));
        written?;
        floor.push(time);
        for (count, times) in [(1, &mut alone), (10, &mut ten), (100, &mut hundred)] {
            let keys = (0..count)
                .map(|n| Key::new("breaker", "payments", [n.to_string()]))
                .collect::<Result<Vec<_>, _>>()?;
            let (saved, time) = timed(|| {
                let replies: Vec<_> = keys
                    .iter()
                    .map(|key| store.save(key, round.to_string()))
                    .collect();
                replies.into_iter().try_for_each(|reply| reply.wait().map(drop))
            });
            saved?;
            times.push(time);
        }
    }
    let floor = median(floor);
    println!("fdatasync alone, p50   {floor:?}");
    for (what, times) in [
        ("1 save, p50          ", alone),
        ("10 saves, p50        ", ten),
        ("100 saves, p50       ", hundred),
    ] {
        let median = median(times);
        println!(
            "{what}  {median:?} = {:.2} x",
            median.as_secs_f64() / floor.as_secs_f64()
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
