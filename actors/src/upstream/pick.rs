//! Which endpoint an attempt goes to.

use std::sync::Arc;

use hedgerow_gate::State;

use super::attempt::Attempt;
use super::endpoint::Endpoint;

/// One that probes first, else the next in turn whose gate is closed, of those that are neither ejected nor unhealthy; of
/// all, where their share is below `panic_below`. `None` where no endpoint admits an attempt.
#[inline]
pub(super) fn pick(endpoints: &[Arc<Endpoint>], turn: usize, panic_below: f64) -> Option<Attempt> {
    let usable = endpoints.iter().filter(|endpoint| endpoint.is_usable()).count();
    let goes_to_all = (usable as f64) < panic_below * endpoints.len() as f64;
    let in_turn = (0..endpoints.len()).map(|at| &endpoints[turn.wrapping_add(at) % endpoints.len()]);
    let is_probing = |endpoint: &Arc<Endpoint>| {
        let breaker = endpoint.breaker();
        breaker.is_some_and(|breaker| breaker.gate().state() == State::HalfOpen)
    };
    let in_turn = in_turn.filter(move |endpoint| goes_to_all || endpoint.is_usable());
    choose(in_turn, is_probing, Attempt::at)
}

/// The first that admits, those that probe before all others. Each is asked in the end whatever its state was before,
/// so that one that changes it meanwhile is not passed over.
pub(super) fn choose<'a, T: 'a, A>(
    in_turn: impl Iterator<Item = &'a T> + Clone,
    is_probing: impl Fn(&T) -> bool,
    admit: impl Fn(&'a T) -> Option<A>,
) -> Option<A> {
    let probing = in_turn.clone().filter(|one| is_probing(one));
    probing.chain(in_turn).find_map(admit)
}
