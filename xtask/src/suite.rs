//! `cargo xtask test`: everything that proves that it works.

use std::process::Command;

use serde_json::Value;

use crate::args::Extent;
use crate::cargo::{self, cargo};
use crate::failure::Failure;
use crate::guard::{self, Guard};
use crate::limit;
use crate::need;
use crate::tally::Tally;
use crate::timing::Timing;

/// Installs what is needed, builds once and runs the tests.
///
/// Every step that can run is run, so that one look shows all failures.
///
/// # Errors
///
/// Fails when a need cannot be met, the build breaks, a test fails or does not end, or no test ran.
pub(crate) fn run(extent: Extent) -> Result<(), Failure> {
    // What is set wrong is said before the build.
    limit::each()?;
    let guard = Guard::find()?;
    let mut timing = Timing::start();
    if extent == Extent::Full {
        timing.step("needs", need::satisfy)?;
    }
    let binaries = timing.step("build", build)?;
    let mut failed = Vec::new();
    let mut hung = Vec::new();
    let mut tally = Tally::default();
    let ended = timing.step("tests", || {
        let mut command = tests(&guard, &binaries);
        cargo::run_seen(&mut command, |line| see(line, &mut tally, &mut hung))
    });
    if ended.is_err() {
        failed.push("tests".to_owned());
    }
    let ended = timing.step("docs", || {
        let mut command = guard.around(cargo().args(TEST).arg("--doc"));
        cargo::run_seen(&mut command, |line| see(line, &mut tally, &mut hung))
    });
    if ended.is_err() {
        failed.push("docs".to_owned());
    }
    if extent == Extent::Full {
        let mut components = Tally::default();
        let ended = timing.step("components", || {
            let mut command = tests(&guard, &binaries);
            command.args(["--", "--ignored"]);
            cargo::run_seen(&mut command, |line| see(line, &mut components, &mut hung))
        });
        if ended.is_err() {
            failed.push("components".to_owned());
        }
        tally = tally.with_ignored_run(components);
    }
    println!("xtask test: {tally} in {}", timing.summary());
    failed.extend(hung);
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

/// What cargo is told for every kind of test.
const TEST: [&str; 3] = ["test", "--workspace", "--no-fail-fast"];

/// All unit and integration tests, each program of them under the guard. Documentation is another step: under a runner
/// its tests would share one process, and an `ignore` there is a text, not a test.
fn tests(guard: &Guard, binaries: &[Binary]) -> Command {
    let mut command = cargo();
    command
        .args(TEST)
        .args(["--tests", "--config", &guard.as_runner()]);
    command.envs(binaries.iter().map(|(variable, path)| (variable, path)));
    command
}

/// Passes a line of the tests on, counts it, and remembers which program did not end.
fn see(line: &str, tally: &mut Tally, hung: &mut Vec<String>) {
    println!("{line}");
    tally.read(line);
    hung.extend(guard::told(line).map(str::to_owned));
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
