//! How a mesh ends: once, whoever asks and however often, and to the end even if who asked has lost patience.

use std::sync::Arc;

use hedgerow_store::Store;
use hedgerow_supervisor::{Arbiters, Events, Exit, Tree};
use tokio::sync::{oneshot, watch};

use crate::io::Io;

/// Stops the tree, closes the store, ends the threads; then says how the tree ended.
///
/// It has a thread of its own: no caller's runtime waits for the disk, and a caller that goes away stops nothing.
pub(crate) fn begin(
    tree: Arc<Tree>,
    store: Store,
    arbiters: Arbiters,
    io: Io,
) -> watch::Receiver<Option<Exit>> {
    let (ended, wait) = watch::channel(None);
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let exit = match &runtime {
            Ok(runtime) => runtime.block_on(tree.stop()),
            Err(error) => {
                tracing::error!("the tree is not stopped in order: {error}");
                Exit::Lost
            }
        };
        tree.directory().events().end();
        drop(tree);
        io.end();
        store.close();
        if let Ok(runtime) = &runtime {
            runtime.block_on(arbiters.shutdown());
        }
        ended.send_replace(Some(exit));
    };
    if let Err(error) = std::thread::Builder::new()
        .name("hedgerow-end".into())
        .spawn(work)
    {
        tracing::error!("no thread to end the mesh on: {error}");
    }
    wait
}

/// Closes the store on a thread of its own, because that waits for the disk.
pub(crate) async fn close(store: Store, events: &Events) {
    events.end();
    let (closed, wait) = oneshot::channel();
    let work = move || {
        store.close();
        let _ = closed.send(());
    };
    match std::thread::Builder::new()
        .name("hedgerow-close".into())
        .spawn(work)
    {
        Ok(_) => {
            let _ = wait.await;
        }
        Err(error) => tracing::error!("no thread to close the store on: {error}"),
    }
}
