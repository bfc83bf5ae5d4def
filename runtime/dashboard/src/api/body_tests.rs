//! Bodies that do not come, in paused time.
#![allow(clippy::unwrap_used)]

use actix_web::FromRequest as _;
use actix_web::dev::Payload as Incoming;
use actix_web::test::TestRequest;
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};

use super::*;

/// This beginning, and then nothing more.
async fn half() -> Payload {
    let bytes = stream::iter([Ok(Bytes::from_static(b"{"))]).chain(stream::pending());
    of(Incoming::Stream {
        payload: Box::pin(bytes),
    })
    .await
}

async fn of(mut body: Incoming) -> Payload {
    let request = TestRequest::default().to_http_request();
    Payload::from_request(&request, &mut body).await.unwrap()
}

fn status(done: Result<Bytes, NotDone>) -> u16 {
    use actix_web::ResponseError as _;
    done.unwrap_err().status_code().as_u16()
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_answered_408_in_time_and_gives_its_place_back() {
    let places = Semaphore::new(1);
    for _ in 0..2 {
        let began = tokio::time::Instant::now();
        assert_eq!(status(whole(&places, half().await).await), 408);
        assert_eq!(began.elapsed(), WITHIN);
    }
}

#[tokio::test(start_paused = true)]
async fn beyond_those_that_are_waited_for_a_half_body_is_refused_at_once_and_a_whole_one_is_taken() {
    let places = Semaphore::new(2);
    let waiting = join_all([whole(&places, half().await), whole(&places, half().await)]);
    let meanwhile = async {
        let began = tokio::time::Instant::now();
        assert_eq!(status(whole(&places, half().await).await), 503);
        let order = of(Bytes::from_static(b"{}").into()).await;
        assert_eq!(whole(&places, order).await.unwrap(), "{}");
        assert_eq!(began.elapsed(), Duration::ZERO);
    };
    let (waited, ()) = futures_util::future::join(waiting, meanwhile).await;
    assert_eq!(waited.into_iter().map(status).collect::<Vec<_>>(), [408, 408]);
}
