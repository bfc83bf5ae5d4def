//! The actor behind the admin listener.

use std::io;
use std::sync::{Arc, OnceLock};

use actix::{Actor, ActorContext as _, ActorFutureExt as _, AsyncContext as _, Running, WrapFuture as _};
use hedgerow_dashboard::{Admin, ServeError, serve};
use hedgerow_http::ListeningSocket;
use hedgerow_supervisor::{CellContext, ChildSpec, Doorbell};
use hedgerow_view::Identity;

/// What the listener shows: known once the tree that it is part of has been started.
pub(crate) type LateAdmin = Arc<OnceLock<Admin>>;

/// Makes the child that serves the admin side, and the bell to ring once there is something to show. The socket
/// belongs to the place: a restart closes the connections that were open, and new ones are served again.
pub(crate) fn spec(socket: ListeningSocket, admin: LateAdmin) -> (ChildSpec, Doorbell) {
    let socket = Arc::new(socket);
    let (spec, handle) = ChildSpec::actor("admin", move || AdminListener {
        socket: socket.clone(),
        admin: admin.clone(),
        stop: None,
    });
    (
        spec.kind("listener").identity(Identity::new("listener", "admin")),
        handle.doorbell(),
    )
}

struct AdminListener {
    socket: Arc<ListeningSocket>,
    admin: LateAdmin,
    /// Stops the server that runs.
    stop: Option<Box<dyn FnOnce()>>,
}

impl Actor for AdminListener {
    type Context = CellContext<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.on_bell(Self::serve);
        context.run_interval(Admin::REMEMBERED_EVERY, |listener, _| {
            if let Some(admin) = listener.admin.get() {
                admin.remember();
            }
        });
        self.serve(context);
    }

    fn stopping(&mut self, _: &mut Self::Context) -> Running {
        match self.stop.take() {
            // The server's own end stops the actor.
            Some(stop) => {
                stop();
                Running::Continue
            }
            None => Running::Stop,
        }
    }
}

impl AdminListener {
    fn serve(&mut self, context: &mut CellContext<Self>) {
        let (Some(admin), None) = (self.admin.get(), &self.stop) else {
            return;
        };
        let socket = self.socket.try_clone().map_err(ServeError::Listen);
        match socket.and_then(|socket| serve(socket, admin.clone())) {
            Ok(server) => {
                let handle = server.handle();
                // The order to stop is sent by the call; the future only waits for the end, which `server` tells.
                self.stop = Some(Box::new(move || drop(handle.stop(false))));
                context.spawn(server.into_actor(self).map(|ended, listener, context| {
                    // Whatever ended it, there is no server left to stop.
                    match (ended, listener.stop.take()) {
                        (Ok(()), None) => context.stop(),
                        (Ok(()), Some(_)) => {
                            context.fail(io::Error::other("the admin server ended by itself"))
                        }
                        (Err(error), _) => context.fail(error),
                    }
                }));
            }
            Err(error) => context.fail(error),
        }
    }
}
