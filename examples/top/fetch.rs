//! Asks the admin side.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long an answer may take.
const WITHIN: Duration = Duration::from_secs(10);
/// Bytes of the largest answer that is read.
const LARGEST: usize = 64 << 20;

/// What could not be done, and what helps.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// It is no address of an admin side.
    #[error("`{url}` is no address of an admin side: write it as http://127.0.0.1:9900")]
    Address {
        /// What was written.
        url: String,
    },
    /// Nobody answers there.
    #[error(
        "nobody answers at {authority} ({why}): start a gateway there (`cargo run --example gateway`), or name its admin address"
    )]
    Unreached {
        /// Where.
        authority: String,
        /// What was found instead.
        why: String,
    },
    /// It is no admin side.
    #[error(
        "{authority} answers {target} with something that is no JSON: is it the admin address, and not the gateway's?"
    )]
    NoJson {
        /// Where.
        authority: String,
        /// What was asked for.
        target: String,
    },
    /// It says no.
    #[error("{title}: {detail}{}", advice(*status))]
    Refused {
        /// The status of the answer.
        status: u16,
        /// What is wrong.
        title: String,
        /// What was observed.
        detail: String,
    },
    /// Nothing can be written any more.
    #[error("the output cannot be written: {0}")]
    Output(#[source] io::Error),
}

fn advice(status: u16) -> &'static str {
    match status {
        401 => " (set HEDGEROW_ADMIN_TOKEN to the token that the gateway was started with)",
        _ => "",
    }
}

/// What the admin side shows at about one instant.
#[derive(Debug, Clone, Default)]
pub(crate) struct Snapshot {
    pub(crate) tree: Value,
    pub(crate) breakers: Value,
    pub(crate) chains: Value,
    pub(crate) upstreams: Value,
    pub(crate) pools: Value,
    pub(crate) events: Value,
}

/// What is to be ordered, and of whom.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Order {
    /// The place behind the address.
    pub(crate) target: String,
    /// What is sent.
    pub(crate) body: Value,
}

impl Order {
    /// One without arguments.
    pub(crate) fn of(target: String, action: &str) -> Self {
        Self {
            target,
            body: json!({ "action": action }),
        }
    }
}

/// The admin side of a mesh.
#[derive(Debug, Clone)]
pub(crate) struct Admin {
    authority: String,
    token: Option<String>,
}

impl Admin {
    /// The one at this URL.
    ///
    /// # Errors
    /// Where it is none.
    pub(crate) fn at(url: &str, token: Option<String>) -> Result<Self, FetchError> {
        let wrong = || FetchError::Address { url: url.to_owned() };
        let parsed: Uri = url.parse().map_err(|_| wrong())?;
        let authority = parsed.authority().ok_or_else(wrong)?;
        // The page's address is as good; another scheme or another path is a mistake.
        if parsed.scheme_str().is_some_and(|scheme| scheme != "http") || parsed.path().len() > 1 {
            return Err(wrong());
        }
        let port = authority.port_u16().unwrap_or(80);
        Ok(Self {
            authority: format!("{}:{port}", authority.host()),
            token: token.filter(|token| !token.is_empty()),
        })
    }

    /// Where it is.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// All of it.
    ///
    /// # Errors
    /// Why it could not be asked.
    pub(crate) async fn snapshot(&self) -> Result<Snapshot, FetchError> {
        let (tree, breakers, chains, upstreams, pools, events) = tokio::try_join!(
            self.get("/api/tree"),
            self.get("/api/breakers"),
            self.get("/api/chains"),
            self.get("/api/upstreams"),
            self.get("/api/pools"),
            self.get("/api/events"),
        )?;
        Ok(Snapshot {
            tree,
            breakers,
            chains,
            upstreams,
            pools,
            events,
        })
    }

    /// Gives an order.
    ///
    /// # Errors
    /// Why it was not taken.
    pub(crate) async fn order(&self, order: &Order) -> Result<Value, FetchError> {
        let body = Full::new(Bytes::from(order.body.to_string()));
        self.ask(Method::POST, &order.target, body).await
    }

    async fn get(&self, target: &str) -> Result<Value, FetchError> {
        self.ask(Method::GET, target, Full::default()).await
    }

    async fn ask(&self, method: Method, target: &str, body: Full<Bytes>) -> Result<Value, FetchError> {
        let mut request = Request::builder()
            .method(method)
            .uri(target)
            .header(HOST, &self.authority)
            .header(CONTENT_TYPE, "application/json");
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(body).map_err(|error| self.unreached(&error))?;
        let (status, text) = timeout(WITHIN, self.exchange(request))
            .await
            .map_err(|_| self.unreached(&format!("no answer within {WITHIN:?}")))??;
        let answer: Option<Value> = serde_json::from_slice(&text).ok();
        match answer {
            Some(answer) if status.is_success() => Ok(answer),
            Some(problem) if problem["title"].is_string() => Err(FetchError::Refused {
                status: status.as_u16(),
                title: said(&problem["title"]),
                detail: said(&problem["detail"]),
            }),
            _ => Err(FetchError::NoJson {
                authority: self.authority.clone(),
                target: target.to_owned(),
            }),
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a connection's task ends with its one answer, and there is no actor in this program"
    )]
    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<(StatusCode, Bytes), FetchError> {
        let stream = TcpStream::connect(&self.authority).await;
        let stream = stream.map_err(|error| self.unreached(&error))?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| self.unreached(&error))?;
        tokio::spawn(connection);
        let answer = sender.send_request(request).await;
        let answer = answer.map_err(|error| self.unreached(&error))?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), LARGEST).collect().await;
        let body = body.map_err(|error| self.unreached(&error))?;
        Ok((status, body.to_bytes()))
    }

    fn unreached(&self, why: &dyn ToString) -> FetchError {
        FetchError::Unreached {
            authority: self.authority.clone(),
            why: why.to_string(),
        }
    }
}

fn said(text: &Value) -> String {
    text.as_str().unwrap_or_default().to_owned()
}
