//! The tree of a gateway, made from a revision.

use std::net::SocketAddr;
use std::time::Duration;

use hedgerow_config::Revision;
use hedgerow_http::{ListeningSocket, listener};

use crate::declare::{Child, Part, Supervisor};
use crate::error::Error;
use crate::open_listener::OpenListener;

/// The name of a gateway's root.
pub(crate) const ROOT: &str = "gateway";

/// Binds the listeners of `revision`, in order.
///
/// # Errors
/// Where an address cannot be listened on.
pub(crate) fn bind_all(revision: &Revision) -> Result<Vec<ListeningSocket>, Error> {
    revision
        .listeners
        .iter()
        .map(|listener| bind(listener.bind))
        .collect()
}

/// Declares the tree of `revision`, with a socket for each of its listeners and the mesh's own children `own`:
///
/// ```text
/// gateway                one-for-one
/// ├── store, admin       the mesh's own
/// ├── upstreams          one-for-one, each upstream a child
/// ├── chains             one-for-one, each chain a child
/// ├── reviser            edits chains; makes the edits again that were kept
/// ├── listeners          one-for-one, each listener a child
/// └── readiness          finds out whether upstreams can be reached
/// ```
///
/// Listeners start last of those that serve, and stop first: nothing comes in before it can be answered, and what came in is answered
/// before anything else stops. The admin side stays to the end, so that a drain can be watched.
pub(crate) fn declare(
    revision: Revision,
    sockets: Vec<ListeningSocket>,
    own: Vec<Child>,
    options: listener::Options,
) -> Supervisor {
    let group = |name| Supervisor::one_for_one(name).intensity(10, Duration::from_secs(30));
    let upstreams = revision
        .upstreams
        .into_iter()
        .map(|upstream| Child(Part::Configured(Box::new(upstream))));
    let chains = revision
        .chains
        .into_iter()
        .map(|chain| Child(Part::Chain(chain.into())));
    let listeners = revision
        .listeners
        .into_iter()
        .zip(sockets)
        .map(|(configured, socket)| {
            Child(Part::Listener(Box::new(OpenListener {
                name: socket.local_addr().unwrap_or(configured.bind).to_string(),
                socket,
                chain: configured.chain,
                options: listener::Options {
                    // It has been checked that it is the name of a header.
                    tenant: configured.tenant.and_then(|name| name.parse().ok()),
                    expose: configured.expose,
                    limits: configured.limits,
                    trusted_hops: configured.trusted_hops,
                    ..options.clone()
                },
            })))
        });
    Supervisor::one_for_one(ROOT)
        .children(own)
        .child(group("upstreams").children(upstreams))
        .child(group("chains").children(chains))
        .child(Child(Part::Reviser))
        .child(group("listeners").children(listeners))
        .child(Child(Part::Readiness))
}

pub(crate) fn bind(addr: SocketAddr) -> Result<ListeningSocket, Error> {
    hedgerow_http::bind(addr).map_err(|why| Error::Bind { addr, why })
}
