//! The stand-in for a database: a server that knows prices, and can be told to fail.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How a server treats what it is asked.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Mood {
    Works,
    Fails,
    Hangs,
    Down,
}

impl Mood {
    pub(crate) fn named(name: &str) -> Option<Self> {
        [
            ("works", Self::Works),
            ("fails", Self::Fails),
            ("hangs", Self::Hangs),
            ("down", Self::Down),
        ]
        .into_iter()
        .find_map(|(known, mood)| (known == name).then_some(mood))
    }
}

/// Prices in pence, by product. All servers have the same.
#[derive(Clone)]
pub(crate) struct Prices(Arc<Mutex<HashMap<String, u32>>>);

impl Default for Prices {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(HashMap::from([
            ("tea".to_owned(), 320),
            ("milk".to_owned(), 95),
        ]))))
    }
}

impl Prices {
    fn reply(&self, query: &str) -> String {
        let mut prices = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match *query.split_whitespace().collect::<Vec<_>>() {
            ["GET", product] => prices
                .get(product)
                .map_or("UNKNOWN".to_owned(), |pence| format!("VALUE {pence}")),
            ["SET", product, pence] => match pence.parse() {
                Ok(pence) => {
                    prices.insert(product.to_owned(), pence);
                    format!("VALUE {pence}")
                }
                Err(error) => format!("ERROR {error}"),
            },
            _ => "ERROR no such query".to_owned(),
        }
    }
}

/// One server of the database.
pub(crate) struct Server {
    addr: SocketAddr,
    mood: watch::Sender<Mood>,
}

impl Server {
    /// Serves these prices on a port of its own.
    #[expect(clippy::disallowed_methods, reason = "stands for another process")]
    pub(crate) async fn start(prices: Prices) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        let (mood, seen) = watch::channel(Mood::Works);
        tokio::spawn(listen(listener, addr, prices, seen));
        Ok(Self { addr, mood })
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// From now on it treats so whatever it is asked.
    pub(crate) fn treat(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }
}

/// Accepts connections, but for the time in which the server is down.
#[expect(clippy::disallowed_methods, reason = "stands for another process")]
async fn listen(
    mut listener: TcpListener,
    addr: SocketAddr,
    prices: Prices,
    mut mood: watch::Receiver<Mood>,
) -> io::Result<()> {
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                tokio::spawn(serve(accepted?.0, prices.clone(), mood.clone()));
            }
            () = until(&mut mood, |mood| mood == Mood::Down) => {
                drop(listener);
                until(&mut mood, |mood| mood != Mood::Down).await;
                listener = TcpListener::bind(addr).await?;
            }
        }
    }
}

/// Answers the queries of one connection, a line each, until the server is down.
async fn serve(stream: TcpStream, prices: Prices, mut mood: watch::Receiver<Mood>) -> io::Result<()> {
    let mut down = mood.clone();
    let queries = async {
        let mut stream = BufReader::new(stream);
        let mut query = String::new();
        while stream.read_line(&mut query).await? > 0 {
            until(&mut mood, |mood| mood != Mood::Hangs).await;
            let reply = match *mood.borrow() {
                Mood::Fails => "ERROR the disk is full".to_owned(),
                _ => prices.reply(&query),
            };
            stream
                .get_mut()
                .write_all(format!("{reply}\n").as_bytes())
                .await?;
            query.clear();
        }
        Ok(())
    };
    tokio::select! {
        result = queries => result,
        () = until(&mut down, |mood| mood == Mood::Down) => Ok(()),
    }
}

/// Waits until a server is treated so; for ever where nobody can say it any more.
async fn until(mood: &mut watch::Receiver<Mood>, is_so: fn(Mood) -> bool) {
    if mood.wait_for(|mood| is_so(*mood)).await.is_err() {
        std::future::pending().await
    }
}
