//! The client of the database: its connections, its queries, and what their ends say about a server.

use std::io;
use std::time::Duration;

use hedgerow::prelude::{EndpointAddr, LeaseError, ResourcePool, Source, Verdict};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long one waits for a connection at most.
const CONNECTION: Duration = Duration::from_millis(100);
/// How long a query may take on it. A call has time for two of both, and for the wait in between.
const QUERY: Duration = Duration::from_millis(300);

/// Makes connections to one server.
pub(crate) struct Connections {
    to: EndpointAddr,
}

/// A connection, and whether an answer is still to come on it.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    is_waiting: bool,
}

impl Connections {
    pub(crate) fn to(addr: EndpointAddr) -> Self {
        Self { to: addr }
    }
}

impl Source for Connections {
    type Resource = Connection;
    type Error = io::Error;

    async fn create(&self) -> io::Result<Connection> {
        let stream = TcpStream::connect((self.to.host(), self.to.port())).await?;
        Ok(Connection {
            stream: BufReader::new(stream),
            is_waiting: false,
        })
    }

    /// A query that ran out of time was dropped where it was: its answer would be taken for that of the next one. Where
    /// nothing was asked there is nothing to be read, and the end of the stream is one that the server has closed.
    fn is_fit(&self, connection: &Connection) -> bool {
        let read = connection.stream.get_ref().try_read(&mut [0]);
        !connection.is_waiting && read.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }
}

impl Connection {
    async fn ask(&mut self, query: &str) -> io::Result<String> {
        self.is_waiting = true;
        self.stream
            .get_mut()
            .write_all(format!("{query}\n").as_bytes())
            .await?;
        let mut line = String::new();
        if self.stream.read_line(&mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.is_waiting = false;
        Ok(line.trim_end().to_owned())
    }
}

/// A question to the database, and what the end of it says about who was asked.
pub(crate) struct Query {
    line: String,
    pub(crate) judge: fn(&Result<String, QueryError>) -> Verdict,
}

impl Query {
    pub(crate) fn read(product: &str) -> Result<Self, QueryError> {
        let line = format!("GET {}", word(product)?);
        Ok(Self {
            line,
            judge: judge_read,
        })
    }

    pub(crate) fn write(product: &str, pence: u32) -> Result<Self, QueryError> {
        let line = format!("SET {} {pence}", word(product)?);
        Ok(Self {
            line,
            judge: judge_write,
        })
    }
}

/// A name with a blank or the end of a line in it would be another query.
fn word(product: &str) -> Result<&str, QueryError> {
    let is_word = !product.is_empty() && product.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_word {
        Ok(product)
    } else {
        Err(QueryError::Unknown)
    }
}

/// Why a query brought nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QueryError {
    #[error("no such product")]
    Unknown,
    #[error("no connection: {0}")]
    NoConnection(LeaseError<io::Error>),
    #[error("the connection broke: {0}")]
    Broken(io::Error),
    #[error("the server failed: {0}")]
    Failed(String),
    #[error("no answer within {} ms", QUERY.as_millis())]
    Slow,
}

/// Asks a server, on a connection of its pool.
pub(crate) async fn ask(pool: &ResourcePool<Connections>, query: &Query) -> Result<String, QueryError> {
    let mut connection = pool
        .take_within(CONNECTION)
        .await
        .map_err(QueryError::NoConnection)?;
    let result = match timeout(QUERY, connection.ask(&query.line)).await {
        Ok(Ok(line)) => match line.split_once(' ').unwrap_or((&line, "")) {
            ("VALUE", value) => Ok(value.to_owned()),
            ("UNKNOWN", _) => Err(QueryError::Unknown),
            _ => Err(QueryError::Failed(line)),
        },
        Ok(Err(error)) => Err(QueryError::Broken(error)),
        Err(_) => Err(QueryError::Slow),
    };
    if !matches!(result, Ok(_) | Err(QueryError::Unknown)) {
        connection.fail(); // the contract of the pool counts it
    }
    result
}

/// What the end of a write says about its server. It is made again only where none of it was sent.
fn judge_write(result: &Result<String, QueryError>) -> Verdict {
    match result {
        Ok(_) | Err(QueryError::Unknown) => Verdict::success(),
        // Our own bound, and no word about the server: another one may have a connection to spare.
        Err(QueryError::NoConnection(LeaseError::Refused(_))) => Verdict::ignored().retryable(),
        Err(QueryError::NoConnection(_)) => Verdict::failure().retryable(),
        Err(QueryError::Slow) => Verdict::timeout(),
        Err(QueryError::Broken(_) | QueryError::Failed(_)) => Verdict::failure(),
    }
}

/// What the end of a read says about its server. To read twice does no harm.
fn judge_read(result: &Result<String, QueryError>) -> Verdict {
    judge_write(result).retryable()
}
