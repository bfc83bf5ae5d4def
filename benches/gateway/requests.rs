//! What a request costs at saturation.

use std::env;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hedgerow_benches::machine;
use tempfile::TempDir;

use crate::child::Child;
use crate::choice;
use crate::cores::Cores;
use crate::load::Load;
use crate::peers::config;
use crate::report::{Measured, Report};
use crate::role::Role;

/// Connections that are kept busy.
const CONNECTIONS: usize = 64;
/// Rounds that count; one more is run before them and thrown away.
pub(crate) const ROUNDS: usize = 9;
/// Before each measurement, so that connections are open and code is warm.
pub(crate) const WARM_UP: Duration = Duration::from_millis(300);
/// Long beside a hundredth of a second, which is as exactly as processor time is told.
pub(crate) const LENGTH: Duration = Duration::from_millis(1_500);

/// Prints what a request costs each of them, and the ratios.
pub(crate) fn contest(cores: Cores, upstream: SocketAddr) -> io::Result<()> {
    let rounds = choice::rounds()?.unwrap_or(ROUNDS);
    println!(
        "load: closed loop, {CONNECTIONS} connections, each sends its next request when it has the answer; so the latencies \
         are those of saturation and say nothing about a lower rate."
    );
    println!("Contestants take turns, {rounds} rounds of {LENGTH:?}; ratios are taken within a round.\n");
    let this = env::current_exe()?;
    let mut contestants = vec![
        Contestant::start("actix-web handler, no mesh", &this, &Role::Plain(upstream), cores)?,
        Contestant::start(
            "bytes moved, and nothing else",
            &this,
            &Role::Relay(upstream),
            cores,
        )?,
        Contestant::start("no proxy: the upstream", &this, &Role::Upstream, cores)?,
    ];
    let home = tempfile::tempdir()?;
    contestants.extend(gateways("", &this, &home, cores, upstream)?);
    if let Some(other) = choice::beside() {
        contestants.extend(gateways(", beside", &other, &home, cores, upstream)?);
    }
    let mut report = Report::new(contestants.iter().map(|contestant| contestant.name.clone()));
    for round in 0..=rounds {
        for turn in 0..contestants.len() {
            let index = (turn + round) % contestants.len();
            let measured = measure(&contestants[index].child)?;
            if round > 0 {
                report.add(index, measured);
            }
        }
    }
    let resident = contestants
        .iter()
        .map(|contestant| machine::resident_kib(contestant.child.pid()));
    println!("{}", report.table(resident.collect()));
    Ok(())
}

/// Who takes part.
struct Contestant {
    name: String,
    child: Child,
}

impl Contestant {
    fn start(name: &str, program: &Path, role: &Role, cores: Cores) -> io::Result<Self> {
        Ok(Self {
            name: name.to_owned(),
            child: Child::start_by(program, role, cores.contestant)?,
        })
    }
}

/// The gateways of a build of this program: as they come, and with everything on.
fn gateways(
    which: &str,
    program: &Path,
    home: &TempDir,
    cores: Cores,
    upstream: SocketAddr,
) -> io::Result<[Contestant; 2]> {
    let file = |name: &str, text: String| -> io::Result<PathBuf> {
        let file = home.path().join(format!("{name}{which}.yaml"));
        fs::write(&file, text)?;
        Ok(file)
    };
    let defaults = Role::Gateway(file("defaults", config::hedgerow(upstream))?);
    let all = Role::Kept {
        config: file("all", config::hedgerow_all(upstream))?,
        state: home.path().join(format!("state{which}")),
    };
    Ok([
        Contestant::start(&format!("hedgerow gateway{which}"), program, &defaults, cores)?,
        Contestant::start(&format!("with everything on{which}"), program, &all, cores)?,
    ])
}

fn measure(child: &Child) -> io::Result<Measured> {
    let mut load = Load::connect(child.addr, CONNECTIONS)?;
    load.run(WARM_UP)?;
    let before = machine::cpu_time(child.pid());
    let served = load.run(LENGTH)?;
    let after = machine::cpu_time(child.pid());
    let cpu = after.zip(before).map(|(after, before)| after - before);
    Ok(Measured::new(served, cpu))
}
