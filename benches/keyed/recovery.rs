//! How long a mesh takes to start whose store remembers many keys.

use std::error::Error;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hedgerow::Mesh;
use hedgerow::prelude::Supervisor;
use hedgerow_actors::breaker::{Held, RECORD_VERSION, Record, Summary, policy_hash};
use hedgerow_benches::Table;
use hedgerow_gate::State;
use hedgerow_store::{Key, Prefix, Store};

use crate::by_hand::LONG;
use crate::contestants::{NAME, SCOPE, breaker, policy, shown};
use crate::{KEYS, OPEN, key, stage};

const ROUNDS: usize = 9;

/// Saves that are on their way at once; the store refuses more than a few thousand.
const BATCH: usize = 1_000;

/// What one start took.
struct Start {
    /// The store's alone: until it is open.
    open: Duration,
    /// The store's alone: until all records have been read.
    scan: Duration,
    /// The mesh's, from `start` until it is ready, its own opening of the store included.
    with_records: Duration,
    /// The same with an empty store.
    empty: Duration,
}

/// Prints how long store and mesh take, in turns.
pub(crate) fn print() -> Result<(), Box<dyn Error>> {
    let home = tempfile::tempdir()?;
    let (full, empty) = (home.path().join("full"), home.path().join("empty"));
    fill(&full)?;
    let mut starts = Vec::with_capacity(ROUNDS);
    for round in 0..=ROUNDS {
        let start = one_start(&full, &empty)?;
        // The first is thrown away: the caches are cold.
        if round > 0 {
            starts.push(start);
        }
    }
    let mut table = Table::new(["", "least ms", "median ms", "most ms"]);
    let mut row = |name: &str, pick: fn(&Start) -> Duration| {
        let mut times: Vec<Duration> = starts.iter().map(pick).collect();
        times.sort_unstable();
        let ms = |at: usize| format!("{:.1}", times[at].as_secs_f64() * 1e3);
        table.row([name.to_owned(), ms(0), ms(ROUNDS / 2), ms(ROUNDS - 1)]);
    };
    row("the store alone: open", |start| start.open);
    row("the store alone: read all records", |start| start.scan);
    row("the mesh: start to ready", |start| start.with_records);
    row("the mesh with an empty store", |start| start.empty);
    println!(
        "starting with {KEYS} records of keys on the disk, {OPEN} of them open; {ROUNDS} rounds, page cache warm\n{table}"
    );
    Ok(())
}

fn one_start(full: &Path, empty: &Path) -> Result<Start, Box<dyn Error>> {
    let begun = stage::now();
    let store = Store::open(full);
    let opened = begun.elapsed();
    let begun = stage::now();
    let found = store.scan(&Prefix::name("breaker", NAME)).wait()?.records.len();
    let scan = begun.elapsed();
    assert_eq!(found, KEYS, "the store has all records");
    store.close();
    Ok(Start {
        open: opened,
        scan,
        with_records: mesh(full, KEYS, OPEN)?,
        empty: mesh(empty, 0, 0)?,
    })
}

/// Starts a mesh, and looks whether it is what its store remembers.
fn mesh(directory: &Path, keys: usize, open: usize) -> hedgerow::Result<Duration> {
    stage::run(async {
        let tree = Supervisor::one_for_one("bench").child(breaker());
        let begun = stage::now();
        let mesh = Mesh::new(tree).store(directory).start().await?;
        let took = begun.elapsed();
        let view = shown(&mesh.keyed_breaker(NAME)?);
        assert_eq!(
            (view.keys as usize, view.not_closed as usize),
            (keys, open),
            "all that was known is known again when it is ready"
        );
        mesh.shutdown().await?;
        Ok(took)
    })
}

/// Writes the records as the breakers write them.
fn fill(directory: &Path) -> Result<(), Box<dyn Error>> {
    let store = Store::open(directory);
    let now = unix_ms()?;
    let mut replies = Vec::with_capacity(BATCH);
    for number in 0..KEYS {
        let record = if number < OPEN { opened(now) } else { closed(now) };
        let key = Key::new("breaker", NAME, [SCOPE.to_owned(), key(number)])?;
        replies.push(store.save(&key, record.encode()));
        if replies.len() == BATCH {
            for reply in replies.drain(..) {
                reply.wait()?;
            }
        }
    }
    for reply in replies {
        reply.wait()?;
    }
    store.close();
    Ok(())
}

/// A breaker that tripped now.
fn opened(now: u64) -> Record {
    Record {
        version: RECORD_VERSION,
        state: State::Open,
        since: now,
        half_open_at: Some(now + u64::try_from(LONG.as_millis()).unwrap_or(u64::MAX)),
        open_count: 1,
        author: None,
        policy: policy_hash(&policy()),
        window: Held {
            calls: 8,
            failures: 7,
            slow: 0,
        },
        last_transition: Some(moved(State::Closed, State::Open, now)),
    }
}

/// A breaker that has closed again.
fn closed(now: u64) -> Record {
    Record {
        state: State::Closed,
        half_open_at: None,
        open_count: 0,
        window: Held::default(),
        last_transition: Some(moved(State::HalfOpen, State::Closed, now)),
        ..opened(now)
    }
}

fn moved(from: State, to: State, at: u64) -> Summary {
    Summary {
        from,
        to,
        cause: "consecutive failures: 7, limit 7".to_owned(),
        rule: "consecutiveFailures".to_owned(),
        limit: "7".to_owned(),
        observed: "7".to_owned(),
        author: None,
        at,
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the records say when, and there is no mesh yet whose clock could"
)]
fn unix_ms() -> Result<u64, Box<dyn Error>> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(u64::try_from(since.as_millis())?)
}
