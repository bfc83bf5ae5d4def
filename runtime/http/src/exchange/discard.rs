//! An answer that nobody is to see.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use http_body::Body as _;
use tokio::time::{Instant, sleep};

use crate::wire::Answer;

/// Bytes that are read of it.
const MOST: usize = 64 * 1024;

/// Reads an answer, so that its connection can be used again. One that is longer, or not there within this time, has its connection
/// closed.
pub(super) async fn discard(answer: Answer, within: Duration) {
    let Answer { response, lease } = answer;
    let mut body = response.into_body();
    let mut read = 0;
    let mut limit = pin!(sleep(within));
    let is_whole = poll_fn(|task| {
        loop {
            if body.is_end_stream() {
                return Poll::Ready(true);
            }
            match Pin::new(&mut body).poll_frame(task) {
                Poll::Ready(None) => return Poll::Ready(true),
                Poll::Ready(Some(Ok(frame))) => read += frame.data_ref().map_or(0, |data| data.len()),
                Poll::Ready(Some(Err(_))) => return Poll::Ready(false),
                // What is here already is read in any case.
                Poll::Pending => return limit.as_mut().poll(task).map(|()| false),
            }
            if read > MOST {
                return Poll::Ready(false);
            }
        }
    })
    .await;
    if is_whole {
        lease.give_back(Instant::now());
    } else {
        drop(lease);
    }
}
