//! The gateway as a child process.

use std::fmt::Display;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, PipeReader, pipe};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::client::{Answer, request};
use crate::patience::{PATIENCE, now, until};
use crate::place::Place;
use crate::program::{Killed, command};
use crate::stream::Stream;

/// A gateway that runs. It is killed when it is dropped; where its test failed, its log is shown.
#[derive(Debug)]
pub struct Gateway {
    child: Killed,
    listen: Vec<SocketAddr>,
    admin: SocketAddr,
    printed: Vec<String>,
    log: PathBuf,
}

impl Gateway {
    /// Starts it with a config, on free ports, remembering in the place's state directory.
    ///
    /// # Panics
    /// Where it does not say `ready`.
    pub fn serve(place: &Place, config: &(impl Display + ?Sized)) -> Self {
        let config = place.file("mesh.yaml", config);
        Self::start(place, &["--config", config.to_str().unwrap()], &[])
    }

    /// The same with one worker, so that it has one shelf of connections.
    ///
    /// # Panics
    /// As [`serve`](Self::serve).
    pub fn with_one_worker(place: &Place, config: &(impl Display + ?Sized)) -> Self {
        let config = place.file("mesh.yaml", config);
        let args = ["--config", config.to_str().unwrap(), "--workers", "1"];
        Self::start(place, &args, &[])
    }

    /// Starts it with these arguments and variables; ports and state directory as in [`serve`](Self::serve), unless
    /// they name others.
    ///
    /// # Panics
    /// Where it does not say `ready`.
    pub fn start(place: &Place, args: &[&str], variables: &[(&str, &str)]) -> Self {
        let log = unused(place);
        let output = File::create(&log).unwrap();
        Self::spawn(started(place, args, variables), output.into(), log)
    }

    /// The same, with a log that nobody reads, into a pipe that lasts as long as what is returned with it.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn unread(place: &Place, args: &[&str], variables: &[(&str, &str)]) -> (Self, PipeReader) {
        let (reader, writer) = pipe().unwrap();
        let log = unused(place);
        File::create(&log).unwrap();
        let gateway = Self::spawn(started(place, args, variables), writer.into(), log);
        (gateway, reader)
    }

    fn spawn(mut command: Command, output: Stdio, log: PathBuf) -> Self {
        let child = command.stdout(Stdio::piped()).stderr(output).spawn().unwrap();
        // It has the other end of a pipe, which must end with the process.
        drop(command);
        let mut child = Killed(child);
        let lines = lines(child.0.stdout.take().unwrap());
        let mut gateway = Self {
            child,
            listen: Vec::new(),
            admin: SocketAddr::from(([0, 0, 0, 0], 0)),
            printed: Vec::new(),
            log,
        };
        loop {
            let line = lines
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|error| panic!("the gateway did not say `ready`: {error}"));
            gateway.printed.push(line.clone());
            if line == "ready" {
                return gateway;
            }
            if let Some(addr) = line.strip_prefix("gateway    http://") {
                gateway.listen.push(addr.parse().unwrap());
            } else if let Some(addr) = line.strip_prefix("dashboard  http://") {
                gateway.admin = addr.parse().unwrap();
            }
        }
    }

    /// Where requests come in: its first listener.
    pub fn addr(&self) -> SocketAddr {
        self.listen[0]
    }

    /// All its listeners, in order.
    pub fn listeners(&self) -> &[SocketAddr] {
        &self.listen
    }

    /// Where it is seen and operated.
    pub fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// The lines that it printed, `ready` being the last.
    pub fn printed(&self) -> &[String] {
        &self.printed
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// The most memory that it has had so far, in KiB.
    ///
    /// # Panics
    /// Where the system does not say.
    pub fn peak_memory_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.0.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let words = line.unwrap().split_whitespace().next();
        words.unwrap().parse().unwrap()
    }

    /// Asks the gateway, by a connection of its own.
    pub fn get(&self, target: &str) -> Answer {
        request(self.addr(), "GET", target, &[], b"").unwrap()
    }

    /// Asks the admin side.
    pub fn ask(&self, target: &str) -> Answer {
        request(self.admin, "GET", target, &[], b"").unwrap()
    }

    /// Asks the admin side for JSON.
    ///
    /// # Panics
    /// Where that is not answered 200.
    pub fn api(&self, target: &str) -> Value {
        let answer = self.ask(target);
        assert_eq!(answer.status, 200, "{target}: {answer:?}");
        answer.json()
    }

    /// Waits until it is ready: every upstream was reached once.
    ///
    /// # Panics
    /// Where it does not become so.
    pub fn is_ready(&self) {
        until(
            "the gateway to be ready",
            || self.ask("/readyz?verbose"),
            |told| told.status == 200,
        );
    }

    /// The breaker in front of this endpoint of this upstream.
    pub fn breaker(&self, upstream: &str, endpoint: SocketAddr) -> Value {
        self.api(&format!("/api/breakers/{}", breaker_id(upstream, endpoint)))
    }

    /// The actor at this path, as the tree shows it.
    ///
    /// # Panics
    /// Where there is none.
    pub fn actor(&self, path: &str) -> Value {
        let tree = self.api("/api/tree");
        found(&tree, path)
            .unwrap_or_else(|| panic!("no {path} in {tree:#}"))
            .clone()
    }

    /// Gives an order to the actor at this path.
    pub fn order(&self, path: &str, action: &str, headers: &[(&str, &str)]) -> Answer {
        self.act(&format!("/api/actors/{path}"), action, headers)
    }

    /// Tells the breaker of this endpoint what to do.
    pub fn instruct(&self, upstream: &str, endpoint: SocketAddr, action: &str) -> Answer {
        self.act(
            &format!("/api/breakers/{}", breaker_id(upstream, endpoint)),
            action,
            &[],
        )
    }

    /// Tells something of the admin side what to do.
    pub fn act(&self, target: &str, action: &str, headers: &[(&str, &str)]) -> Answer {
        let headers = [&[("content-type", "application/json")], headers].concat();
        let body = serde_json::json!({ "action": action }).to_string();
        request(self.admin, "POST", target, &headers, body.as_bytes()).unwrap()
    }

    /// Orders a restart, and returns the actor once it runs again.
    pub fn restart(&self, path: &str) -> Value {
        let before = self.actor(path)["restarts"].as_u64().unwrap();
        let answer = self.order(path, "restart", &[]);
        assert_eq!(answer.status, 200, "{answer:?}");
        until(
            "the actor to run again",
            || self.actor(path),
            |actor| actor["restarts"] == before + 1 && actor["state"] == "running",
        )
    }

    /// Follows its events, the kept ones first.
    pub fn events(&self) -> Stream {
        Stream::open(self.admin)
    }

    /// Ends it as a power cut would, and waits until it is gone.
    pub fn kill(mut self) {
        self.child.0.kill().unwrap();
        self.child.0.wait().unwrap();
    }

    /// Its number, by which the system knows it.
    pub fn process(&self) -> u32 {
        self.child.0.id()
    }

    /// How many descriptors it has open.
    pub fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.child.0.id()))
            .unwrap()
            .count()
    }

    /// From now on it may have so many descriptors.
    pub fn limit_descriptors(&self, most: usize) {
        let limited = Command::new("prlimit")
            .args([
                "--pid",
                &self.child.0.id().to_string(),
                &format!("--nofile={most}"),
            ])
            .status()
            .unwrap();
        assert!(limited.success(), "no limit of {most} descriptors");
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Sends SIGHUP.
    pub fn hang_up(&self) {
        self.signal("HUP");
    }

    /// Stops it where it stands, as a machine does that is suspended, and waits until it stands still.
    pub fn suspend(&self) {
        self.signal("STOP");
        let status = format!("/proc/{}/stat", self.child.0.id());
        until(
            "the gateway to stand still",
            || fs::read_to_string(&status).unwrap(),
            |stat| stat.contains(") T "),
        );
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        // The shell's own `kill` is everywhere, and needs no unsafe call.
        let sent = Command::new("sh")
            .args([
                "-c",
                "kill -s \"$1\" \"$2\"",
                "sh",
                name,
                &self.child.0.id().to_string(),
            ])
            .status()
            .unwrap();
        assert!(sent.success(), "the gateway had already ended: {}", self.log());
    }

    /// Waits until it says that it drains: it has taken the signal.
    pub fn is_draining(&self) {
        until(
            "the gateway to drain",
            || self.log(),
            |log| log.contains("draining"),
        );
    }

    /// Waits for its end; its exit code, and how long it took from now on.
    pub fn ended(&mut self) -> (Option<i32>, Duration) {
        let begun = now();
        let ended = until(
            "the gateway to end",
            || self.child.0.try_wait().unwrap(),
            |ended| ended.is_some(),
        );
        (ended.and_then(|status| status.code()), begun.elapsed())
    }
}

impl Drop for Gateway {
    #[allow(
        clippy::print_stderr,
        reason = "the log belongs to the message of the test that failed"
    )]
    fn drop(&mut self) {
        if thread::panicking() {
            let log = fs::read_to_string(&self.log).unwrap_or_default();
            eprintln!("--- the gateway's log ---\n{log}");
        }
    }
}

/// Who the breaker in front of this endpoint is.
pub fn breaker_id(upstream: &str, endpoint: SocketAddr) -> String {
    format!("{upstream}/endpoint/{endpoint}")
}

/// Where the breaker in front of this endpoint is.
pub fn breaker_path(upstream: &str, endpoint: SocketAddr) -> String {
    format!("gateway/upstreams/{upstream}/endpoints/{endpoint}/breaker")
}

/// The actor at this path, and where it is not, nothing.
fn found<'a>(at: &'a Value, path: &str) -> Option<&'a Value> {
    if at["path"] == path {
        return Some(at);
    }
    at["children"]
        .as_array()?
        .iter()
        .find_map(|child| found(child, path))
}

/// The command of a gateway with these arguments and variables, on free ports and in the place's state directory, unless they name
/// others.
fn started(place: &Place, args: &[&str], variables: &[(&str, &str)]) -> Command {
    let named = |flag: &str, variable: &str| {
        args.contains(&flag) || variables.iter().any(|(name, _)| *name == variable)
    };
    let mut command = command(place);
    command.args(args).envs(variables.iter().copied());
    for (flag, variable) in [("--listen", "HEDGEROW_LISTEN"), ("--admin", "HEDGEROW_ADMIN")] {
        if !named(flag, variable) {
            command.args([flag, "127.0.0.1:0"]);
        }
    }
    if !named("--state", "HEDGEROW_STATE") {
        command.arg("--state").arg(place.state());
    }
    command
}

/// A name for a log: a place may see several gateways.
fn unused(place: &Place) -> PathBuf {
    let mut names = (1..).map(|number| place.path(&format!("gateway-{number}.log")));
    names.find(|path| !Path::exists(path)).unwrap()
}

/// The lines of a pipe, which is read to its end so that the other side never waits for us.
fn lines(pipe: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (tell, lines) = sync_channel(64);
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            // Nobody asks for what is printed after `ready`.
            let _ = tell.try_send(line);
        }
    });
    lines
}
