//! Requests while the store's disk answers slowly: two gateways that differ in nothing else take turns.
//!
//! A breaker of theirs trips and probes all the time, and each of its moves is a record for the disk. `strace` makes the
//! disk slow: it stops the store's thread alone, at each `fdatasync`, which takes 100 ms longer in one gateway.

use std::fs;
use std::io::{self, BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};
use std::time::Duration;

use hedgerow_benches::Table;
use hedgerow_benches::statistics::{median, median_ratio, quantile};
use tempfile::TempDir;
use tokio::time::Instant;

use crate::child::Child;
use crate::config::Config;
use crate::cores::Cores;
use crate::load::{Connection, Load, Served};
use crate::requests::{LENGTH, ROUNDS, WARM_UP};
use crate::role::Role;
use crate::upstream::SICK;

/// Connections that are kept busy.
const CONNECTIONS: usize = 16;

/// How much longer a `fdatasync` takes.
const DELAY: Duration = Duration::from_millis(100);

/// How often the sick upstream is called.
const PACE: Duration = Duration::from_millis(2);

/// The name of the thread that waits for the disk.
const THREAD: &str = "hedgerow-store";

/// A gateway, and who watches what its disk is asked. The gateway ends last: a thread that is watched can be let go.
struct Watched {
    strace: process::Child,
    trace: PathBuf,
    child: Child,
}

/// One gateway in one round.
struct Measured {
    /// Microseconds.
    p50: f64,
    p99: f64,
    requests_per_second: f64,
    /// Calls of the sick upstream that failed: each is a trip, or a probe that failed.
    failed: f64,
    /// Those that a breaker refused.
    refused: f64,
    /// Times its disk was asked to be safe.
    syncs: f64,
}

/// Prints the figures of both; says so where there is no `strace`, or it may not slow one.
pub(crate) fn contest(cores: &Cores, upstream: SocketAddr) -> io::Result<()> {
    let config = Config::write_with_a_sick_one(upstream)?;
    let home = tempfile::tempdir()?;
    let started = [("swift", Duration::ZERO), ("slow", DELAY)]
        .map(|(name, delay)| Watched::start(&home, name, delay, &config.path, cores.contestant));
    let [Ok(swift), Ok(slow)] = &started else {
        let [swift, slow] = &started;
        let why = [swift, slow].map(|started| started.as_ref().err().map(ToString::to_string));
        println!(
            "requests while the disk is slow: SKIPPED, as strace cannot slow a gateway's disk here: {why:?}"
        );
        return Ok(());
    };
    let gateways = [swift, slow];
    let mut rounds: [Vec<Measured>; 2] = [Vec::new(), Vec::new()];
    for round in 0..=ROUNDS {
        for turn in 0..gateways.len() {
            let index = (turn + round) % gateways.len();
            let measured = gateways[index].measure()?;
            if round > 0 {
                rounds[index].push(measured);
            }
        }
    }
    println!(
        "requests while the disk is slow: a `fdatasync` of one gateway takes {DELAY:?} longer; \
         closed loop, {CONNECTIONS} connections to a healthy upstream; beside them a call of a sick one each {PACE:?}, behind a \
         breaker that trips at each failure, for 20 ms. {ROUNDS} rounds of {LENGTH:?} in turns; ratios within a round; `slow` by \
         `swift`\n{}",
        table(&rounds)
    );
    Ok(())
}

fn table([swift, slow]: &[Vec<Measured>; 2]) -> Table<4> {
    let mut table = Table::new(["", "swift disk", "slow disk", "ratio"]);
    let mut row = |name: &str, figure: fn(&Measured) -> f64| {
        let of = |rounds: &[Measured]| rounds.iter().map(figure).collect::<Vec<f64>>();
        let (swift, slow) = (of(swift), of(slow));
        table.row([
            name.to_owned(),
            format!("{:.0}", median(&swift)),
            format!("{:.0}", median(&slow)),
            format!("{:.2}", median_ratio(&slow, &swift)),
        ]);
    };
    row("p50 µs", |measured| measured.p50);
    row("p99 µs", |measured| measured.p99);
    row("requests/s", |measured| measured.requests_per_second);
    row("calls of the sick one that failed, in a round", |measured| {
        measured.failed
    });
    row("calls of the sick one that were refused", |measured| {
        measured.refused
    });
    row("fdatasync, in a round", |measured| measured.syncs);
    table
}

impl Watched {
    fn start(
        home: &TempDir,
        name: &str,
        delay: Duration,
        config: &Path,
        core: Option<usize>,
    ) -> io::Result<Self> {
        let role = Role::Kept {
            config: config.to_owned(),
            state: home.path().join(name),
        };
        let child = Child::start(&role, core)?;
        let trace = home.path().join(format!("{name}.trace"));
        let mut strace = Command::new("strace");
        strace.args(["-p", &thread_of(child.pid())?, "-e", "trace=fdatasync", "-o"]);
        strace.arg(&trace);
        if !delay.is_zero() {
            let inject = format!("inject=fdatasync:delay_enter={}", delay.as_micros());
            strace.args(["-e", &inject]);
        }
        let strace = strace.stderr(Stdio::piped()).spawn()?;
        let mut watched = Self { strace, trace, child };
        watched.until_attached()?;
        Ok(watched)
    }

    fn until_attached(&mut self) -> io::Result<()> {
        let mut said = String::new();
        if let Some(stderr) = self.strace.stderr.take() {
            // It says nothing more before it is ended.
            BufReader::new(stderr).read_line(&mut said)?;
        }
        if said.contains("attached") {
            return Ok(());
        }
        Err(io::Error::other(said.trim().to_owned()))
    }

    fn measure(&self) -> io::Result<Measured> {
        let mut load = Load::connect(self.child.addr, CONNECTIONS)?;
        load.run_beside(WARM_UP, async |end| call_the_sick(self.child.addr, end).await)?;
        let before = self.syncs()?;
        let (served, sick) =
            load.run_beside(LENGTH, async |end| call_the_sick(self.child.addr, end).await)?;
        Ok(Measured::of(served, &sick, self.syncs()? - before))
    }

    fn syncs(&self) -> io::Result<usize> {
        let trace = fs::read_to_string(&self.trace)?;
        Ok(trace.lines().filter(|line| line.contains("fdatasync(")).count())
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // One that has ended already is what is wanted.
        let _ = self.strace.kill();
        let _ = self.strace.wait();
    }
}

/// The number of a process's thread that waits for the disk.
fn thread_of(process: u32) -> io::Result<String> {
    for task in fs::read_dir(format!("/proc/{process}/task"))? {
        let task = task?;
        if fs::read_to_string(task.path().join("comm"))?.trim() == THREAD {
            return Ok(task.file_name().to_string_lossy().into_owned());
        }
    }
    Err(io::Error::other(format!(
        "the gateway has no thread called {THREAD}"
    )))
}

impl Measured {
    fn of(served: Served, sick: &Sick, syncs: usize) -> Self {
        let Served { took, mut latencies } = served;
        latencies.sort_unstable();
        let micros = |share| f64::from(quantile(&latencies, share)) / 1_000.0;
        Self {
            p50: micros(0.5),
            p99: micros(0.99),
            requests_per_second: latencies.len() as f64 / took.as_secs_f64(),
            failed: sick.failed as f64,
            refused: sick.refused as f64,
            syncs: syncs as f64,
        }
    }
}

/// How calls of the sick upstream ended.
#[derive(Default)]
struct Sick {
    failed: u64,
    refused: u64,
}

async fn call_the_sick(addr: SocketAddr, end: Instant) -> io::Result<Sick> {
    let request = [SICK, b"HTTP/1.1\r\nhost: target.test\r\n\r\n"].concat();
    let mut connection = Connection::open(addr).await?;
    let mut sick = Sick::default();
    let mut due = Instant::now();
    while due < end {
        tokio::time::sleep_until(due).await;
        match connection.ask(&request).await?.status {
            500 => sick.failed += 1,
            503 => sick.refused += 1,
            other => return Err(io::Error::other(format!("the sick upstream answers {other}"))),
        }
        due += PACE;
    }
    Ok(sick)
}
