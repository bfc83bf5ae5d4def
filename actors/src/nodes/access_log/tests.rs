//! What is logged of a request, and that nobody waits for who writes it.
#![allow(clippy::unwrap_used)]

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use hedgerow_config::{AccessLog, LogOutput, Node, StaticReply};
use hedgerow_supervisor::{Arbiters, Ground, Supervisor, Tree};
use serde_json::Value;

use super::super::configured;
use super::super::tests::{Asked, run};
use super::log::{Log, Outputs};
use super::queue::MOST;
use super::{AccessLogNode, NodeSpec};
use crate::chain::{Arrival, ChainHandle, Flow, Memory, StatusCode, node_fn, spec};
use crate::chance;
use crate::revision::Revisions;

/// Hands over what is written.
struct Told(SyncSender<Vec<u8>>);

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.send(bytes.to_vec());
        sent.map(|()| bytes.len())
            .map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A log that tells what is written, and who reads so many pieces of it without waiting.
fn log(room: usize) -> (Log, Receiver<Vec<u8>>) {
    let (tell, told) = sync_channel(room);
    let log = Log::to(Outputs {
        out: Box::new(Told(tell)),
        err: Box::new(io::sink()),
        tap: None,
    });
    (log, told)
}

struct Stage {
    tree: Tree,
    chain: ChainHandle,
    told: Receiver<Vec<u8>>,
    /// Lines that were read with others.
    lines: Vec<Value>,
}

impl Stage {
    /// A chain of a log and these nodes.
    async fn of(config: AccessLog, behind: Vec<NodeSpec>) -> Self {
        let (log, told) = log(1_000);
        let node = NodeSpec::keeping("log", "accessLog", log, move |log: Arc<Log>| {
            AccessLogNode::new("edge", &config, log)
        });
        let nodes = [vec![node], behind].concat();
        let (child, chain) = spec("edge", &Revisions::beginning_at(7), nodes);
        let ground = Ground::new(Arbiters::current_thread());
        let tree = Tree::start(Supervisor::one_for_one("root").child(child), &ground);
        Self {
            tree: tree.await.unwrap(),
            chain,
            told,
            lines: Vec::new(),
        }
    }

    async fn walk(&self, path: &str) -> Option<Arrival> {
        let mut asked = Asked::get(path);
        self.chain.enter().descend(&mut asked).await.ok()
    }

    /// The next line. Its writer is a thread of its own: it is waited for.
    fn line(&mut self) -> Value {
        if self.lines.is_empty() {
            let written = self.told.recv_timeout(Duration::from_secs(60)).unwrap();
            let written = String::from_utf8(written).unwrap();
            let lines = written.lines().map(|line| serde_json::from_str(line).unwrap());
            self.lines.extend(lines);
        }
        self.lines.remove(0)
    }
}

fn health() -> NodeSpec {
    configured("edge", &Node::new("health", StaticReply::new(203)), Vec::new())
}

#[test]
fn a_request_that_is_answered_is_one_line() {
    run(async {
        let tenant = || {
            node_fn(|_, cx| {
                cx.attributes().set("tenant", "acme\n\u{202e}");
                cx.attributes().set("traceId", "0af7");
                Flow::Next
            })
        };
        let behind = vec![NodeSpec::new("tenant", "test", tenant), health()];
        let mut stage = Stage::of(AccessLog::new(), behind).await;
        let Some(Arrival::Replied(_, ending)) = stage.walk("/a\"b").await else {
            panic!("not answered")
        };
        tokio::time::advance(Duration::from_millis(1_500)).await;
        ending.complete();
        let mut line = stage.line();
        let time = line.as_object_mut().unwrap().remove("time").unwrap();
        assert!(time.as_str().unwrap().ends_with('Z'), "{time}");
        let expected = serde_json::json!({
            "chain": "edge", "method": "GET", "path": "/a\"b", "status": 203, "end": "ok", "durationMs": 1500.0,
            "traceId": "0af7", "tenant": "acme\n\u{202e}", "revision": 7,
        });
        assert_eq!(line, expected);
        stage.tree.stop().await;
    });
}

#[test]
fn the_tenant_of_the_listener_is_told_where_no_node_has_said_another() {
    run(async {
        let mut stage = Stage::of(AccessLog::new(), vec![health()]).await;
        let mut asked = Asked::get("/");
        asked.tenant = Some("acme".into());
        let Ok(Arrival::Replied(_, ending)) = stage.chain.enter().descend(&mut asked).await else {
            panic!("not answered")
        };
        ending.complete();
        assert_eq!(stage.line()["tenant"], "acme");
        stage.tree.stop().await;
    });
}

#[test]
fn a_refusal_a_crash_and_a_client_that_goes_away_are_told_as_such() {
    run(async {
        let by_path = || {
            node_fn(|head, cx| match head.path() {
                "/refused" => cx.refuse(StatusCode::TOO_MANY_REQUESTS, "quota", "1", "2"),
                "/crashed" => panic!("told to"),
                _ => cx.wait(std::future::pending::<()>()),
            })
        };
        // Whatever else is logged, these are.
        let config = AccessLog::new().sample(0.0);
        let mut stage = Stage::of(config, vec![NodeSpec::new("by-path", "test", by_path)]).await;
        for (path, status, end, rule) in [
            ("/refused", 429, "refused", "quota"),
            ("/crashed", 500, "panicked", "nodeCrashed"),
        ] {
            assert!(stage.walk(path).await.is_none());
            let line = stage.line();
            assert_eq!(
                (&line["path"], &line["status"], &line["end"]),
                (&path.into(), &status.into(), &end.into())
            );
            assert_eq!(
                (&line["rule"], &line["refusedBy"]),
                (&rule.into(), &"edge/node/by-path".into())
            );
        }
        let mut cursor = stage.chain.enter();
        let mut task = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(
            cursor
                .poll_descend(&mut Asked::get("/gone"), &mut task)
                .is_pending()
        );
        drop(cursor);
        let line = stage.line();
        assert_eq!(
            (&line["end"], line.get("status"), line.get("rule")),
            (&"cancelled".into(), None, None)
        );
        stage.tree.stop().await;
    });
}

#[test]
fn of_good_requests_a_share_is_logged_and_slow_ones_and_errors_in_any_case() {
    run(async {
        chance::seed(2);
        let by_path = || {
            node_fn(|head, cx| {
                let status = match head.path() {
                    "/error" => 500,
                    "/refused" => 499,
                    _ => 200,
                };
                cx.reply(crate::chain::Reply::new(StatusCode::from_u16(status).unwrap()))
            })
        };
        let config = AccessLog::new().sample(0.1).slow(Duration::from_secs(2));
        let mut stage = Stage::of(config, vec![NodeSpec::new("by-path", "test", by_path)]).await;
        let mut seen = [0; 4];
        let cases = [("/good", 1_999), ("/refused", 0), ("/slow", 2_000), ("/error", 0)];
        for (at, (path, took)) in cases.iter().enumerate() {
            for _ in 0..200 {
                let Some(Arrival::Replied(_, ending)) = stage.walk(path).await else {
                    panic!("not answered")
                };
                tokio::time::advance(Duration::from_millis(*took)).await;
                ending.complete();
            }
            // The last line of all that were put in by this thread.
            drop(stage.walk("/end").await);
            while stage.line()["path"] != "/end" {
                seen[at] += 1;
            }
        }
        // Five standard deviations of 20 in 200: 21.
        assert!(seen[..2].iter().all(|seen| (1..=41).contains(seen)), "{seen:?}");
        assert_eq!(seen[2..], [200, 200]);
        stage.tree.stop().await;
    });
}

fn gauge(log: &Log, name: &str) -> u64 {
    log.gauges()
        .into_iter()
        .find(|gauge| gauge.name == name)
        .unwrap()
        .value
}

#[test]
fn an_output_that_takes_nothing_holds_up_nobody_and_what_finds_no_room_is_counted() {
    // Nobody reads: the writer is stuck with what it has in hand.
    let (log, told) = log(0);
    log.write_to(LogOutput::Stdout);
    let lines = 200_000_u64;
    for number in 0..lines {
        log.put(|line| line.extend_from_slice(format!("{number}\n").as_bytes()));
    }
    let dropped = gauge(&log, "dropped");
    assert!(dropped > 0, "there is room for all");
    // A batch of some thousand lines is in the writer's hand, and so many wait.
    assert!(dropped < lines - u64::try_from(MOST).unwrap(), "{dropped}");
    assert_eq!(gauge(&log, "written"), 0);
    // Somebody reads again: what was not dropped comes, in order.
    let mut read = 0_u64;
    let mut last = None;
    while read < lines - dropped {
        let piece = String::from_utf8(told.recv_timeout(Duration::from_secs(60)).unwrap()).unwrap();
        for number in piece.lines().map(|line| line.parse::<u64>().unwrap()) {
            assert!(last < Some(number), "{last:?} {number}");
            last = Some(number);
            read += 1;
        }
    }
    assert_eq!(gauge(&log, "dropped"), dropped);
}

#[test]
fn lines_that_the_output_refuses_are_counted_and_the_next_ones_are_tried_again() {
    struct Full(SyncSender<()>);
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            let _ = self.0.send(());
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (tell, told) = sync_channel(10);
    let log = Log::to(Outputs {
        out: Box::new(io::sink()),
        err: Box::new(Full(tell)),
        tap: None,
    });
    log.write_to(LogOutput::Stderr);
    for round in 1..=3 {
        log.put(|line| line.push(b'\n'));
        told.recv_timeout(Duration::from_secs(60)).unwrap();
        while gauge(&log, "dropped") < round {
            std::thread::yield_now();
        }
    }
    assert_eq!((gauge(&log, "dropped"), gauge(&log, "written")), (3, 0));
}
