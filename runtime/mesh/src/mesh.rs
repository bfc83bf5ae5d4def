//! A running mesh.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use hedgerow_actors::breaker::BreakerHandle;
use hedgerow_actors::chain::ChainHandle;
use hedgerow_actors::factory::FactoryHandle;
use hedgerow_actors::keyed::KeyedBreakerHandle;
use hedgerow_actors::pool::resource::{ResourcePool, Source};
use hedgerow_actors::upstream::UpstreamHandle;
use hedgerow_config::Revision;
use hedgerow_dashboard::Admin;
use hedgerow_http::listener::Closing;
use hedgerow_store::Store;
use hedgerow_supervisor::{Arbiters, Directory, Exit, Tree};
use tokio::sync::watch;

use crate::boot::Handles;
use crate::builder::{Addrs, Builder, Grown};
use crate::declare::Supervisor;
use crate::error::Error;
use crate::{ending, source};

/// A running mesh. Cheap to clone, usable from any thread and runtime. Dropping the last clone stops its threads
/// without draining: end a mesh with [`shutdown`](Mesh::shutdown).
#[derive(Clone)]
pub struct Mesh {
    inner: Arc<Inner>,
}

struct Inner {
    tree: Arc<Tree>,
    arbiters: Arbiters,
    store: Store,
    handles: Handles,
    admin: Admin,
    addrs: Addrs,
    closing: Closing,
    /// Set when somebody has asked for the end.
    ended: OnceLock<watch::Receiver<Option<Exit>>>,
}

impl Mesh {
    /// A mesh whose tree is declared in code.
    ///
    /// ```
    /// use hedgerow::prelude::*;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> hedgerow::Result<()> {
    /// let tree = Supervisor::one_for_one("shop").child(Upstream::new("payments").endpoints(["127.0.0.1:9001"]));
    /// let mesh = Mesh::new(tree).start().await?;
    /// let payments = mesh.upstream("payments")?;
    /// let answer = payments.call(|endpoint| async move { Ok::<_, std::io::Error>(endpoint.addr().port()) }).await;
    /// assert_eq!(answer.ok(), Some(9001));
    /// mesh.shutdown().await
    /// # }
    /// ```
    #[allow(clippy::new_ret_no_self, reason = "a mesh begins as what it will be made of")]
    pub fn new(tree: Supervisor) -> Builder {
        Builder::from_code(tree)
    }

    /// A gateway: the file says which listeners, chains and upstreams there are. They live under `gateway/`.
    pub fn from_config(file: impl Into<PathBuf>) -> Builder {
        Builder::from_file(file.into())
    }

    /// A gateway as [`from_config`](Mesh::from_config), from a config that is already in memory. The name stands in
    /// error messages, and its extension says the format.
    pub fn from_config_text(name: impl Into<String>, text: impl Into<String>) -> Builder {
        Builder::from_text(name.into(), text.into())
    }

    /// Reads and checks a config file, and starts nothing.
    ///
    /// # Errors
    /// Where it cannot be read, or has mistakes: all of them.
    pub fn check_config(file: impl AsRef<Path>) -> Result<Revision, Error> {
        source::read(file.as_ref())
    }

    pub(crate) fn start_of(
        grown: Grown,
        arbiters: Arbiters,
        store: Store,
        addrs: Addrs,
        closing: Closing,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                tree: Arc::new(grown.tree),
                arbiters,
                store,
                handles: grown.handles,
                admin: grown.admin,
                addrs,
                closing,
                ended: OnceLock::new(),
            }),
        }
    }

    /// The upstream with this name.
    ///
    /// # Errors
    /// Where there is none; the error lists those that there are.
    pub fn upstream(&self, name: &str) -> Result<UpstreamHandle, Error> {
        known("upstream", name, &self.inner.handles.upstreams)
    }

    /// The breaker with this name, declared by itself. Those of endpoints belong to their upstream.
    ///
    /// # Errors
    /// Where there is none; the error lists those that there are.
    pub fn breaker(&self, name: &str) -> Result<BreakerHandle, Error> {
        known("breaker", name, &self.inner.handles.breakers)
    }

    /// The breakers for each key with this name, declared by themselves. Those of routes and tenants belong to their
    /// upstream.
    ///
    /// # Errors
    /// Where there is none; the error lists those that there are.
    pub fn keyed_breaker(&self, name: &str) -> Result<KeyedBreakerHandle, Error> {
        known("keyed breaker", name, &self.inner.handles.keyed_breakers)
    }

    /// The chain with this name.
    ///
    /// # Errors
    /// Where there is none; the error lists those that there are.
    pub fn chain(&self, name: &str) -> Result<ChainHandle, Error> {
        known("chain", name, &self.inner.handles.chains)
    }

    /// The pool with this name, declared by itself, of what this source makes. That of an upstream belongs to it:
    /// [`UpstreamHandle::pool`].
    ///
    /// # Errors
    /// Where there is none, and the error lists those that there are; or its source is of another type.
    pub fn pool<S: Source>(&self, name: &str) -> Result<ResourcePool<S>, Error> {
        match self.inner.handles.pools.get(name) {
            Some(pool) => pool.of(name),
            None => Err(unknown("pool", name, &self.inner.handles.pools)),
        }
    }

    /// The factory with this name, which makes things of this type.
    ///
    /// # Errors
    /// Where there is none, and the error lists those that there are; or it makes things of another type.
    pub fn factory<T: Send + Sync + 'static>(&self, name: &str) -> Result<FactoryHandle<T>, Error> {
        match self.inner.handles.factories.get(name) {
            Some(factory) => factory.of(name),
            None => Err(unknown("factory", name, &self.inner.handles.factories)),
        }
    }

    /// The tree as seen from outside.
    pub fn directory(&self) -> &Directory {
        self.inner.tree.directory()
    }

    /// Where the dashboard is served, if it is.
    pub fn admin_addr(&self) -> Option<SocketAddr> {
        self.inner.addrs.admin
    }

    /// The admin side of this mesh, to be mounted in an actix-web app of one's own under any path, beside the dashboard or in its
    /// place. Orders need the mesh's [`admin_token`](Builder::admin_token) where it has one, and come from loopback alone otherwise.
    ///
    /// ```
    /// use actix_web::web;
    /// use hedgerow::prelude::*;
    ///
    /// fn mount(mesh: &Mesh, config: &mut web::ServiceConfig) {
    ///     let admin = mesh.admin().known_as("shop.example.com");
    ///     config.service(web::scope("/ops/mesh").configure(|config| admin.configure(config)));
    /// }
    /// ```
    pub fn admin(&self) -> Admin {
        self.inner.admin.clone()
    }

    /// Where requests come in, in the order of the config.
    pub fn listen_addrs(&self) -> &[SocketAddr] {
        &self.inner.addrs.listen
    }

    /// Resolves when the tree has ended: shut down, or given up. Says why. A mesh is never silently half dead.
    pub async fn wait(&self) -> Exit {
        self.inner.tree.wait().await
    }

    /// Stops everything in reverse order, each part within its limit, brings to the disk what must survive, and ends
    /// the mesh's threads. Whoever calls it, and however often, it resolves when all of that is done.
    ///
    /// # Errors
    /// Where the tree had given up before.
    ///
    /// # Cancel safety
    /// Once asked for, the end comes, whether or not it is waited for.
    pub async fn shutdown(&self) -> Result<(), Error> {
        let Inner {
            tree,
            store,
            arbiters,
            handles,
            closing,
            ended,
            ..
        } = &*self.inner;
        let mut ended = ended
            .get_or_init(|| {
                closing.announce();
                ending::begin(tree.clone(), store.clone(), arbiters.clone(), handles.io.clone())
            })
            .clone();
        // The other end goes only with the process's last threads.
        let exit = ended
            .wait_for(Option::is_some)
            .await
            .ok()
            .and_then(|exit| exit.clone());
        match exit.unwrap_or(Exit::Lost) {
            exit if exit.is_abnormal() => Err(Error::Ended(exit)),
            _ => Ok(()),
        }
    }
}

fn known<T: Clone>(
    kind: &'static str,
    name: &str,
    handles: &std::collections::BTreeMap<String, T>,
) -> Result<T, Error> {
    handles
        .get(name)
        .cloned()
        .ok_or_else(|| unknown(kind, name, handles))
}

fn unknown<T>(kind: &'static str, name: &str, handles: &std::collections::BTreeMap<String, T>) -> Error {
    Error::Unknown {
        kind,
        name: name.to_owned(),
        known: handles.keys().cloned().collect(),
    }
}

impl fmt::Debug for Mesh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mesh")
            .field("admin", &self.inner.addrs.admin)
            .field("listen", &self.inner.addrs.listen)
            .finish()
    }
}
