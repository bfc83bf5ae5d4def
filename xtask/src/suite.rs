//! `cargo xtask test`: everything that proves that it works.

use serde_json::Value;

use crate::args::Extent;
use crate::cargo::{self, cargo};
use crate::failure::Failure;
use crate::need;
use crate::tally::Tally;
use crate::timing::Timing;

/// Installs what is needed, builds once and runs the tests.
///
/// Every step that can run is run, so that one look shows all failures.
///
/// # Errors
///
/// Fails when a need cannot be met, the build breaks, a test fails, or no test ran.
pub(crate) fn run(extent: Extent) -> Result<(), Failure> {
    let mut timing = Timing::start();
    if extent == Extent::Full {
        timing.step("needs", need::satisfy)?;
    }
    let binaries = timing.step("build", build)?;
    let mut failed = Vec::new();
    let mut tally = Tally::default();
    // Without a filter cargo runs unit, integration and documentation tests.
    if timing
        .step("tests", || test(&[], &[], &binaries, &mut tally))
        .is_err()
    {
        failed.push("tests");
    }
    if extent == Extent::Full {
        let mut components = Tally::default();
        // `--tests` leaves out documentation: an `ignore` there is a text, not a test.
        let ended = timing.step("components", || {
            test(&["--tests"], &["--ignored"], &binaries, &mut components)
        });
        if ended.is_err() {
            failed.push("components");
        }
        tally = tally.with_ignored_run(components);
    }
    println!("xtask test: {tally} in {}", timing.summary());
    if !failed.is_empty() {
        return Err(Failure::Steps(failed.join(", ")));
    }
    if tally.passed == 0 {
        return Err(Failure::NothingRan);
    }
    Ok(())
}

/// A program of the examples: the variable that names it to the tests, and where it is.
type Binary = (String, String);

/// Builds all tests and examples in one go and returns the examples' programs.
///
/// One build for both: another selection of packages or profiles would compile
/// the dependencies a second time.
fn build() -> Result<Vec<Binary>, Failure> {
    let mut binaries = Vec::new();
    let mut command = cargo();
    command.args([
        "test",
        "--workspace",
        "--no-run",
        "--message-format=json-render-diagnostics",
    ]);
    cargo::run_seen(&mut command, |line| binaries.extend(binary(line)))?;
    Ok(binaries)
}

/// Reads one line of cargo's build messages; only an example's program is of interest.
fn binary(message: &str) -> Option<Binary> {
    let message: Value = serde_json::from_str(message).ok()?;
    let kinds = message["target"]["kind"].as_array()?;
    if !kinds.iter().any(|kind| kind == "example") {
        return None;
    }
    let name = message["target"]["name"].as_str()?;
    let path = message["executable"].as_str()?;
    Some((variable(name), path.to_owned()))
}

/// `service-axum` is handed over as `HEDGEROW_BIN_SERVICE_AXUM`.
fn variable(name: &str) -> String {
    format!("HEDGEROW_BIN_{}", name.to_uppercase().replace('-', "_"))
}

fn test(
    cargo_args: &[&str],
    harness_args: &[&str],
    binaries: &[Binary],
    tally: &mut Tally,
) -> Result<(), Failure> {
    let mut command = cargo();
    command
        .args(["test", "--workspace", "--no-fail-fast"])
        .args(cargo_args)
        .arg("--")
        .args(harness_args);
    command.envs(binaries.iter().map(|(variable, path)| (variable, path)));
    cargo::run_seen(&mut command, |line| {
        println!("{line}");
        tally.read(line);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_is_handed_to_the_tests_by_its_name() {
        let message = r#"{"reason":"compiler-artifact","target":{"kind":["example"],"name":"service-axum"},"executable":"/t/debug/examples/service-axum"}"#;
        let expected = (
            "HEDGEROW_BIN_SERVICE_AXUM".to_owned(),
            "/t/debug/examples/service-axum".to_owned(),
        );
        assert_eq!(binary(message), Some(expected));
    }

    #[test]
    fn tests_libraries_and_plain_text_are_no_example() {
        let test = r#"{"reason":"compiler-artifact","target":{"kind":["test"],"name":"tidy"},"executable":"/t/debug/deps/tidy"}"#;
        let library =
            r#"{"reason":"compiler-artifact","target":{"kind":["lib"],"name":"hedgerow"},"executable":null}"#;
        for line in [
            test,
            library,
            r#"{"reason":"build-finished","success":true}"#,
            "warning: text",
        ] {
            assert_eq!(binary(line), None, "{line}");
        }
    }
}
