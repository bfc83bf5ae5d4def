//! What it costs a mesh of about a thousand actors to be watched: the processor time of its process without a viewer of
//! `GET /live`, with one, and with ten; at rest, and under a load that changes what is shown.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

mod config;
mod load;
mod mesh;
mod viewer;

use std::io;
use std::time::Duration;

use hedgerow_benches::Table;
use hedgerow_benches::machine::{self, Facts};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::sleep;

use config::Config;
use load::Load;
use mesh::{Child, Mesh};
use viewer::Viewer;

/// Upstreams of the mesh; each is its endpoint, their pool, and what decides about them.
const UPSTREAMS: usize = 165;
/// How many watch.
const VIEWERS: [usize; 3] = [0, 1, 10];
/// Requests a second, over all upstreams: each of them has changed at every look.
const RATES: [u32; 2] = [0, 500];
/// Each setting is measured so often, in turns.
const ROUNDS: u32 = 2;
/// After viewers have come, until all of them have been sent everything once.
const SETTLE: Duration = Duration::from_millis(1_500);
/// Long beside a hundredth of a second, which is as exactly as processor time is told.
const LENGTH: Duration = Duration::from_secs(7);

fn main() -> io::Result<()> {
    match Mesh::of_this_process() {
        Some(mesh) => mesh.serve(),
        None => tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?
            .block_on(contest()),
    }
}

async fn contest() -> io::Result<()> {
    println!("dashboard: processor time of a mesh that is watched, as a share of one core");
    println!("{}", Facts::now());
    let upstream = TcpListener::bind("127.0.0.1:0").await?;
    let config = Config::write(UPSTREAMS, upstream.local_addr()?)?;
    let mut answering = JoinSet::new();
    answering.spawn(load::answer(upstream));
    let child = Child::start(&config.path)?;
    let actors = viewer::actors(child.admin).await?;
    println!("{actors} actors, {UPSTREAMS} upstreams; a viewer reads all that it is sent\n");
    let mut measured = [[Measured::default(); VIEWERS.len()]; RATES.len()];
    for _ in 0..ROUNDS {
        for (rate, row) in RATES.into_iter().zip(&mut measured) {
            let load = Load::start(child.listener, rate, UPSTREAMS);
            for (viewers, sum) in VIEWERS.into_iter().zip(row) {
                sum.add(measure(&child, viewers).await?);
            }
            load.end().await?;
        }
    }
    let mut table = Table::new([
        "requests a second",
        "viewers",
        "% of a core",
        "KiB a second for each",
    ]);
    for (rate, row) in RATES.into_iter().zip(measured) {
        for (viewers, sum) in VIEWERS.into_iter().zip(row) {
            let length = (LENGTH * ROUNDS).as_secs_f64();
            table.row([
                rate.to_string(),
                viewers.to_string(),
                format!("{:.2}", sum.cpu.as_secs_f64() / length * 100.0),
                format!(
                    "{:.1}",
                    sum.bytes as f64 / length / viewers.max(1) as f64 / 1_024.0
                ),
            ]);
        }
    }
    println!("{table}");
    Ok(())
}

/// What was seen of the mesh in some time.
#[derive(Debug, Clone, Copy, Default)]
struct Measured {
    /// Of its process, all threads.
    cpu: Duration,
    /// What its viewers were sent, together.
    bytes: u64,
}

impl Measured {
    fn add(&mut self, more: Self) {
        self.cpu += more.cpu;
        self.bytes += more.bytes;
    }
}

/// What the mesh does in [`LENGTH`] while so many watch.
async fn measure(child: &Child, viewers: usize) -> io::Result<Measured> {
    let mut watching = Vec::new();
    for _ in 0..viewers {
        watching.push(Viewer::follow(child.admin).await?);
    }
    sleep(SETTLE).await;
    let read = || -> io::Result<Measured> {
        let unknown = || io::Error::other("this system does not tell the processor time of a process");
        Ok(Measured {
            cpu: machine::cpu_time(child.pid()).ok_or_else(unknown)?,
            bytes: watching.iter().map(Viewer::received).sum(),
        })
    };
    let before = read()?;
    sleep(LENGTH).await;
    let after = read()?;
    Ok(Measured {
        cpu: after.cpu - before.cpu,
        bytes: after.bytes - before.bytes,
    })
}
