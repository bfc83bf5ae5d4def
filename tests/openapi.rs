//! The document of the admin API against the server that gives it: by schemathesis, which makes requests of it and judges the
//! answers. It is installed by pip in `target`, where it is not there yet.
#![allow(clippy::unwrap_used)]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use hedgerow_tests::patience::{now, pause};
use hedgerow_tests::program::Killed;
use hedgerow_tests::{Endpoint, Gateway, Place, config};

const VERSION: &str = "4.32.5";

/// Requests that are made of each operation, by its random phase; and what they are made by.
const EXAMPLES: &str = "10";
const SEED: &str = "7";

/// How long all of it may take. Far more than it takes, also on a machine with other work.
const WITHIN: Duration = Duration::from_secs(900);

/// What the document cannot say: names that exist in this gateway, and that some arguments are judged beyond their form.
const SETTINGS: &str = r#"
[[operations]]
include-path-regex = "^/api/breakers/"
parameters = { id = "payments/endpoint/BREAKER" }

[[operations]]
include-path-regex = "^/api/chains/"
parameters = { name = "edge" }

[[operations]]
include-path-regex = "^/api/upstreams/"
parameters = { name = "payments" }

[[operations]]
include-name = "POST /api/upstreams/{name}"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "404", "409"]

[[operations]]
include-path = "/api/registry/{service}"
parameters = { service = "web" }

[[operations]]
include-name = "POST /api/actors/{path}"
parameters = { path = "gateway/chains/edge/route" }
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "404", "409"]

[[operations]]
include-name = "POST /api/chains/{name}"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "404", "409"]

[[operations]]
include-name = "PUT /api/registry/{service}/{id}"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "404", "409"]
"#;

/// Where the program is.
fn schemathesis() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.ancestors().nth(3).unwrap();
    let place = target.join(format!("schemathesis-{VERSION}"));
    let program = place.join("bin/schemathesis");
    if !program.is_file() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&place));
        let package = format!("schemathesis=={VERSION}");
        run(Command::new(place.join("bin/pip")).args(["install", "--quiet", &package]));
    }
    program
}

fn run(command: &mut Command) {
    let ran = command.stdin(Stdio::null()).status();
    let ran = ran.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        ran.success(),
        "{command:?}: {ran}; on Debian it needs `python3-venv`"
    );
}

/// Runs it to its end, and returns whether it found nothing, and all that it said.
fn judged(program: &Path, gateway: &Gateway, place: &Place) -> (bool, String) {
    let log = place.path("schemathesis.log");
    let child = Command::new(program)
        .arg("run")
        .arg(format!("http://{}/api/openapi.json", gateway.admin()))
        .args(["--checks", "all", "--seed", SEED, "--max-examples", EXAMPLES])
        .args(["--phases", "examples,coverage,fuzzing", "--continue-on-failure"])
        .args(["--suppress-health-check", "all", "--request-timeout", "60"])
        .args(["--header", "Authorization: Bearer s3cret"])
        // What has no end has a test of its own.
        .args(["--exclude-path", "/events", "--exclude-path", "/live", "--no-color"])
        .current_dir(place.dir())
        .stdin(Stdio::null())
        .stdout(File::create(&log).unwrap())
        .stderr(Stdio::inherit())
        .spawn();
    let mut child = Killed(child.unwrap());
    let begun = now();
    let status = loop {
        if let Some(status) = child.0.try_wait().unwrap() {
            break status;
        }
        assert!(begun.elapsed() < WITHIN, "it does not end");
        pause();
    };
    (status.success(), std::fs::read_to_string(log).unwrap())
}

#[test]
#[ignore = "needs python3 and schemathesis"]
fn the_server_does_what_its_document_says_and_nothing_else() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    let text = config::in_front_of(&payments, "");
    let file = place.file("mesh.yaml", &text);
    let args = ["--config", file.to_str().unwrap(), "--admin-token", "s3cret"];
    let gateway = Gateway::start(&place, &args, &[]);
    let settings = SETTINGS.replace("BREAKER", &payments.addr().to_string());
    place.file("schemathesis.toml", &settings);

    let (found_nothing, said) = judged(&schemathesis(), &gateway, &place);
    assert!(found_nothing, "{said}");
    assert_eq!(gateway.ask("/livez").status, 200);
}
