//! Nodes that wait, under a runtime.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;

use super::super::{Arrival, Cx, End, Flow, Node, Reply, RequestHead};
use super::{Get, bare, run};

/// Asks somebody far away how far it is.
struct Asks(Duration);

impl Node for Asks {
    type State = ();

    fn on_request(&self, _: &mut dyn RequestHead, (): &mut (), cx: &mut Cx) -> Flow {
        let far = self.0;
        cx.wait(async move {
            tokio::time::sleep(far).await;
            far
        })
    }

    fn on_resume(&self, _: &mut dyn RequestHead, (): &mut (), cx: &mut Cx) -> Flow {
        match cx.landed::<Duration>() {
            Some(far) if far == self.0 => Flow::Next,
            other => cx.refuse(
                StatusCode::BAD_GATEWAY,
                "asked",
                format!("{:?}", self.0),
                format!("{other:?}"),
            ),
        }
    }
}

#[test]
fn nodes_wait_one_after_the_other_while_other_requests_pass() {
    run(async {
        let far = |seconds| Arc::new(Asks(Duration::from_secs(seconds)));
        let chain = bare(vec![far(1), far(2)]);
        let begun = tokio::time::Instant::now();
        let (mut one, mut other) = (Get("/one"), Get("/other"));
        let both = tokio::join!(chain.enter().descend(&mut one), chain.enter().descend(&mut other));
        assert_eq!(begun.elapsed(), Duration::from_secs(3));
        let (Ok(Arrival::Through(one)), Ok(Arrival::Through(other))) = both else {
            panic!("not through")
        };
        drop((one, other));
        assert_eq!(chain.contexts().made, 2);
    });
}

/// Waits for futures of two types.
struct AsksTwice;

impl Node for AsksTwice {
    type State = u32;

    fn on_request(&self, _: &mut dyn RequestHead, _: &mut u32, cx: &mut Cx) -> Flow {
        cx.wait(async { 7_u8 })
    }

    fn on_resume(&self, _: &mut dyn RequestHead, asked: &mut u32, cx: &mut Cx) -> Flow {
        *asked += 1;
        if *asked == 1 {
            assert_eq!(
                (cx.landed::<u16>(), cx.landed::<u8>(), cx.landed::<u8>()),
                (None, Some(7), None)
            );
            return cx.wait(async { "second".to_owned() });
        }
        let text = cx.landed::<String>().unwrap_or_default();
        cx.reply(Reply::new(StatusCode::OK).body(text.into_bytes()))
    }
}

#[test]
fn what_comes_of_a_future_lands_once_and_by_its_own_type() {
    run(async {
        let chain = bare(vec![Arc::new(AsksTwice)]);
        for _ in 0..2 {
            let Ok(Arrival::Replied(reply, ending)) = chain.enter().descend(&mut Get("/")).await else {
                panic!("not answered")
            };
            assert_eq!(&*reply.body, b"second");
            ending.complete();
        }
    });
}

/// The future of an adapter can move between threads where the request can.
#[test]
fn a_walk_is_send() {
    fn is_send<T: Send>(_: &T) {}
    let chain = bare(vec![Arc::new(AsksTwice)]);
    let mut head = Get("/");
    is_send(&chain.enter().descend(&mut head));
    is_send(&End::Ok);
}
