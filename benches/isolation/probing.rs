//! What it costs callers that an endpoint stays broken: the requests that find out whether it is well again.

use std::io;
use std::time::Duration;

use hedgerow_benches::Table;
use tokio::time::{Instant, sleep_until};

use crate::callers::{self, Call, Method};
use crate::contestant::Contestant;
use crate::endpoint::{Endpoint, Sickness};
use crate::proxy::Proxy;

const CALM: Duration = Duration::from_secs(2);
/// The endpoint stays broken for so long.
const BROKEN: Duration = Duration::from_secs(60);
/// Requests that are further apart belong to two probings: the shortest time that a breaker is open by default is 500 ms.
const APART: Duration = Duration::from_millis(250);

/// One probing after the other, for each method. Those of both methods are run side by side.
pub(crate) async fn run() -> io::Result<()> {
    println!(
        "\nstill broken: the endpoint answers 500 for {BROKEN:?}; hedgerow alone, requests that reached it"
    );
    let (get, post) = tokio::try_join!(probed(Method::Get), probed(Method::Post))?;
    for (method, probed) in [(Method::Get, get), (Method::Post, post)] {
        let mut table = Table::new(["after, s", "requests"]);
        for (after, requests) in &probed.bursts {
            table.row([format!("{:.1}", after.as_secs_f64()), requests.to_string()]);
        }
        println!(
            "\n{}: {} errors of callers\n{table}",
            method.name(),
            probed.errors
        );
    }
    Ok(())
}

struct Probed {
    /// Requests that reached the endpoint in a row, and when the first of them did. The first row is what it took to
    /// isolate the endpoint.
    bursts: Vec<(Duration, usize)>,
    errors: usize,
}

async fn probed(method: Method) -> io::Result<Probed> {
    let (mut sick, well) = (Endpoint::start().await?, Endpoint::start().await?);
    let proxy = Proxy::start(Contestant::Hedgerow, None, [sick.addr, well.addr], None).await?;
    let start = Instant::now();
    let falls = start + CALM;
    let fault = async {
        sleep_until(falls).await;
        sick.fall(Sickness::Fails).await;
    };
    let (calls, ()) = tokio::join!(callers::call(proxy.addr, method, start, falls + BROKEN), fault);
    let reached = sick.reached_since(falls);
    Ok(Probed {
        bursts: bursts(&reached, falls),
        errors: calls.iter().filter(|call| Call::is_error(call)).count(),
    })
}

fn bursts(reached: &[Instant], from: Instant) -> Vec<(Duration, usize)> {
    let in_a_row = reached.chunk_by(|before, after| *after - *before < APART);
    in_a_row.map(|row| (row[0] - from, row.len())).collect()
}
