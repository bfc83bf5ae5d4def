//! What the nodes of a chain see of requests through the gateway, and how they are told of their ends.
#![allow(clippy::unwrap_used)]

mod kit;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use hedgerow_actors::chain::{
    Attributes, Cx, End, Flow, HeaderName, HeaderValue, Node, NodeSpec, Reply, ReplyHead, RequestHead,
    StatusCode,
};
use hedgerow_view::Refusal;
use kit::{Endpoint, Gateway, Numbers, run};

const HELLO: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

/// Who asked for what, and how it ended.
type Log = Arc<Mutex<Vec<(String, End)>>>;

/// Marks replies, and writes down the ends of all requests.
struct Witness(Log);

impl Node for Witness {
    type State = String;

    fn on_request(&self, head: &mut dyn RequestHead, path: &mut String, cx: &mut Cx) -> Flow {
        assert!(head.peer().is_some_and(|peer| peer.ip().is_loopback()));
        let host = head.header(&HeaderName::from_static("host")).unwrap();
        assert_eq!((host, head.query()), (b"shop".as_slice(), None));
        path.push_str(head.path());
        let framing = HeaderName::from_static("content-length");
        assert!(
            head.set_header(framing.clone(), HeaderValue::from_static("9"))
                .is_err()
        );
        assert!(head.remove_header(&framing).is_err());
        let told = HeaderName::from_static("x-told");
        head.set_header(told, HeaderValue::from_static("by a node"))
            .unwrap();
        head.remove_header(&HeaderName::from_static("x-secret")).unwrap();
        match head.path() {
            "/own" => cx.reply(Reply::new(StatusCode::CREATED).body(b"made here".as_slice())),
            "/quota" => {
                let refusal =
                    Refusal::new("", "quota", "5", "6").retry_after(std::time::Duration::from_secs(3));
                cx.refuse_with(StatusCode::TOO_MANY_REQUESTS, refusal)
            }
            _ => Flow::Next,
        }
    }

    fn on_reply(&self, head: &mut dyn ReplyHead, path: &mut String, _: &mut Attributes) {
        assert!(path != "/pay/crash", "told to");
        let name = HeaderName::from_static("x-witness");
        assert_eq!(head.header(&name), None);
        head.set_header(name, HeaderValue::try_from(path.as_str()).unwrap());
        head.remove_header(&HeaderName::from_static("x-private"));
        let framing = HeaderName::from_static("content-length");
        head.set_header(framing.clone(), HeaderValue::from_static("9"));
        head.remove_header(&framing);
    }

    fn on_end(&self, end: End, path: &mut String, _: &Attributes) {
        self.0.lock().unwrap().push((path.clone(), end));
    }
}

async fn gateway(endpoint: SocketAddr) -> (Gateway, Log) {
    let log = Log::default();
    let witnessed = log.clone();
    let witness = NodeSpec::new("witness", "test", move || Witness(witnessed.clone()));
    let gateway = Gateway::through(vec![witness], endpoint, Numbers::default()).await;
    (gateway, log)
}

async fn until(log: &Log, path: &str, end: End) {
    while !log
        .lock()
        .unwrap()
        .iter()
        .any(|told| *told == (path.to_owned(), end))
    {
        tokio::task::yield_now().await;
    }
    let told = log
        .lock()
        .unwrap()
        .iter()
        .filter(|(told, _)| told == path)
        .count();
    assert_eq!(told, 1, "{path} ended once");
}

#[test]
fn a_reply_passes_the_nodes_and_its_end_is_that_of_its_body() {
    run(async {
        let endpoint =
            Endpoint::answering("HTTP/1.1 200 OK\r\nx-private: 1\r\ncontent-length: 5\r\n\r\nhello").await;
        let (gateway, log) = gateway(endpoint.addr).await;
        let mut client = gateway.client().await;
        let answer = client.ask("GET", "/pay", "x-secret: 1\r\n").await;
        assert_eq!((answer.status, answer.text()), (200, "hello"));
        assert_eq!(
            answer.header("content-length").as_deref(),
            Some("5"),
            "it is not a node's"
        );
        let (_, fields) = endpoint.last_head();
        let sent = |name: &str| {
            fields
                .iter()
                .find(|(sent, _)| sent == name)
                .map(|(_, value)| value.as_str())
        };
        assert_eq!(
            (sent("x-told"), sent("x-secret"), sent("content-length")),
            (Some("by a node"), None, None)
        );
        assert_eq!(answer.header("x-witness").as_deref(), Some("/pay"));
        assert_eq!(answer.header("x-private"), None);
        until(&log, "/pay", End::Ok).await;
        client.ask("HEAD", "/pay/head", "").await;
        until(&log, "/pay/head", End::Ok).await;
        gateway.stop().await;
    });
}

#[test]
fn a_node_answers_and_refuses_by_itself_and_the_next_request_of_the_connection_is_served() {
    run(async {
        let endpoint = Endpoint::answering(HELLO).await;
        let (gateway, log) = gateway(endpoint.addr).await;
        let mut client = gateway.client().await;
        let own = client.get("/own").await;
        assert_eq!((own.status, own.text()), (201, "made here"));
        assert_eq!(own.header("x-witness"), None, "it is the one that made it");
        until(&log, "/own", End::Ok).await;
        let refused = client.get("/quota").await;
        assert_eq!(refused.status, 429);
        assert_eq!(
            refused.header("x-hedgerow-refused").as_deref(),
            Some("edge/node/witness; rule=quota; limit=5; observed=6")
        );
        assert_eq!(refused.header("retry-after").as_deref(), Some("3"));
        until(&log, "/quota", End::Refused).await;
        assert_eq!(client.get("/nowhere").await.status, 404);
        until(&log, "/nowhere", End::Refused).await;
        assert_eq!(client.get("/pay").await.status, 200);
        gateway.stop().await;
    });
}

#[test]
fn a_crash_on_the_way_in_or_out_ends_the_nodes_before_it() {
    run(async {
        let endpoint = Endpoint::answering(HELLO).await;
        let (gateway, log) = gateway(endpoint.addr).await;
        let mut client = gateway.client().await;
        assert_eq!(client.get("/crash").await.status, 500);
        until(&log, "/crash", End::Panicked).await;
        let out = client.get("/pay/crash").await;
        assert_eq!(out.status, 500);
        assert_eq!(
            out.header("x-hedgerow-refused").as_deref(),
            Some("edge/node/witness; rule=nodeCrashed; limit=no panic; observed=told to")
        );
        until(&log, "/pay/crash", End::Panicked).await;
        gateway.stop().await;
    });
}

#[test]
fn an_endpoint_that_breaks_and_a_client_that_goes_are_told_apart() {
    run(async {
        let endpoint = Endpoint::scripted(|mut conn, _| async move {
            let (line, _) = conn.head().await;
            let half = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello";
            if line.contains("/half") {
                conn.send(half).await;
            } else if line.contains("/silent") {
                conn.rest().await;
            } else if line.contains("/slow") {
                conn.send(half).await;
                conn.rest().await;
            }
        })
        .await;
        let (gateway, log) = gateway(endpoint.addr).await;
        assert_eq!(gateway.client().await.get("/pay/closed").await.status, 502);
        until(&log, "/pay/closed", End::Failed).await;

        let mut client = gateway.client().await;
        client.send("GET /pay/half HTTP/1.1\r\nhost: shop\r\n\r\n").await;
        client.rest().await;
        until(&log, "/pay/half", End::Failed).await;

        for path in ["/pay/silent", "/pay/slow"] {
            let mut client = gateway.client().await;
            client
                .send(format!("GET {path} HTTP/1.1\r\nhost: shop\r\n\r\n"))
                .await;
            if path == "/pay/slow" {
                client.head().await;
            }
            gateway
                .until(|shown| path == "/pay/slow" || shown.in_flight == 1)
                .await;
            // Not as one that has sent all it has to send, and waits.
            client.reset();
            until(&log, path, End::Cancelled).await;
        }
        gateway.stop().await;
    });
}
