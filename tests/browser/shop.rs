//! A mesh of actors that are broken as a test says.

use hedgerow::actix::{Actor, Handler, Message};
use hedgerow::prelude::*;
use tokio::runtime::Runtime;

/// An actor that falls when it is told to.
pub(crate) struct Clerk;

impl Actor for Clerk {
    type Context = CellContext<Self>;
}

/// Makes a clerk fall.
pub(crate) struct Fall;

impl Message for Fall {
    type Result = ();
}

impl Handler<Fall> for Clerk {
    type Result = ();

    fn handle(&mut self, _: Fall, _: &mut CellContext<Self>) {
        panic!("tripped over <b>a box</b>");
    }
}

/// A mesh with a page, and the runtime of whoever talks to it.
pub(crate) struct Shop {
    pub(crate) mesh: Mesh,
    pub(crate) runtime: Runtime,
}

impl Shop {
    /// Starts this tree.
    pub(crate) fn start(tree: Supervisor) -> Self {
        let runtime = Runtime::new().unwrap();
        let mesh = Mesh::new(tree).dashboard("127.0.0.1:0").start();
        let mesh = runtime.block_on(mesh).unwrap();
        Self { mesh, runtime }
    }

    /// Where its page is.
    pub(crate) fn admin(&self) -> std::net::SocketAddr {
        self.mesh.admin_addr().unwrap()
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        // A mesh that gave up has ended before.
        let _ = self.runtime.block_on(self.mesh.shutdown());
    }
}
