//! What is shown of a factory.

use hedgerow_supervisor::Inspect;
use hedgerow_view::factory::{FactorySloView, FactoryView};
use hedgerow_view::{Path, View};

use super::handle::FactoryHandle;
use super::machine::State;
use super::policy::FactoryScope;

impl<T: Send + Sync + 'static> Inspect for FactoryHandle<T> {
    fn view(&self, path: &Path) -> View {
        let slot = &*self.slot;
        let (policy, now) = (&slot.policy, slot.clock.now());
        let [leased, refused, waited] = slot.calls.sums();
        let places = slot.places();
        let mut states = [0_u64; 3];
        let mut was_made = false;
        for place in &places {
            let kept = place.kept();
            was_made |= kept.was_made;
            match kept.machine.state() {
                State::There(_) => states[0] += 1,
                State::Making => states[1] += 1,
                State::Resting(until) if now < until => states[2] += 1,
                State::Resting(_) | State::Empty => {}
            }
        }
        let [there, making, resting] = states;
        let figures = slot.figures();
        let problem = figures.problem.clone();
        let unmade = (policy.required && !was_made).then(|| {
            let why = problem.as_deref().unwrap_or("no attempt has ended yet");
            format!("could not be made yet: {why}")
        });
        let (sums, slo) = (figures.record.sums(now), figures.record.slo());
        let share = sums.share();
        View::Factory(FactoryView {
            id: slot.id.clone(),
            path: path.clone(),
            scope: policy.scope.name(),
            unmade,
            problem,
            there,
            making,
            resting,
            max_keys: (policy.scope == FactoryScope::Edge).then_some(policy.keys.max_keys),
            leased,
            refused,
            waited,
            attempts: figures.attempts,
            failures: figures.failures,
            made: figures.made,
            invalidated: figures.invalidated,
            reset: figures.reset,
            expired: figures.expired,
            unused: figures.unused,
            open: slot.closing.open(),
            slo: FactorySloView {
                cold_start_ms: in_ms(slo.cold_start),
                first_time_success: slo.first_time_success,
                window_ms: in_ms(slo.window),
                attempts: sums.attempts,
                observed: share,
                slowest_ms: (!sums.slowest.is_zero()).then(|| in_ms(sums.slowest)),
                breached: share.is_some_and(|share| share < slo.first_time_success),
            },
        })
    }
}

fn in_ms(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
