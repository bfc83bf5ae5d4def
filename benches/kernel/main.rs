//! What a supervised actor costs: Hedgerow's cell beside plain actix, kameo, ractor, and a channel of tokio.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

mod children;
mod contestants;
mod cores;
mod counter;
mod crowd;
mod goals;
mod messages;
mod recovery;
mod rounds;
mod stage;
mod work;

use std::io;

use hedgerow_benches::allocations::Counting;
use hedgerow_benches::machine::Facts;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> io::Result<()> {
    if crowd::play_the_crowd() {
        return Ok(());
    }
    let facts = Facts::now();
    println!("kernel: what a supervised actor costs, beside its peers");
    println!("{facts}");
    println!(
        "All live on a current-thread runtime of tokio with a `LocalSet`, as actix starts it. The work is a counter: a u64 \
         comes, the sum goes back.\n\
         Contestants take turns; ratios are taken within a round. Ours alone is supervised, but where it is said.\n"
    );
    messages::measure_here();
    crowd::measure()?;
    recovery::measure();
    children::measure();
    // Last: it keeps this thread to one core.
    messages::measure_across();
    Ok(())
}
