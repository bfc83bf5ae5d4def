//! Inputs that were made at random, the same ones each time.

use std::env;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

/// Checks so many inputs. `HEDGEROW_FUZZ_CASES` says another number, `HEDGEROW_FUZZ_SEED` which ones they are (1).
///
/// # Panics
/// Where one is not as it should be: with the smallest such input that could be found, the seed and the number.
pub fn fuzz<S: Strategy>(cases: u32, inputs: &S, check: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let cases = number("HEDGEROW_FUZZ_CASES").unwrap_or(cases);
    let seed = number("HEDGEROW_FUZZ_SEED").unwrap_or(1);
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    if let Err(error) = TestRunner::new_with_rng(config, rng).run(inputs, check) {
        panic!("HEDGEROW_FUZZ_SEED={seed} HEDGEROW_FUZZ_CASES={cases}: {error}");
    }
}

fn number(variable: &str) -> Option<u32> {
    env::var(variable).ok().map(|number| number.parse().unwrap())
}
