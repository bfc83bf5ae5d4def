//! What a balancer asks of those that it chooses among.

/// Members of a set, by their index in it, as they are at the moment of a pick.
pub trait Candidates {
    /// Whether a call may go there.
    fn may_be_used(&self, index: usize) -> bool;

    /// What is known of its load. Asked for by balancers that choose by load, and where load is bounded.
    fn observed(&self, index: usize) -> Observed;

    /// Calls under way at all members together. Asked for where load is bounded.
    fn all_in_flight(&self) -> u64;

    /// The part of its share that it is to get by now, above 0 and at most 1: less than 1 while it starts slowly.
    fn ramp(&self, index: usize) -> f64;
}

/// What is known of the load of a member.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Observed {
    /// Calls under way there.
    pub in_flight: u64,
    /// How long a call is expected to take there, in nanoseconds, with what its failures cost; 0 where nothing is known.
    pub nanos: f64,
}

/// By what a call is assigned to a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct By {
    /// Whose turn it is: a number that grows by one with each call of a thread.
    pub turn: usize,
    /// What calls have in common that go to the same member, by [`hash`](super::hash). Without it a call is drawn where it would be led by
    /// a hash.
    pub hash: Option<u64>,
}
