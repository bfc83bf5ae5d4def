//! A tree of actors of one's own, without any request: what restarts, what is lost, and what the tree says of it.
//!
//!     cargo run --example actor_tree
//!
//! A scale weighs letters, and has a bug: it panics at one without a weight. Desks add up what letters pay, come and go
//! while the tree runs, and are replaced when they fall; when they fall too often their supervisor gives up, and the one
//! above it starts all of them anew. Who asks is told each time what became of the question.
#![allow(clippy::print_stdout, reason = "a program that says what it sees")]

use std::time::Duration;

use hedgerow::actix::{Actor, Handler, Message, ResponseFuture, clock};
use hedgerow::prelude::*;

/// Weighs letters. It takes its time, and works on several at once.
struct Scale;

impl Actor for Scale {
    type Context = CellContext<Self>;
}

/// A letter to be weighed, by its text. The answer is its weight in grams.
struct Weigh(&'static str);

impl Message for Weigh {
    type Result = usize;
}

impl Handler<Weigh> for Scale {
    type Result = ResponseFuture<usize>;

    fn handle(&mut self, Weigh(letter): Weigh, _: &mut CellContext<Self>) -> Self::Result {
        assert!(!letter.is_empty(), "a letter weighs something");
        Box::pin(async move {
            clock::sleep(Duration::from_millis(10) * u32::try_from(letter.len()).unwrap_or(u32::MAX)).await;
            5 + letter.len()
        })
    }
}

/// Adds up what was paid at it. The sum is its own, and is lost with it.
#[derive(Default)]
struct Desk(u64);

impl Actor for Desk {
    type Context = CellContext<Self>;

    fn started(&mut self, desk: &mut CellContext<Self>) {
        println!("    {} opens, incarnation {}", desk.path(), desk.incarnation());
    }
}

/// Postage that is paid. The answer is the sum so far.
struct Pay(u64);

impl Message for Pay {
    type Result = u64;
}

impl Handler<Pay> for Desk {
    type Result = u64;

    fn handle(&mut self, Pay(amount): Pay, _: &mut CellContext<Self>) -> u64 {
        assert!(amount != 13, "bad luck");
        self.0 += amount;
        self.0
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (scale_spec, scale) = ChildSpec::actor("scale", || Scale);
    // More than two falls within ten seconds are too many for it: it gives up, and its own supervisor decides.
    let (desks_spec, desks) = Supervisor::one_for_one("desks")
        .intensity(2, Duration::from_secs(10))
        .dynamic();
    let office = Supervisor::one_for_one("office")
        .intensity(5, Duration::from_secs(30))
        .child(scale_spec)
        .child(desks_spec);
    let mesh = Mesh::new(office).start().await?;

    println!("A question has a deadline.");
    println!(
        "    an answer: {} g",
        scale.ask_within(Duration::from_secs(1), Weigh("hello")).await?
    );
    // The weight of the second one would come after 260 ms.
    for limit in [Duration::from_secs(1), Duration::from_millis(20)] {
        tell(scale.ask_within(limit, Weigh("the whole of a long letter")).await);
    }

    println!(
        "A panic costs the question at hand; the handle stays good, and the next one meets a fresh actor."
    );
    tell(scale.ask(Weigh("")).await);
    tell(scale.ask(Weigh("hello again")).await);

    println!("Children come and go while the tree runs.");
    let (ann_spec, ann) = ChildSpec::actor("ann", Desk::default);
    let (ben_spec, ben) = ChildSpec::actor("ben", Desk::default);
    desks.add(ann_spec).await?;
    desks.add(ben_spec).await?;
    println!("    at the desks: {}", desks.names().join(", "));
    tell(ann.ask(Pay(70)).await);
    tell(ben.ask(Pay(80)).await);

    println!("One-for-one: who falls begins anew, and its sibling keeps what it has.");
    tell(ann.ask(Pay(13)).await);
    tell(ann.ask(Pay(1)).await);
    tell(ben.ask(Pay(1)).await);
    show(&mesh.directory().tree(), 1);

    println!(
        "A third fall within ten seconds: the supervisor gives up, and comes back with the children it had."
    );
    tell(ann.ask(Pay(13)).await);
    tell(ann.ask(Pay(13)).await);
    tell(ann.ask(Pay(1)).await);
    tell(ben.ask(Pay(1)).await);
    show(&mesh.directory().tree(), 1);

    println!("A child that is deleted is stopped, and its name is free; its handle says so.");
    desks.delete("ben").await?;
    tell(ben.ask(Pay(80)).await);

    println!("What happened to the desks, as it was told:");
    for event in mesh.directory().events().since(0) {
        if event.path.to_string().contains("desks") {
            println!("    {:<16} {:<20} {}", event.kind, event.path, event.cause);
        }
    }
    Ok(mesh.shutdown().await?)
}

/// Says what became of a question.
fn tell<T: std::fmt::Display, M>(answer: Result<T, AskError<M>>) {
    match answer {
        Ok(value) => println!("    answered: {value}"),
        Err(AskError::Panicked { message, .. }) => println!("    it panicked over the question: {message}"),
        Err(other) => println!("    no answer: {other}"),
    }
}

/// Shows an actor and those below it: their states, their restarts, and how their last incarnations ended.
fn show(actor: &ActorView, depth: usize) {
    let name = format!("{:depth$}{}", "", actor.path, depth = 4 * depth);
    print!(
        "{name:<28} {:<10} restarts={}",
        actor.state.name(),
        actor.restarts
    );
    match &actor.last_exit {
        Some(exit) => println!(
            " last exit: {} {}",
            exit.reason,
            exit.message.as_deref().unwrap_or_default()
        ),
        None => println!(),
    }
    for child in &actor.children {
        show(child, depth + 1);
    }
}
