//! Opening a connection.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hedgerow_actors::upstream::Dial;
use hedgerow_config::EndpointAddr;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::AbortHandle;

use super::Fault;
use super::send::Connection;
use super::shelf::Shelf;
use super::watched::{Watch, Watched};
use crate::deadline::Deadline;
use crate::resolve::StaticName;

/// Bytes that a connection holds of what came and was not passed on, and of what is to be written: more than a head may have.
const MOST_READ: usize = 128 * 1024;

/// Dials within `limit`. Dropped, the dial is given up.
pub(super) async fn dial(shelf: &Shelf, limit: Duration) -> Result<Connection, Fault> {
    let endpoint = shelf.endpoint();
    let mut deadline = Deadline::after(limit);
    let addr = endpoint.addr();
    let connected = connect(shelf.name(), &addr);
    let opened = match deadline.within(pin!(connected)).await {
        Some(Ok(stream)) => open(stream).await,
        Some(Err(why)) => Err(Fault::Connect(why)),
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

/// Connects to an address, or to what a name leads to: one of its addresses after the other.
///
/// # Errors
/// Why there is no connection, in words.
pub(crate) async fn connect(
    name: Option<&Arc<StaticName>>,
    addr: &EndpointAddr,
) -> Result<TcpStream, String> {
    let connected = match name {
        None => TcpStream::connect((addr.host(), addr.port())).await,
        Some(name) => {
            let addrs = name.addrs(addr.port()).await?;
            TcpStream::connect(addrs.as_slice()).await
        }
    };
    connected.map_err(|error| spoken(&error))
}

async fn open(stream: TcpStream) -> Result<Connection, Fault> {
    stream
        .set_nodelay(true)
        .map_err(|error| Fault::Connect(spoken(&error)))?;
    let peer = stream.peer_addr().ok().map(|peer| peer.ip());
    let watch = Watch::default();
    let io = TokioIo::new(Watched::new(stream, watch.clone()));
    let (sender, driver) = http1::Builder::new()
        .max_buf_size(MOST_READ)
        .handshake(io)
        .await
        .map_err(|error| Fault::Connect(error.to_string()))?;
    Ok(Connection::new(sender, watch, drive(driver), peer))
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
