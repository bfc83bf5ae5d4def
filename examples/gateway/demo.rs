//! What the gateway stands in front of when it is given no config: three small services in the same process, one of
//! them flaky and one slow, and a gentle load.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};

/// How long the flaky service is well, and then sick, in turn.
const WELL: Duration = Duration::from_secs(20);
const SICK: Duration = Duration::from_secs(10);
/// Answering time of the slow one.
const SLOW: Duration = Duration::from_millis(250);
/// Time between two requests of the load.
const PACE: Duration = Duration::from_millis(50);
/// Where the services are, so that what is remembered of them means the same after a restart; where one of these is
/// taken, its service takes any free port.
const PLACES: [&str; 3] = ["127.0.0.1:9001", "127.0.0.1:9002", "127.0.0.1:9003"];

/// The demo's services.
pub(crate) struct Demo {
    steady: String,
    flaky: String,
    slow: String,
    quiet: bool,
}

impl Demo {
    /// Starts the services, unless it is to be quiet.
    pub(crate) async fn prepare(quiet: bool) -> Self {
        let [steady, flaky, slow] = PLACES.map(str::to_owned);
        if quiet {
            return Self {
                steady,
                flaky,
                slow,
                quiet,
            };
        }
        let begun = Instant::now();
        let moody = move || begun.elapsed().as_millis() % (WELL + SICK).as_millis() >= WELL.as_millis();
        Self {
            steady: serve(steady, || async { (StatusCode::OK, "paid\n") }).await,
            flaky: serve(flaky, move || async move {
                if moody() {
                    (StatusCode::INTERNAL_SERVER_ERROR, "sick\n")
                } else {
                    (StatusCode::OK, "paid\n")
                }
            })
            .await,
            slow: serve(slow, || async {
                sleep(SLOW).await;
                (StatusCode::OK, "a catalog\n")
            })
            .await,
            quiet,
        }
    }

    /// The config of a gateway in front of them. Payments take turns, so that the flaky service is called until its breaker opens: a
    /// balancer that looks at failures would hardly call it.
    pub(crate) fn config(&self) -> String {
        let Self {
            steady, flaky, slow, ..
        } = self;
        format!(
            "version: 1\n\
             listeners:\n  - {{ bind: 127.0.0.1:8080, chain: edge }}\n\
             chains:\n  edge:\n    nodes:\n      - name: route\n        kind: route\n        rules:\n          \
             - {{ path: /pay, upstream: payments }}\n          - {{ path: /, upstream: catalog }}\n\
             upstreams:\n  payments:\n    endpoints: [ \"{steady}\", \"{flaky}\" ]\n    balance: roundRobin\n    timeout: 5s\n    \
             breaker: {{ consecutiveFailures: 5, openFor: {{ initial: 2s, max: 15s }} }}\n  \
             catalog:\n    endpoints: [ \"{slow}\" ]\n    timeout: 5s\n"
        )
    }

    /// Sends requests to the gateway for as long as the process lives, unless it is to be quiet.
    #[expect(clippy::disallowed_methods, reason = "stands for clients in other processes")]
    pub(crate) fn load(self, gateway: SocketAddr) {
        if self.quiet {
            return;
        }
        for path in ["/pay", "/catalog"] {
            tokio::spawn(async move {
                loop {
                    // A gateway that is draining closes the connection: come back later.
                    let _ = keep_asking(gateway, path).await;
                    sleep(Duration::from_secs(1)).await;
                }
            });
        }
    }
}

/// Serves one answer for every path at this place, or on any free port, and says where.
#[expect(clippy::disallowed_methods, reason = "stands for another process")]
async fn serve<F, R>(place: String, answer: F) -> String
where
    F: Fn() -> R + Clone + Send + Sync + 'static,
    R: Future<Output = (StatusCode, &'static str)> + Send + 'static,
{
    let listener = match TcpListener::bind(&place).await {
        Ok(listener) => listener,
        Err(_) => TcpListener::bind(("127.0.0.1", 0))
            .await
            .expect("loopback has a free port"),
    };
    let place = listener.local_addr().map_or(place, |addr| addr.to_string());
    let app = Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, app).await });
    place
}

/// One connection, one request after the other.
async fn keep_asking(
    gateway: SocketAddr,
    path: &str,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let stream = TcpStream::connect(gateway).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let asking = async {
        loop {
            let request = hyper::Request::get(path)
                .header("host", "demo")
                .body(Empty::<Bytes>::new())?;
            sender.send_request(request).await?.into_body().collect().await?;
            sleep(PACE).await;
        }
    };
    tokio::select! {
        ended = asking => ended,
        ended = connection => Ok(ended?),
    }
}
