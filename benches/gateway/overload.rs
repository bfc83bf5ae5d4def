//! More load than there is room for: what of it is answered in time, beside the peak.
//!
//! The load is an open loop. Requests are due at a fixed rate, whatever becomes of those before them; one that finds no free
//! connection is not sent, and one that is not answered within a second is given up, with its connection. At ten times the load
//! there are ten times the connections. Goodput is what was answered with 200 in time.

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::time::Duration;

use futures_util::future::{join, join_all};
use hedgerow_benches::Table;
use hedgerow_benches::machine;
use hedgerow_benches::statistics::{median, median_ratio, quantile};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::child::Child;
use crate::choice::{Bounds, Overloads};
use crate::config::Config;
use crate::cores::Cores;
use crate::load::{Connection, Load, REQUEST};
use crate::role::Role;

/// Connections for each time of the load.
const CONNECTIONS: usize = 64;
const WARM_UP: Duration = Duration::from_millis(300);
const LENGTH: Duration = Duration::from_millis(1_500);
/// Who has waited for so long has no use for the answer.
const PATIENCE: Duration = Duration::from_secs(1);
/// A request that was due for so long has found no free connection.
const LOST_AFTER: Duration = Duration::from_millis(5);

/// What became of one run.
#[derive(Default)]
struct Run {
    goodput: f64,
    refused: f64,
    given_up: f64,
    p99_ms: f64,
    /// What the gateway's process was charged for each answer, refusals included; microseconds.
    cpu_per_answer: f64,
}

/// A gateway, and what became of its runs by load.
struct Contestant {
    name: String,
    gateway: Child,
    runs: Vec<Vec<Run>>,
}

/// Prints goodput beside load, for each bound.
pub(crate) fn contest(chosen: &Overloads, cores: Cores, upstream: SocketAddr) -> io::Result<()> {
    println!(
        "\noverload: open loop, {CONNECTIONS} connections for each time of the peak, which is that of a closed loop over \
         {CONNECTIONS} to the first gateway. What is answered with 200 within {PATIENCE:?} is goodput; who is refused asks \
         again when the next request is due. {} rounds of {LENGTH:?}, in which the gateways take turns.",
        chosen.rounds
    );
    let write = |(number, bounds): (usize, &Bounds)| Config::write_with_limits(upstream, number, &bounds.0);
    let configs: Vec<Config> = chosen
        .bounds
        .iter()
        .enumerate()
        .map(write)
        .collect::<io::Result<_>>()?;
    let mut contestants = Vec::new();
    for (bounds, config) in chosen.bounds.iter().zip(&configs) {
        let role = Role::Gateway(config.path.clone());
        let name = match bounds.0.as_str() {
            "" => "by default",
            limits => limits,
        };
        let contestant = |name: String, gateway| Contestant {
            name,
            gateway,
            runs: chosen.loads.iter().map(|_| Vec::new()).collect(),
        };
        contestants.push(contestant(
            name.to_owned(),
            Child::start(&role, cores.contestant)?,
        ));
        if let Some(other) = &chosen.beside {
            let gateway = Child::start_by(other, &role, cores.contestant)?;
            contestants.push(contestant(format!("{name}, {}", other.display()), gateway));
        }
    }
    let mut peaks = Vec::with_capacity(chosen.rounds);
    for round in 0..chosen.rounds {
        let Some(first) = contestants.first() else {
            return Ok(());
        };
        let peak = peak(first.gateway.addr)?;
        for (number, load) in chosen.loads.iter().enumerate() {
            for turn in 0..contestants.len() {
                let index = (turn + round) % contestants.len();
                let contestant = &mut contestants[index];
                let run = overloaded(&contestant.gateway, *load, peak * f64::from(*load))?;
                contestant.runs[number].push(run);
            }
        }
        peaks.push(peak);
    }
    println!("peak: {:.0} requests/s", median(&peaks));
    for contestant in &contestants {
        println!("\n{}", contestant.name);
        println!("{}", table(&chosen.loads, &contestant.runs, &peaks));
    }
    Ok(())
}

fn table(loads: &[u32], runs: &[Vec<Run>], peaks: &[f64]) -> Table<7> {
    let mut table = Table::new([
        "load",
        "goodput/s",
        "x peak",
        "refused/s",
        "given up/s",
        "p99 ms",
        "CPU µs an answer",
    ]);
    for (load, runs) in loads.iter().zip(runs) {
        let of = |figure: fn(&Run) -> f64| runs.iter().map(figure).collect::<Vec<_>>();
        let goodput = of(|run| run.goodput);
        table.row([
            format!("{load} x peak"),
            format!("{:.0}", median(&goodput)),
            format!("{:.2}", median_ratio(&goodput, peaks)),
            format!("{:.0}", median(&of(|run| run.refused))),
            format!("{:.0}", median(&of(|run| run.given_up))),
            format!("{:.1}", median(&of(|run| run.p99_ms))),
            format!("{:.1}", median(&of(|run| run.cpu_per_answer))),
        ]);
    }
    table
}

fn peak(gateway: SocketAddr) -> io::Result<f64> {
    let mut load = Load::connect(gateway, CONNECTIONS)?;
    load.run(WARM_UP)?;
    let served = load.run(LENGTH)?;
    Ok(served.latencies.len() as f64 / served.took.as_secs_f64())
}

fn overloaded(gateway: &Child, load: u32, rate: f64) -> io::Result<Run> {
    let connections = CONNECTIONS * usize::try_from(load).unwrap_or(1);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let start = Instant::now();
        let due = Due::from(start, rate);
        let window = start + WARM_UP..start + WARM_UP + LENGTH;
        let clients = (0..connections).map(|_| Client::new(gateway.addr));
        let mut clients: Vec<Client> = clients.collect();
        let busy = clients.iter_mut().map(|client| client.keep_asking(&due, &window));
        let charged = async {
            sleep_until(window.start).await;
            let before = machine::cpu_time(gateway.pid());
            sleep_until(window.end).await;
            let after = machine::cpu_time(gateway.pid());
            after.zip(before).map(|(after, before)| after - before)
        };
        let (_, cpu) = join(join_all(busy), charged).await;
        Ok(sum(&clients, cpu))
    })
}

fn sum(clients: &[Client], cpu: Option<Duration>) -> Run {
    let mut latencies: Vec<u32> = clients
        .iter()
        .flat_map(|client| &client.answered)
        .copied()
        .collect();
    latencies.sort_unstable();
    let a_second = |count: usize| count as f64 / LENGTH.as_secs_f64();
    let count = |of: fn(&Client) -> usize| clients.iter().map(of).sum();
    let refused: usize = count(|client| client.refused);
    let answers = (latencies.len() + refused) as f64;
    Run {
        goodput: a_second(latencies.len()),
        refused: a_second(refused),
        given_up: a_second(count(|client| client.given_up)),
        cpu_per_answer: cpu.map_or(f64::NAN, |cpu| cpu.as_secs_f64() * 1e6 / answers),
        p99_ms: if latencies.is_empty() {
            f64::NAN
        } else {
            f64::from(quantile(&latencies, 0.99)) / 1_000_000.0
        },
    }
}

/// When requests are due.
struct Due {
    start: Instant,
    /// Requests a second.
    rate: f64,
    /// Requests that were sent or lost.
    gone: Cell<f64>,
}

impl Due {
    fn from(start: Instant, rate: f64) -> Self {
        let gone = Cell::new(0.0);
        Self { start, rate, gone }
    }

    /// Waits for the next request that is due and that nobody has taken.
    async fn next(&self) {
        loop {
            let due = self.start.elapsed().as_secs_f64() * self.rate;
            let lost = due - LOST_AFTER.as_secs_f64() * self.rate;
            let gone = self.gone.get().max(lost.floor());
            if gone + 1.0 <= due {
                self.gone.set(gone + 1.0);
                return;
            }
            let next = Duration::from_secs_f64((gone + 1.0) / self.rate);
            sleep_until(self.start + next).await;
        }
    }
}

/// One connection's worth of clients.
struct Client {
    gateway: SocketAddr,
    connection: Option<Connection>,
    /// Latencies of what was answered with 200 in time, in nanoseconds.
    answered: Vec<u32>,
    refused: usize,
    given_up: usize,
}

impl Client {
    fn new(gateway: SocketAddr) -> Self {
        Self {
            gateway,
            connection: None,
            answered: Vec::new(),
            refused: 0,
            given_up: 0,
        }
    }

    /// Until the window is over, whatever is under way then; counts what is told within it. A client that is kept waiting at the
    /// end must not make the run longer, in which nobody else asks.
    async fn keep_asking(&mut self, due: &Due, window: &Range<Instant>) {
        loop {
            // Where nothing is due any more, the end is.
            if timeout_at(window.end, due.next()).await.is_err() {
                return;
            }
            let sent = Instant::now();
            let asked = timeout_at(window.end.min(sent + PATIENCE), self.ask()).await;
            let told = Instant::now();
            if told >= window.end {
                return;
            }
            let counts = told >= window.start;
            match asked {
                Ok(Ok(200)) if counts => {
                    let took = (told - sent).as_nanos();
                    self.answered.push(u32::try_from(took).unwrap_or(u32::MAX));
                }
                Ok(Ok(200)) => {}
                Ok(Ok(_)) => self.refused += usize::from(counts),
                // To refuse by closing is to refuse.
                Ok(Err(_)) => {
                    self.refused += usize::from(counts);
                    self.connection = None;
                }
                Err(_) => {
                    self.given_up += usize::from(counts);
                    self.connection = None;
                }
            }
        }
    }

    /// The status of the answer.
    async fn ask(&mut self) -> io::Result<u16> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            None => self.connection.insert(Connection::open(self.gateway).await?),
        };
        Ok(connection.ask(REQUEST).await?.status)
    }
}
