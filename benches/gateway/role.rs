//! What a process of this bench is: the one that measures, or a child that serves.

use std::env;
use std::io::{self, Read as _, Write as _};
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread;

use hedgerow::{Builder, Mesh};

use crate::{cores, plain, relay, upstream};

/// Before the role and what it needs. Cargo passes arguments of its own to a bench, which are not looked at.
const MARK: &str = "--serve-as";

/// What a child serves as.
pub(crate) enum Role {
    /// Answers each request with 1 KiB.
    Upstream,
    /// Hands requests to the upstream at this address, without the mesh.
    Plain(SocketAddr),
    /// Moves bytes between clients and the upstream at this address, and does nothing else.
    Relay(SocketAddr),
    /// The gateway with this config file.
    Gateway(PathBuf),
    /// The gateway with this config file, whose breakers are kept in this directory.
    Kept {
        /// The config file.
        config: PathBuf,
        /// The directory.
        state: PathBuf,
    },
}

impl Role {
    /// The role that the parent gave to this process; none where it is the parent. The core that comes with it has
    /// been taken.
    pub(crate) fn of_this_process() -> io::Result<Option<Self>> {
        let mut arguments = env::args().skip_while(|argument| argument != MARK).skip(1);
        let Some(role) = arguments.next() else {
            return Ok(None);
        };
        let mut next = || {
            arguments
                .next()
                .ok_or_else(|| io::Error::other("a role without what it needs"))
        };
        // Before any thread is started, so that all threads have it.
        if let Ok(core) = next()?.parse() {
            cores::keep_to(core)?;
        }
        match role.as_str() {
            "upstream" => Ok(Some(Self::Upstream)),
            "plain" => Ok(Some(Self::Plain(next()?.parse().map_err(io::Error::other)?))),
            "relay" => Ok(Some(Self::Relay(next()?.parse().map_err(io::Error::other)?))),
            "gateway" => Ok(Some(Self::Gateway(next()?.into()))),
            "kept" => Ok(Some(Self::Kept {
                config: next()?.into(),
                state: next()?.into(),
            })),
            _ => Err(io::Error::other(format!("no role is called {role}"))),
        }
    }

    /// The arguments that give it to a child.
    pub(crate) fn arguments(&self, core: Option<usize>) -> Vec<String> {
        let core = core.map_or_else(|| "any".to_owned(), |core| core.to_string());
        let (name, needs) = match self {
            Self::Upstream => ("upstream", vec![]),
            Self::Plain(upstream) => ("plain", vec![upstream.to_string()]),
            Self::Relay(upstream) => ("relay", vec![upstream.to_string()]),
            Self::Gateway(config) => ("gateway", vec![config.display().to_string()]),
            Self::Kept { config, state } => (
                "kept",
                vec![config.display().to_string(), state.display().to_string()],
            ),
        };
        [MARK.to_owned(), name.to_owned(), core]
            .into_iter()
            .chain(needs)
            .collect()
    }

    /// Serves until the parent closes this process's stdin, which it also does by dying.
    pub(crate) fn play(self) -> io::Result<()> {
        thread::spawn(|| {
            let mut end = [0];
            // Nothing is ever sent: whatever comes is the end.
            let _ = io::stdin().read(&mut end);
            std::process::exit(0);
        });
        match self {
            Self::Upstream => upstream::serve(),
            Self::Plain(upstream) => plain::serve(upstream),
            Self::Relay(upstream) => relay::serve(upstream),
            Self::Gateway(config) => serve_gateway(Mesh::from_config(config)),
            Self::Kept { config, state } => serve_gateway(Mesh::from_config(config).store(state)),
        }
    }
}

/// Tells the parent where this process serves.
pub(crate) fn ready(addr: SocketAddr) -> io::Result<()> {
    println!("{addr}");
    io::stdout().flush()
}

fn serve_gateway(mesh: Builder) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mesh = mesh
            .workers(NonZeroUsize::MIN)
            .start()
            .await
            .map_err(io::Error::other)?;
        let addr = mesh
            .listen_addrs()
            .first()
            .ok_or_else(|| io::Error::other("no listener"))?;
        ready(*addr)?;
        Err(io::Error::other(format!(
            "the mesh ended: {:?}",
            mesh.wait().await
        )))
    })
}
