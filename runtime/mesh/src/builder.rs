//! How a mesh is started.

use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use hedgerow_actors::breaker::Means;
use hedgerow_actors::discovery::Sources;
use hedgerow_actors::revision::Revisions;
use hedgerow_actors::{journal, registry, storage};
use hedgerow_config::{Revision, Telemetry};
use hedgerow_dashboard::Admin;
use hedgerow_http::{Dns, ListeningSocket, Prober, listener};
use hedgerow_store::Store;
use hedgerow_supervisor::{Arbiters, AutoShutdown, Ground, Tree};
use hedgerow_telemetry::{LogLines, Metrics};
use hedgerow_view::config::ConfigSource;
use hedgerow_view::{ConfigView, Path};

use crate::admin::{self, LateAdmin};
use crate::boot::{Handles, lower};
use crate::check::check;
use crate::declare::{Child, Part, Supervisor};
use crate::error::Error;
use crate::mesh::Mesh;
use crate::telemetry::Told;
use crate::{ending, gateway, source, telemetry};

/// The root of a mesh whose tree is declared in code.
const ROOT: &str = "mesh";

/// The server's own limit.
const MAX_WORKERS: NonZeroUsize = NonZeroUsize::new(512).expect("512 is not zero");

/// Threads that actors live on, by default. Two, so that a blocked one leaves the other.
const CONTROL_THREADS: NonZeroUsize = NonZeroUsize::new(2).expect("two is not zero");

/// A mesh that is about to be started. Nothing happens before [`start`](Builder::start).
#[must_use = "a mesh does nothing until it is started"]
#[derive(Debug)]
pub struct Builder {
    origin: Origin,
    store: Option<PathBuf>,
    admin: Option<String>,
    admin_token: Option<Secret>,
    listen: Option<SocketAddr>,
    workers: Option<NonZeroUsize>,
    control_threads: NonZeroUsize,
    telemetry: Option<Telemetry>,
    log_lines: LogLines,
}

#[derive(Debug)]
enum Origin {
    Code(Box<Supervisor>),
    File(PathBuf),
    Text { name: String, text: String },
}

/// What must not be printed.
struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Builder {
    pub(crate) fn from_code(tree: Supervisor) -> Self {
        Self::new(Origin::Code(Box::new(tree)))
    }

    pub(crate) fn from_file(path: PathBuf) -> Self {
        Self::new(Origin::File(path))
    }

    pub(crate) fn from_text(name: String, text: String) -> Self {
        Self::new(Origin::Text { name, text })
    }

    fn new(origin: Origin) -> Self {
        Self {
            origin,
            store: None,
            admin: None,
            admin_token: None,
            listen: None,
            workers: None,
            control_threads: CONTROL_THREADS,
            telemetry: None,
            log_lines: LogLines::new(),
        }
    }

    /// Keeps what must survive a crash in this directory. Default: in memory, for as long as the process lives.
    ///
    /// A store that cannot be used never stops the mesh: it serves from memory and says so, in the log, the tree and
    /// `/readyz?verbose`.
    pub fn store(mut self, directory: impl Into<PathBuf>) -> Self {
        self.store = Some(directory.into());
        self
    }

    /// Serves dashboard, API and metrics on this address, such as `127.0.0.1:9900`. Default: nowhere. Port 0 is any
    /// free port: [`Mesh::admin_addr`] says which.
    pub fn dashboard(mut self, addr: impl ToString) -> Self {
        self.admin = Some(addr.to_string());
        self
    }

    /// What changes by the admin API must bring as `Authorization: Bearer TOKEN`. Without one they are taken from
    /// loopback only, and the dashboard must be bound there.
    pub fn admin_token(mut self, token: impl Into<String>) -> Self {
        self.admin_token = Some(Secret(token.into()));
        self
    }

    /// Replaces the address of the first listener of the config file. Says nothing to a tree declared in code.
    pub fn listen(mut self, addr: SocketAddr) -> Self {
        self.listen = Some(addr);
        self
    }

    /// Threads that serve requests, for each listener of the config file. Default: one for each core. Says nothing to
    /// a tree declared in code. More than 512 are cut to that: the server below has no room for more.
    pub fn workers(mut self, workers: NonZeroUsize) -> Self {
        self.workers = Some(workers.min(MAX_WORKERS));
        self
    }

    /// Threads that actors live on. Default 2; they are the mesh's own and serve no requests.
    pub fn control_threads(mut self, threads: NonZeroUsize) -> Self {
        self.control_threads = threads;
        self
    }

    /// Exports metrics, log and traces to a collector of OpenTelemetry. What a config file says of it goes before. Default:
    /// nothing is exported, unless `OTEL_EXPORTER_OTLP_ENDPOINT` names a collector.
    ///
    /// ```
    /// use hedgerow::prelude::*;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> hedgerow::Result<()> {
    /// let tree = Supervisor::one_for_one("shop");
    /// let mesh = Mesh::new(tree).telemetry(Telemetry::to("http://127.0.0.1:4318")).start().await?;
    /// mesh.shutdown().await // a collector that is not there holds up nobody
    /// # }
    /// ```
    pub fn telemetry(mut self, telemetry: Telemetry) -> Self {
        self.telemetry = Some(telemetry);
        self
    }

    /// The lines of the program's log that are exported with it: those that the [layer](LogLines::layer) of the program's
    /// subscriber takes. Default: none. Where they have been asked for the [standard error](LogLines::stderr), the mesh shows what became
    /// of the lines there.
    pub fn log_lines(mut self, lines: LogLines) -> Self {
        self.log_lines = lines;
        self
    }

    /// Starts the tree in order, and resolves when every part is ready. Works under any runtime, and under none.
    ///
    /// # Errors
    /// Every mistake in config or tree at once, an address that cannot be listened on (nothing was started); or a
    /// part that failed at its start (what had been started was stopped again).
    pub async fn start(self) -> Result<Mesh, Error> {
        // What can be refused is refused before anything is started: config, declared parts, addresses.
        let (asked, config) = match self.origin {
            Origin::Code(tree) => {
                check(&tree, &Path::root(ROOT).child(tree.name()))?;
                (Asked::Tree(tree), ConfigView::code())
            }
            Origin::File(path) => {
                let revision = retouched(source::read(&path)?, self.listen);
                let (name, config) = (path.display().to_string(), revision.to_document());
                let shown = ConfigView::read(ConfigSource::File, name, config);
                (Asked::Revision(Box::new(revision)), shown)
            }
            Origin::Text { name, text } => {
                let revision = retouched(source::parse(&name, &text)?, self.listen);
                let shown = ConfigView::read(ConfigSource::Text, name, revision.to_document());
                (Asked::Revision(Box::new(revision)), shown)
            }
        };
        let telemetry = match &asked {
            Asked::Revision(revision) => revision.telemetry.clone().or(self.telemetry),
            Asked::Tree(_) => self.telemetry,
        };
        let told = telemetry::settle(telemetry, &|variable| std::env::var(variable).ok())?;
        let admin_socket = bind_admin(self.admin.as_deref(), self.admin_token.as_ref())?;
        let sockets = match &asked {
            Asked::Tree(_) => Vec::new(),
            Asked::Revision(revision) => gateway::bind_all(revision)?,
        };
        let addrs = Addrs {
            admin: admin_socket.as_ref().and_then(|socket| socket.local_addr().ok()),
            listen: sockets
                .iter()
                .filter_map(|socket| socket.local_addr().ok())
                .collect(),
        };

        let arbiters =
            Arbiters::threads(self.control_threads).map_err(|error| Error::Ground(error.to_string()))?;
        let ground = Ground::new(arbiters.clone());
        let store = self.store.as_ref().map_or_else(Store::memory, Store::open);
        let events = ground.events.clone();
        if self.store.is_some() {
            let root = match &asked {
                Asked::Tree(_) => ROOT,
                Asked::Revision(_) => gateway::ROOT,
            };
            let path = Path::root(root).child("store");
            journal::resume(&store, &events, ground.clock.wall(), &path).await;
        }
        let admin = AdminSide {
            socket: admin_socket,
            token: self.admin_token,
            config,
        };
        let mut options = listener::Options::default();
        if let Some(workers) = self.workers {
            options.workers = workers;
        }
        let closing = options.closing.clone();
        let plant = Plant {
            ground,
            store: store.clone(),
            admin,
            options,
            told,
            log_lines: self.log_lines,
        };
        match plant.start(asked, sockets).await {
            Ok(grown) => Ok(Mesh::start_of(grown, arbiters, store, addrs, closing)),
            Err(error) => {
                // Threads, store and sockets are given back before the caller hears of it, and may try again.
                ending::close(store, &events).await;
                arbiters.shutdown().await;
                Err(error)
            }
        }
    }
}

/// Where a mesh is reached.
pub(crate) struct Addrs {
    pub(crate) admin: Option<SocketAddr>,
    pub(crate) listen: Vec<SocketAddr>,
}

/// What was started.
pub(crate) struct Grown {
    pub(crate) tree: Tree,
    pub(crate) handles: Handles,
    pub(crate) admin: Admin,
}

/// What a tree is started with.
struct Plant {
    ground: Ground,
    store: Store,
    admin: AdminSide,
    options: listener::Options,
    told: Option<Told>,
    log_lines: LogLines,
}

struct AdminSide {
    socket: Option<ListeningSocket>,
    token: Option<Secret>,
    /// What the mesh was asked for.
    config: ConfigView,
}

impl Plant {
    async fn start(self, asked: Asked, sockets: Vec<ListeningSocket>) -> Result<Grown, Error> {
        let Self {
            ground,
            store,
            admin,
            options,
            told,
            log_lines,
        } = self;
        let means = Means {
            store: store.clone(),
            events: ground.events.clone(),
            clock: ground.clock,
        };
        let (registry_spec, registry) = registry::spec(&means);
        let sources = Sources {
            resolve: Arc::new(Dns),
            registry,
            probe: Some(Arc::new(Prober::default())),
        };
        let mut own: Vec<Child> = vec![storage::spec(&store, &ground.events).into(), registry_spec.into()];
        own.extend(log_lines.stderr_spec(&ground.events).map(Child::from));
        let export = match told {
            Some(told) => Some(told.begin(ground.clock, log_lines)?),
            None => {
                log_lines.close();
                None
            }
        };
        own.extend(export.iter().map(|export| export.exporter.spec().into()));
        let mut late = None;
        let AdminSide {
            socket,
            token,
            config,
        } = admin;
        if let Some(socket) = socket {
            let shown = LateAdmin::default();
            let (spec, bell) = admin::spec(socket, shown.clone());
            own.push(spec.into());
            late = Some((shown, bell));
        }
        let (number, tree) = match asked {
            Asked::Tree(tree) => (1, under_a_root(*tree, own)),
            Asked::Revision(revision) => (
                revision.number,
                gateway::declare(*revision, sockets, own, options),
            ),
        };
        let (spec, handles) = lower(
            tree,
            &means,
            &sources,
            &Revisions::beginning_at(number),
            export.as_ref(),
        )?;
        let tree = Tree::start(spec, &ground).await?;
        let exporter = export.as_ref().map(|export| &export.exporter);
        match telemetry::metrics(exporter, tree.directory().clone()) {
            Ok(metrics) => {
                let admin = admin_of(&tree, metrics, token.as_ref()).config(config);
                if let Some((shown, bell)) = late {
                    shown.get_or_init(|| admin.clone());
                    bell.ring();
                }
                Ok(Grown { tree, handles, admin })
            }
            Err(error) => {
                tree.stop().await;
                Err(error)
            }
        }
    }
}

/// The declared tree under a root of the mesh's own, beside the mesh's own children: these start first and stop last,
/// and share no strategy or intensity with what was declared. When the declared tree ends, so does the root. Who edits chains
/// starts behind them, and who looks whether upstreams can be reached behind all.
fn under_a_root(tree: Supervisor, own: Vec<Child>) -> Supervisor {
    let reviser = has(&tree, &|part| matches!(part, Part::Chain(_))).then_some(Child(Part::Reviser));
    let readiness = has(&tree, &|part| matches!(part, Part::Upstream(_))).then_some(Child(Part::Readiness));
    Supervisor::one_for_one(ROOT)
        .auto_shutdown(AutoShutdown::AnySignificant)
        .children(own)
        .child(Child(Part::Tree(Box::new(tree))))
        .children(reviser)
        .children(readiness)
}

/// Whether such a part is anywhere in it.
fn has(tree: &Supervisor, wanted: &dyn Fn(&Part) -> bool) -> bool {
    tree.iter().any(|Child(part)| match part {
        Part::Supervisor(inner) | Part::Tree(inner) => has(inner, wanted),
        part => wanted(part),
    })
}

/// What was asked for, once the config has been read.
enum Asked {
    Tree(Box<Supervisor>),
    Revision(Box<Revision>),
}

/// The revision with what flags say in place of what the file says.
fn retouched(mut revision: Revision, listen: Option<SocketAddr>) -> Revision {
    if let (Some(addr), Some(first)) = (listen, revision.listeners.first_mut()) {
        first.bind = addr;
    }
    revision
}

fn bind_admin(addr: Option<&str>, token: Option<&Secret>) -> Result<Option<ListeningSocket>, Error> {
    let Some(text) = addr else { return Ok(None) };
    let addr: SocketAddr = text.parse().map_err(|_| Error::Address {
        text: text.to_owned(),
    })?;
    if !addr.ip().to_canonical().is_loopback() && token.is_none_or(|token| token.0.is_empty()) {
        return Err(Error::AdminOpen { addr });
    }
    gateway::bind(addr).map(Some)
}

/// What is shown of the tree, and whose orders are taken.
fn admin_of(tree: &Tree, metrics: Metrics, token: Option<&Secret>) -> Admin {
    let admin = Admin::new(tree.directory().clone(), Arc::new(move || metrics.render()));
    match token {
        Some(token) => admin.token(&token.0),
        None => admin,
    }
}
