//! What every contestant is: an actor that adds up what it is told.

use std::future::Future;

/// How to talk to one actor that adds up. Each contestant uses what its own users would.
pub(crate) trait Counter: Clone + Send + Sync + 'static {
    /// Adds `amount`, and does not wait for the answer.
    fn tell(&self, amount: u64);

    /// Adds `amount`, and answers with the sum.
    fn ask(&self, amount: u64) -> impl Future<Output = u64>;
}

/// A way to keep such actors.
pub(crate) trait Contestant: Clone + Send + 'static {
    /// What is held to talk to one.
    type Counter: Counter;

    /// As the tables call it.
    fn name(&self) -> &'static str;

    /// Starts one on the runtime of this thread.
    fn start(&self) -> impl Future<Output = Self::Counter>;

    /// Starts as many as `crowd` has room for, and puts them there. Nothing else that it leaves behind is theirs alone.
    fn fill(&self, crowd: &mut Vec<Self::Counter>) -> impl Future<Output = ()> {
        async {
            while crowd.len() < crowd.capacity() {
                crowd.push(self.start().await);
            }
        }
    }
}

/// Places in a mailbox that has a limit: more than any contest fills, so that the limit costs what it costs and refuses
/// nobody.
pub(crate) const ROOM: usize = 1 << 18;

/// What an actor says that was told to panic.
pub(crate) const TOLD: &str = "told to";
