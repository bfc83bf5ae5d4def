//! Choosing an endpoint.

use std::time::Duration;

use hedgerow_actors::balance::{By, Candidates, Ended, Load, Member, Observed, Table, hash};
use hedgerow_benches::Random;
use hedgerow_config::{Balance, Hashing};

use super::count;

struct Field {
    loads: Vec<Load>,
    /// One of so many may be used.
    usable: usize,
}

impl Candidates for Field {
    fn may_be_used(&self, index: usize) -> bool {
        index.is_multiple_of(self.usable)
    }

    fn observed(&self, index: usize) -> Observed {
        self.loads[index].observed(Duration::ZERO)
    }

    fn all_in_flight(&self) -> u64 {
        self.loads.iter().map(Load::in_flight).sum()
    }

    fn ramp(&self, index: usize) -> f64 {
        if index.is_multiple_of(7) { 0.5 } else { 1.0 }
    }
}

#[test]
fn a_choice_allocates_nothing_whoever_chooses_and_however_few_may_be_used() {
    let names: Vec<String> = (0..100).map(|number| format!("10.0.0.{number}:80")).collect();
    let members: Vec<Member<'_>> = (1..)
        .zip(&names)
        .map(|(weight, name)| Member { name, weight })
        .collect();
    let bounded = Balance::RingHash(Hashing {
        bounded_load: Some(1.25),
        ..Hashing::default()
    });
    let all = Balance::NAMES.into_iter().filter_map(Balance::named);
    for balance in all.chain([bounded]) {
        let table = Table::build(&balance, &members);
        for usable in [1, 2, 99] {
            let loads = names.iter().map(|_| Load::default()).collect();
            let field = Field { loads, usable };
            let mut random = Random::new();
            let mut draw = || random.below(usize::MAX) as u64;
            let allocated = count(|call| {
                let by = By {
                    turn: call as usize,
                    hash: Some(hash(call.to_le_bytes())),
                };
                let index = table.pick(by, &field, &mut draw).expect("some may be used");
                field.loads[index].begin(Duration::ZERO);
                field.loads[index].end(Ended::Answered, Duration::ZERO, Duration::from_millis(1));
            });
            assert_eq!(allocated, 0, "{balance:?}, one of {usable}");
        }
    }
}
