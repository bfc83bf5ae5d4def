//! Opening a connection.

use std::io;
use std::pin::pin;
use std::time::Duration;

use hedgerow_actors::upstream::{Dial, Endpoint};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::AbortHandle;

use super::Fault;
use super::send::Connection;
use super::watched::{Watch, Watched};
use crate::deadline::Deadline;

/// Bytes that a connection holds of what came and was not passed on, and of what is to be written: more than a head may have.
const MOST_READ: usize = 128 * 1024;

/// Dials within `limit`. Dropped, the dial is given up.
pub(super) async fn dial(endpoint: &Endpoint, limit: Duration) -> Result<Connection, Fault> {
    let addr = endpoint.addr();
    let mut deadline = Deadline::after(limit);
    let dialled = deadline
        .within(pin!(TcpStream::connect((addr.host(), addr.port()))))
        .await;
    let opened = match dialled {
        Some(Ok(stream)) => open(stream).await,
        Some(Err(error)) => Err(Fault::Connect(spoken(&error))),
        None => Err(Fault::ConnectTimeout {
            limit,
            verdict: deadline.verdict(),
        }),
    };
    endpoint.count_dial(if opened.is_ok() {
        Dial::Opened
    } else {
        Dial::Failed
    });
    opened
}

async fn open(stream: TcpStream) -> Result<Connection, Fault> {
    stream
        .set_nodelay(true)
        .map_err(|error| Fault::Connect(spoken(&error)))?;
    let watch = Watch::default();
    let io = TokioIo::new(Watched::new(stream, watch.clone()));
    let (sender, driver) = http1::Builder::new()
        .max_buf_size(MOST_READ)
        .handshake(io)
        .await
        .map_err(|error| Fault::Connect(error.to_string()))?;
    Ok(Connection::new(sender, watch, drive(driver)))
}

/// The driver moves the bytes of one connection. It ends when its connection is dropped or closed, and has nothing to
/// report that the one who uses the connection is not told as well.
#[expect(
    clippy::disallowed_methods,
    reason = "a connection is driven on the worker that dialled it, where no actor lives, and ends with its sender"
)]
fn drive(driver: impl Future + 'static) -> AbortHandle {
    let driver = tokio::task::spawn_local(async move {
        driver.await;
    });
    driver.abort_handle()
}

/// The message without the number that the operating system has for it.
pub(crate) fn spoken(error: &io::Error) -> String {
    let text = error.to_string();
    let plain = text.split(" (os error").next().unwrap_or(&text);
    plain.to_ascii_lowercase()
}
