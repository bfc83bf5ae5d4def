//! As much of WebDriver as the tests need: a browser of its own for each test, gone with it.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hedgerow_tests::Place;
use hedgerow_tests::client::request;
use hedgerow_tests::program::Killed;
use serde_json::{Value, json};

/// One browser at a time: several would only wait for each other.
static TURN: Mutex<()> = Mutex::new(());

/// A browser without a window. Dropped, it is closed, and all its processes end; also where its test has failed.
pub(crate) struct Browser {
    addr: SocketAddr,
    session: String,
    _driver: Killed,
    /// Its profile, and whatever else it writes.
    _place: Place,
    _turn: MutexGuard<'static, ()>,
}

impl Browser {
    /// Starts one.
    pub(crate) fn start() -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let place = Place::new();
        let driver = Command::new("chromedriver")
            .arg("--port=0")
            .env("TMPDIR", place.dir())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut driver = Killed(driver.expect("chromedriver is installed (package chromium-driver)"));
        let addr = SocketAddr::from(([127, 0, 0, 1], port(&mut driver)));
        let mut browser = Self {
            addr,
            session: String::new(),
            _driver: driver,
            _place: place,
            _turn: turn,
        };
        let profile = format!("--user-data-dir={}", browser._place.path("profile").display());
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--no-first-run",
            &profile,
        ];
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": { "args": arguments },
        }}});
        let begun = browser.ask("POST", "/session", &wanted);
        browser.session = begun["sessionId"].as_str().unwrap().to_owned();
        browser
    }

    /// A command of the session that has arguments.
    pub(crate) fn post(&self, command: &str, arguments: &Value) -> Value {
        self.ask("POST", &format!("/session/{}/{command}", self.session), arguments)
    }

    /// A command of the session that has none.
    pub(crate) fn get(&self, command: &str) -> Value {
        self.ask(
            "GET",
            &format!("/session/{}/{command}", self.session),
            &Value::Null,
        )
    }

    /// A command of the browser's own protocol for its developers.
    pub(crate) fn devtools(&self, command: &str, params: Value) -> Value {
        self.post("goog/cdp/execute", &json!({ "cmd": command, "params": params }))
    }

    fn ask(&self, method: &str, target: &str, body: &Value) -> Value {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let headers = [("content-type", "application/json")];
        let answer = request(self.addr, method, target, &headers, body.as_bytes()).unwrap();
        assert_eq!(answer.status, 200, "{method} {target} {body}: {}", answer.text());
        answer.json()["value"].take()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            // The browser is a child of the driver, which closes it with its session. Where that fails, nothing is left to try.
            let _ = request(
                self.addr,
                "DELETE",
                &format!("/session/{}", self.session),
                &[],
                b"",
            );
        }
    }
}

/// The port that the driver says it listens on.
fn port(driver: &mut Killed) -> u16 {
    let lines = BufReader::new(driver.0.stdout.take().unwrap()).lines();
    lines
        .map_while(Result::ok)
        .find_map(|line| {
            let said = line.split_once("was started successfully on port ")?.1;
            said.trim_end_matches('.').parse().ok()
        })
        .expect("chromedriver says on which port it listens")
}
