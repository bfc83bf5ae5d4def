//! What a process of this bench is: the one that measures, or a gateway.

use std::env;
use std::io::{self, Read as _};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread;

use hedgerow::Mesh;

/// Before the gateway's config file and the directory of its state. Cargo passes arguments of its own to a bench.
pub(crate) const MARK: &str = "--gateway";

/// Serves as a gateway with one worker.
pub(crate) struct Gateway {
    config: PathBuf,
    state: PathBuf,
}

impl Gateway {
    /// What the parent asked for; `None` where this process is the parent.
    pub(crate) fn of_this_process() -> Option<Self> {
        let mut arguments = env::args_os().skip_while(|argument| argument != MARK).skip(1);
        Some(Self {
            config: arguments.next()?.into(),
            state: arguments.next()?.into(),
        })
    }

    /// Serves until the parent closes this process's stdin, which it also does by dying.
    pub(crate) fn serve(self) -> io::Result<()> {
        thread::spawn(|| {
            // Nothing is ever sent: whatever comes is the end.
            let _ = io::stdin().read(&mut [0]);
            std::process::exit(0);
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let mesh = Mesh::from_config(self.config)
                .store(self.state)
                .workers(NonZeroUsize::MIN)
                .start()
                .await
                .map_err(io::Error::other)?;
            Err(io::Error::other(format!(
                "the mesh ended: {:?}",
                mesh.wait().await
            )))
        })
    }
}
