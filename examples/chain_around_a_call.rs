//! A chain around a plain asynchronous call, whatever it is: a query, a job, a message.
//!
//!     cargo run --example chain_around_a_call
//!
//! A node bounds how many calls there may be; what the call itself says comes back untouched.
#![allow(clippy::print_stdout, reason = "a program that tells its story")]

use std::sync::atomic::{AtomicU32, Ordering};

use hedgerow::prelude::*;

/// Lets so many calls pass, and no more.
struct AtMost(u32, AtomicU32);

impl Node for AtMost {
    type State = ();

    fn on_request(&self, _: &mut dyn RequestHead, (): &mut (), cx: &mut Cx) -> Flow {
        match self.1.fetch_add(1, Ordering::Relaxed) {
            call if call < self.0 => Flow::Next,
            call => cx.refuse(
                StatusCode::TOO_MANY_REQUESTS,
                "calls",
                self.0.to_string(),
                (call + 1).to_string(),
            ),
        }
    }
}

async fn charge(amount: u32) -> Result<u32, std::io::Error> {
    if amount > 100 {
        return Err(std::io::Error::other("the card is empty"));
    }
    Ok(amount)
}

#[tokio::main]
async fn main() -> hedgerow::Result<()> {
    let jobs = Chain::new("jobs").own(NodeSpec::new("at-most", "quota", || AtMost(3, AtomicU32::new(0))));
    let mesh = Mesh::new(Supervisor::one_for_one("shop").child(jobs))
        .start()
        .await?;
    let jobs = mesh.chain("jobs")?;

    for amount in [10, 200, 30, 40] {
        match jobs.call(CallHead::new("/charge"), |_| charge(amount)).await {
            Ok(charged) => println!("charged {charged}"),
            Err(CallError::Failed(error)) => println!("tried in vain: {error}"),
            Err(other) => println!("not tried: {other}"),
        }
    }
    mesh.shutdown().await
}
