//! A collector that is not ours: the official protocol buffers, decoded by Python.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

use hedgerow_tests::program::Killed;
use serde_json::Value;

/// What decodes, at the versions that the test was written with.
const PACKAGES: [&str; 1] = ["opentelemetry-proto~=1.45"];

/// A collector that runs. It ends when it is dropped.
pub(crate) struct Collector {
    _child: Killed,
    port: u16,
    exports: Arc<Mutex<Vec<Value>>>,
}

impl Collector {
    /// Starts it on a free port.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts one that says of each export that it has rejected so many.
    pub(crate) fn rejecting(count: u32) -> Self {
        Self::start_with(&[&count.to_string()])
    }

    fn start_with(arguments: &[&str]) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("telemetry/collector.py");
        let child = Command::new(python())
            .arg(script)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = Killed(child.unwrap());
        let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
        let port = lines.next().unwrap().unwrap().parse().unwrap();
        let exports = Arc::<Mutex<Vec<Value>>>::default();
        let taken = Arc::clone(&exports);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                taken.lock().unwrap().push(serde_json::from_str(&line).unwrap());
            }
        });
        Self {
            _child: child,
            port,
            exports,
        }
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What came of a signal, by resource: each of these lists is one export's.
    pub(crate) fn exports(&self, signal: &str) -> Vec<Value> {
        let exports = self.exports.lock().unwrap();
        let of_signal = exports.iter().filter(|export| export["signal"] == signal);
        of_signal.map(|export| export["export"].clone()).collect()
    }
}

/// A Python that has the packages, in a folder of the build's own; they are fetched where they are not there.
fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        let folder = test.ancestors().nth(2).unwrap().join("collector-venv");
        let python = folder.join("bin/python");
        let is_fit = || {
            let tried = Command::new(&python)
                .args([
                    "-c",
                    "import opentelemetry.proto.collector.trace.v1.trace_service_pb2",
                ])
                .stderr(Stdio::null())
                .status();
            tried.is_ok_and(|status| status.success())
        };
        if !is_fit() {
            let made = Command::new("python3")
                .args(["-m", "venv", "--clear"])
                .arg(&folder)
                .status();
            assert!(
                made.unwrap().success(),
                "python3 makes no venv: install python3-venv"
            );
            let fetched = Command::new(&python)
                .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
                .args(PACKAGES)
                .status();
            assert!(
                fetched.unwrap().success() && is_fit(),
                "pip has not fetched {PACKAGES:?}"
            );
        }
        python
    })
}
