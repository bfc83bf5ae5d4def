//! The frames of one viewer, in paused time.
#![allow(clippy::unwrap_used)]

use futures_util::StreamExt as _;
use hedgerow_supervisor::{Arbiters, Ground, Persistence, Supervisor, Tree};
use hedgerow_view::Path;
use tokio::sync::Semaphore;

use super::board::EVERY;
use super::*;

async fn tree() -> (Tree, Arbiters) {
    let arbiters = Arbiters::current_thread();
    let spec = Supervisor::one_for_one("shop").child(Supervisor::one_for_one("till"));
    let tree = Tree::start(spec, &Ground::new(arbiters.clone())).await.unwrap();
    (tree, arbiters)
}

fn viewer(directory: &Directory, board: &Arc<Board>, after: u64) -> Viewer {
    let place = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
    Viewer::new(directory.clone(), board.clone(), after, place)
}

fn emit(directory: &Directory, count: usize) {
    for _ in 0..count {
        let root = Path::root("shop");
        directory
            .events()
            .emit("test", &root, None, "because", Persistence::Volatile);
    }
}

async fn text(viewer: &mut Viewer) -> String {
    String::from_utf8(viewer.next().await.unwrap().to_vec()).unwrap()
}

/// A viewer that has been told all that there was when it came.
async fn caught_up(directory: &Directory, board: &Arc<Board>) -> Viewer {
    let mut viewer = viewer(directory, board, u64::MAX - 1);
    for expected in ["retry: 1000\n\nevent: hello\n", "event: tree\n", "id: "] {
        let frames = text(&mut viewer).await;
        assert!(frames.starts_with(expected), "{frames}");
    }
    viewer
}

#[actix::test]
async fn a_viewer_is_sent_all_there_is_first_and_then_the_kept_events() {
    let (tree, _arbiters) = tree().await;
    let directory = tree.directory().clone();
    let mut viewer = viewer(&directory, &Arc::default(), 0);
    let last = directory.events().since(0).last().unwrap().seq;
    assert_eq!(
        text(&mut viewer).await,
        format!(
            "retry: 1000\n\nevent: hello\ndata: {{\"all\":true,\"last\":{last}}}\n\n\
             event: past\ndata: {{\"agesMs\":[],\"rates\":{{}}}}\n\n"
        )
    );
    let whole = text(&mut viewer).await;
    assert!(whole.contains("\"order\":[\"shop\",\"shop/till\"]"), "{whole}");
    assert!(whole.contains("\"ready\":true"), "{whole}");
    let past = text(&mut viewer).await;
    assert!(past.starts_with("id: 1\nevent: happened\ndata: {"), "{past}");
    assert_eq!(past.matches("event: happened").count() as u64, last);
    tree.stop().await;
}

#[actix::test]
async fn an_event_is_sent_at_once_and_several_together() {
    let (tree, _arbiters) = tree().await;
    let directory = tree.directory().clone();
    let mut viewer = caught_up(&directory, &Arc::default()).await;
    emit(&directory, 3);
    let frames = text(&mut viewer).await;
    assert_eq!(frames.matches("event: happened").count(), 3, "{frames}");
    tree.stop().await;
}

#[actix::test]
async fn a_viewer_that_lags_is_told_how_many_events_it_missed_and_goes_on() {
    let (tree, _arbiters) = tree().await;
    let directory = tree.directory().clone();
    let mut viewer = caught_up(&directory, &Arc::default()).await;
    emit(&directory, 256 + 10);
    let frames = text(&mut viewer).await;
    assert!(
        frames.starts_with("event: missed\ndata: {\"missed\":10}\n\nid: "),
        "{frames}"
    );
    assert_eq!(frames.matches("event: happened").count(), TOGETHER - 1);
    tree.stop().await;
}

#[actix::test]
async fn events_without_end_do_not_keep_the_views_from_a_viewer() {
    let (tree, _arbiters) = tree().await;
    let directory = tree.directory().clone();
    let mut viewer = caught_up(&directory, &Arc::default()).await;
    tokio::time::pause();
    tokio::time::advance(EVERY).await;
    emit(&directory, 1);
    let frames = text(&mut viewer).await;
    assert!(frames.contains("event: seen"), "{frames}");
    assert!(text(&mut viewer).await.contains("event: happened"));
    tree.stop().await;
}

#[actix::test]
async fn the_stream_ends_for_nobody_and_goes_on_every_second() {
    let (tree, _arbiters) = tree().await;
    let directory = tree.directory().clone();
    let viewer = caught_up(&directory, &Arc::default()).await;
    tokio::time::pause();
    let mut frames = Box::pin(viewer.frames());
    let start = Instant::now();
    for _ in 0..3 {
        let frame = frames.next().await.unwrap().unwrap();
        assert!(String::from_utf8_lossy(&frame).contains("event: seen"));
    }
    let took = start.elapsed();
    assert!(took > EVERY * 2 && took <= EVERY * 3 + EVERY / 10, "{took:?}");
    tree.stop().await;
}
