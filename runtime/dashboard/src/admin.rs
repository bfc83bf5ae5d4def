//! What the admin listener shows, and whom it lets in.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hedgerow_supervisor::Directory;
use hedgerow_view::ConfigView;
use tokio::sync::Semaphore;

use crate::access::{Guests, Token};
use crate::api::body::WAITED_FOR;
use crate::audit::Refused;
use crate::live::{self, Board};

/// Writes the metrics of the mesh as Prometheus text. It must not panic.
pub type Render = Arc<dyn Fn() -> String + Send + Sync>;

/// Clients that may follow a stream at a time, `/events` and `/live` together. Further ones are answered 503.
const STREAMS: usize = 64;

/// The admin side of one mesh. Cheap to clone; clones share the limits of streams and of unfinished orders, and what their viewers are shown.
///
/// ```
/// use std::sync::Arc;
/// use actix_web::{App, web};
/// use hedgerow_dashboard::Admin;
/// use hedgerow_supervisor::Directory;
///
/// fn mount(directory: Directory, config: &mut web::ServiceConfig) {
///     let admin = Admin::new(directory, Arc::new(String::new)).known_as("shop.example.com");
///     config.service(web::scope("/hedgerow").configure(|config| admin.configure(config)));
/// }
/// ```
#[derive(Clone)]
#[must_use = "it is seen by nobody until it is mounted or served"]
pub struct Admin {
    pub(crate) directory: Directory,
    pub(crate) metrics: Render,
    pub(crate) config: Arc<ConfigView>,
    pub(crate) token: Option<Token>,
    pub(crate) guests: Guests,
    pub(crate) streams: Arc<Semaphore>,
    /// Places of orders whose bodies are waited for.
    pub(crate) unfinished: Arc<Semaphore>,
    pub(crate) refused: Arc<Refused>,
    pub(crate) board: Arc<Board>,
}

impl Admin {
    /// The admin side of the tree that this directory shows. Without more, it is reached as loopback only, and
    /// mutations are taken from loopback only.
    pub fn new(directory: Directory, metrics: Render) -> Self {
        Self {
            directory,
            metrics,
            config: Arc::new(ConfigView::code()),
            token: None,
            guests: Guests::default(),
            streams: Arc::new(Semaphore::new(STREAMS)),
            unfinished: Arc::new(Semaphore::new(WAITED_FOR)),
            refused: Arc::default(),
            board: Arc::default(),
        }
    }

    /// What mutations must bring as `Authorization: Bearer TOKEN`. An empty token is no token. Default none: then
    /// mutations are taken from loopback only.
    pub fn token(mut self, token: impl AsRef<str>) -> Self {
        self.token = Token::new(token.as_ref());
        self
    }

    /// What the mesh was asked for, which it shows. Default: that it was declared in code.
    pub fn config(mut self, config: ConfigView) -> Self {
        self.config = Arc::new(config);
        self
    }

    /// An address that it is bound to: requests may name it in `Host`. [`serve`](crate::serve) adds its own. Bound to
    /// an unspecified address (`0.0.0.0`), every address may be named, but no foreign host name.
    pub fn bound_to(mut self, addr: SocketAddr) -> Self {
        self.guests.addresses.push(addr.ip().to_canonical());
        self
    }

    /// A host name, without a port, under which it is reached, such as that of a proxy before it.
    pub fn known_as(mut self, name: impl Into<String>) -> Self {
        self.guests.names.push(name.into());
        self
    }

    /// How often [`remember`](Self::remember) is to be called.
    pub const REMEMBERED_EVERY: Duration = live::REMEMBERED_EVERY;

    /// Keeps the failure rates of this moment, of which a page that is opened later shows the last two minutes. It reads the breakers
    /// alone, and sends no message; called more often it does nothing. Where nobody calls it, a page is shown what others saw
    /// while they looked.
    pub fn remember(&self) {
        live::remember(&self.directory, &self.board);
    }
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin")
            .field("token", &self.token.is_some())
            .field("guests", &self.guests)
            .finish_non_exhaustive()
    }
}
