//! The gateway beside the proxies that people run: at saturation, and at a constant rate that none of them is busy with.

pub(crate) mod config;
mod contestant;
mod process;
mod report;
mod steady;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use hedgerow_benches::machine;

use crate::choice;
use crate::cores::Cores;
use crate::load::Load;
use crate::report::Measured;
use contestant::Contestant;
use process::Process;
use report::{Report, Round};

/// Connections at saturation and at the constant rate.
const CONNECTIONS: usize = 64;
const WARM_UP: Duration = Duration::from_millis(200);
const SATURATED: Duration = Duration::from_millis(800);
const STEADY: Duration = Duration::from_millis(1_000);
/// Requests a second of the constant rate.
const RATE: u32 = 2_500;
/// Rounds that count, where it is not said.
const ROUNDS: usize = 5;

/// Prints what each of them costs, and the ratios.
pub(crate) fn contest(cores: Cores, upstream: SocketAddr) -> io::Result<()> {
    let rounds = choice::rounds()?.unwrap_or(ROUNDS);
    println!(
        "\npeers: closed loop over {CONNECTIONS} connections for {SATURATED:?}, then {RATE} requests/s over {CONNECTIONS} connections \
         for {STEADY:?}, whose latencies count from when a request was due. One worker each; contestants take turns, {rounds} \
         rounds, and one more that is thrown away. Ratios are taken within a round."
    );
    let mut report = Report::default();
    for contestant in Contestant::ALL {
        match contestant.program() {
            Some(program) => {
                let process = Process::start(contestant, &program, cores.contestant, upstream)?;
                let idle = machine::resident_kib(process.pid());
                report.enter(contestant, process, idle);
            }
            None => println!("{} is left out: {}", contestant.name(), contestant.remedy()),
        }
    }
    for number in 0..=rounds {
        for turn in 0..report.contestants() {
            let index = (turn + number) % report.contestants();
            let round = round(report.process(index))?;
            if number > 0 {
                report.add(index, round);
            }
        }
    }
    println!("{report}");
    Ok(())
}

fn round(process: &Process) -> io::Result<Round> {
    let mut load = Load::connect(process.addr(), CONNECTIONS)?;
    load.run(WARM_UP)?;
    let before = machine::cpu_time(process.pid());
    let served = load.run(SATURATED)?;
    let cpu = machine::cpu_time(process.pid()).zip(before);
    drop(load);
    Ok(Round {
        saturated: Measured::new(served, cpu.map(|(after, before)| after - before)),
        steady: steady::run(process.addr(), CONNECTIONS, RATE, STEADY)?,
    })
}
