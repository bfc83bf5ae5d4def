//! An actor whose every life goes wrong in its own way, and the die that says how.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix::{Actor, ActorContext as _, AsyncContext as _, Handler, Message, Running, WrapFuture as _};
use hedgerow_supervisor::{CellContext, ChildSpec, Handle, Jitter, Restart, Shutdown};
use tokio::time::sleep;

/// A seeded die.
pub(crate) struct Die(pub(crate) Jitter);

impl Die {
    /// A number below `sides`.
    pub(crate) fn throw(&mut self, sides: usize) -> usize {
        (self.0.unit() * sides as f64) as usize
    }

    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.throw(of.len())]
    }
}

/// How many values live in each place.
pub(crate) type Lives = Arc<Mutex<BTreeMap<String, i32>>>;

pub(crate) fn count(lives: &Lives, place: &str, change: i32) -> i32 {
    let mut lives = lives.lock().unwrap_or_else(PoisonError::into_inner);
    let count = lives.entry(place.to_owned()).or_default();
    *count += change;
    *count
}

/// An actor whose every life goes wrong in its own way.
pub(crate) struct Soul {
    place: String,
    lives: Lives,
    fate: usize,
}

impl Actor for Soul {
    type Context = CellContext<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        match self.fate {
            0 => panic!("no wish to start"),
            1..=4 => context.wait(sleep(Duration::from_millis(self.fate as u64 * 7)).into_actor(self)),
            _ => {}
        }
    }

    fn stopping(&mut self, _: &mut Self::Context) -> Running {
        match self.fate {
            5 => Running::Continue,
            6 => panic!("no wish to stop"),
            _ => Running::Stop,
        }
    }
}

impl Drop for Soul {
    fn drop(&mut self) {
        count(&self.lives, &self.place, -1);
        // While a failed test unwinds, a second panic would end the process.
        if self.fate == 7 && !std::thread::panicking() {
            panic!("no wish to go");
        }
    }
}

/// Ends a soul by a panic, or of its own will.
pub(crate) struct End {
    pub(crate) panics: bool,
}

impl Message for End {
    type Result = ();
}

impl Handler<End> for Soul {
    type Result = ();

    fn handle(&mut self, End { panics }: End, context: &mut CellContext<Self>) {
        assert!(!panics, "told to");
        context.stop();
    }
}

/// A child at this place, with a fate of its own for each incarnation.
pub(crate) fn soul(place: &str, name: &str, lives: &Lives, die: &mut Die) -> (ChildSpec, Handle<Soul>) {
    let (place, lives) = (format!("{place}/{name}"), lives.clone());
    let mut fates = Die(Jitter::new(die.throw(1 << 20) as u64));
    // A child of the tree's own start must not fail it, so the first fates are good.
    let mut born = 0;
    let (spec, handle) = ChildSpec::actor(name, move || {
        born += 1;
        let fate = if born == 1 { 8 } else { fates.throw(16) };
        assert_eq!(count(&lives, &place, 1), 1, "two values at once in {place}");
        Soul {
            place: place.clone(),
            lives: lives.clone(),
            fate,
        }
    });
    let restart = die.pick(&[Restart::Permanent, Restart::Transient, Restart::Temporary]);
    let shutdown = die.pick(&[
        Shutdown::Brutal,
        Shutdown::Within(Duration::from_millis(30)),
        Shutdown::Within(Duration::from_secs(1)),
    ]);
    (spec.restart(restart).shutdown(shutdown), handle)
}
