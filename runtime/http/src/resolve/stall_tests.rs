//! How long a look-up keeps the thread that it runs on from everything else.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "the test prints its figures"
)]

use std::cell::Cell;
use std::time::Duration;

use hedgerow_actors::discovery::{Question, Resolve as _};
use hedgerow_config::DnsRecords;
use hedgerow_tests::names::Temper;
use hedgerow_tests::{NameServer, patience};

use super::Dns;

const NAME: &str = "payments.internal";

/// What the thread may be kept for.
const STALL: Duration = Duration::from_millis(10);

/// A look-up that is not answered is given up after so long: more than a thread that waited for it could hide.
const WATCHED: Duration = Duration::from_millis(100);

/// Another program may have the processor meanwhile. What a look-up itself does, it does each time.
const TRIES: usize = 10;

/// For how long this thread has wanted a processor and had none: that is no stall of its own. Linux tells it; elsewhere it is zero,
/// and the tries have to do.
fn without_processor() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = told
        .split_whitespace()
        .nth(1)
        .and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(nanos.unwrap_or_default())
}

/// The longest time between two turns of a task that shares its thread with a look-up and always wants to run.
async fn longest_stall(server: &NameServer) -> Duration {
    let resolver = Dns.resolver(Some(server.addr())).unwrap();
    let question = Question {
        name: NAME.to_owned(),
        records: DnsRecords::Addresses { port: 80 },
    };
    let (longest, is_over) = (Cell::new(Duration::ZERO), Cell::new(false));
    let look_up = async {
        drop(tokio::time::timeout(WATCHED, resolver.look_up(&question)).await);
        is_over.set(true);
    };
    let turns = async {
        // The processor may be lost between two readings: the time lies between two of what was lost.
        let now = || (without_processor(), patience::now(), without_processor());
        let mut last = now();
        while !is_over.get() {
            tokio::task::yield_now().await;
            let turn = now();
            let lost = turn.2.saturating_sub(last.0);
            longest.set(longest.get().max((turn.1 - last.1).saturating_sub(lost)));
            last = turn;
        }
    };
    tokio::join!(turns, look_up);
    longest.get()
}

#[test]
fn d4_a_look_up_of_whatever_end_keeps_its_thread_for_less_than_ten_milliseconds() {
    let server = NameServer::start();
    let all: Vec<String> = (1..=100).map(|host| format!("127.0.1.{host}")).collect();
    server.set_addresses(NAME, 0, &all.iter().map(String::as_str).collect::<Vec<_>>());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.unwrap();
    for temper in [Temper::Helpful, Temper::Denying, Temper::Failing, Temper::Silent] {
        server.turn(temper);
        let mut stalls = (0..TRIES).map(|_| runtime.block_on(longest_stall(&server)));
        let least = stalls.find(|stall| *stall < STALL);
        let least = least.unwrap_or_else(|| panic!("{temper:?}: a stall of {STALL:?} each time"));
        println!("{temper:?}: {} us", least.as_micros());
    }
}
