//! `deadline`.

use std::time::Duration;

use hedgerow_config::{Deadline, Node};

use super::{Asked, Stage, run};
use crate::chain::{Arrival, TimeLeft};

const OURS: &str = "x-hedgerow-deadline-ms";
const GRPC: &str = "grpc-timeout";

/// What a client says.
type Fields = &'static [(&'static str, &'static str)];

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn asked(headers: &[(&'static str, &str)]) -> Asked {
    let mut asked = Asked::get("/");
    for (name, value) in headers {
        asked.headers.append(*name, value.parse().unwrap());
    }
    asked
}

async fn stage() -> Stage {
    let edge = Deadline::new(ms(5_000)).max(ms(30_000)).min(ms(50));
    Stage::of(vec![Node::new("deadline", edge)]).await
}

#[test]
fn the_shortest_of_what_is_asked_for_is_given_up_to_the_most_and_else_the_default() {
    run(async {
        let stage = stage().await;
        let cases: [(Fields, u64, u64); 12] = [
            (&[], 5_000, 5_000),
            (&[(OURS, "200")], 200, 5_000),
            (&[(OURS, "20000")], 20_000, 20_000),
            (&[(OURS, "60000")], 30_000, 30_000),
            (&[(OURS, "999999999999999")], 30_000, 30_000),
            (&[(GRPC, "2S")], 2_000, 5_000),
            (&[(GRPC, "1M")], 30_000, 30_000),
            (&[(GRPC, "99999999H")], 30_000, 30_000),
            (&[(GRPC, "300m")], 300, 5_000),
            (&[(GRPC, "90000u")], 90, 5_000),
            (&[(GRPC, "60000000n")], 60, 5_000),
            (&[(OURS, "700"), (GRPC, "600m")], 600, 5_000),
        ];
        for (headers, limit, ordinary) in cases {
            let Ok(Arrival::Through(mut passage)) = stage.walk(&mut asked(headers)) else {
                panic!("turned back: {headers:?}")
            };
            let expected = TimeLeft {
                left: ms(limit),
                limit: ms(limit),
                ordinary: ms(ordinary),
            };
            assert_eq!(passage.deadline(), Some(expected), "{headers:?}");
            tokio::time::advance(ms(10)).await;
        }
        stage.end().await;
    });
}

#[test]
fn what_is_malformed_or_too_short_is_refused() {
    run(async {
        let stage = stage().await;
        let long = "1".repeat(100);
        let cases = [
            (
                OURS,
                "soon",
                400,
                "x-hedgerow-deadline-ms: milliseconds in up to 15 digits",
                "soon",
            ),
            (
                OURS,
                "-1",
                400,
                "x-hedgerow-deadline-ms: milliseconds in up to 15 digits",
                "-1",
            ),
            (
                OURS,
                "",
                400,
                "x-hedgerow-deadline-ms: milliseconds in up to 15 digits",
                "",
            ),
            (
                OURS,
                long.as_str(),
                400,
                "x-hedgerow-deadline-ms: milliseconds in up to 15 digits",
                &long[..40],
            ),
            (
                GRPC,
                "5",
                400,
                "grpc-timeout: up to 8 digits and one of H, M, S, m, u, n",
                "5",
            ),
            (
                GRPC,
                "S",
                400,
                "grpc-timeout: up to 8 digits and one of H, M, S, m, u, n",
                "S",
            ),
            (
                GRPC,
                "5s",
                400,
                "grpc-timeout: up to 8 digits and one of H, M, S, m, u, n",
                "5s",
            ),
            (
                GRPC,
                "123456789m",
                400,
                "grpc-timeout: up to 8 digits and one of H, M, S, m, u, n",
                "123456789m",
            ),
            (OURS, "49", 504, "at least 50ms", "49ms"),
            (OURS, "0", 504, "at least 50ms", "0ns"),
        ];
        for (name, value, status, limit, observed) in cases {
            let turned = stage.walk(&mut asked(&[(name, value)])).unwrap_err();
            let refusal = turned.refusal();
            assert_eq!(turned.status().as_u16(), status, "{name}: {value}");
            assert_eq!(
                refusal.to_string(),
                format!("edge/node/deadline; rule=deadline; limit={limit}; observed={observed}")
            );
        }
        stage.end().await;
    });
}

#[test]
fn without_a_least_time_only_what_is_over_already_is_refused() {
    run(async {
        let stage = Stage::of(vec![Node::new("deadline", Deadline::default())]).await;
        assert!(stage.walk(&mut asked(&[(GRPC, "1n")])).is_ok());
        let turned = stage.walk(&mut asked(&[(GRPC, "0S")])).unwrap_err();
        assert_eq!(
            turned.refusal().to_string(),
            "edge/node/deadline; rule=deadline; limit=more than 0; observed=0ns"
        );
        stage.end().await;
    });
}

#[test]
fn a_second_one_can_only_shorten() {
    run(async {
        for (first, second) in [(2, 9), (9, 2)] {
            let nodes = [("first", first), ("second", second)];
            let nodes = nodes.map(|(name, seconds)| Node::new(name, Deadline::new(ms(seconds * 1_000))));
            let stage = Stage::of(nodes.into()).await;
            let Ok(Arrival::Through(mut passage)) = stage.walk(&mut Asked::get("/")) else {
                panic!("turned back")
            };
            let time = passage.deadline().unwrap();
            assert_eq!((time.left, time.limit), (ms(2_000), ms(2_000)));
            tokio::time::advance(ms(5_000)).await;
            drop(passage);
            stage.end().await;
        }
    });
}
