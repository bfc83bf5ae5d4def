//! What passes the scanner is read by hyper in the same way, to the same byte.
#![allow(clippy::unwrap_used)]

use std::future::poll_fn;
use std::pin::pin;

use http::Request;
use http_body::Body as _;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use proptest::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::Scanner;
use super::fuzz::{change, changed};
use super::tests::ANSWERS;
use crate::body::RequestBody;

/// Whether hyper finds a whole answer in these bytes, behind which the connection ends; and if so, whether a field told its
/// end.
fn whole_for_hyper(bytes: &[u8]) -> Option<bool> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let (ours, mut theirs) = tokio::io::duplex(bytes.len() + 1024);
        let (mut sender, driver) = http1::handshake(TokioIo::new(ours)).await.unwrap();
        let endpoint = async move {
            assert!(theirs.read(&mut [0; 1024]).await.unwrap() > 0);
            theirs.write_all(bytes).await.unwrap();
        };
        let client = async move {
            let response = sender
                .send_request(Request::new(RequestBody::none()))
                .await
                .ok()?;
            let (head, body) = response.into_parts();
            let mut body = pin!(body);
            while let Some(frame) = poll_fn(|task| body.as_mut().poll_frame(task)).await {
                frame.ok()?;
            }
            let fields = head.headers;
            Some(fields.contains_key("content-length") || fields.contains_key("transfer-encoding"))
        };
        // How the connection ends is seen in the answer.
        let (whole, (), _) = tokio::join!(client, endpoint, driver);
        whole
    })
}

fn agree(bytes: &[u8]) -> Result<(), TestCaseError> {
    let mut scanner = Scanner::default();
    scanner.ask(true);
    let Ok(taken) = scanner.scan(bytes) else {
        return Ok(());
    };
    let hypers = whole_for_hyper(&bytes[..taken]);
    // Behind an answer, a spoiled scanner is not silent any more.
    if scanner.is_silent() || scanner.is_spoiled() {
        prop_assert!(hypers.is_some(), "the scanner sees an end where hyper sees none");
        let mut less = Scanner::default();
        less.ask(true);
        prop_assert_eq!(less.scan(&bytes[..taken - 1]).ok(), Some(taken - 1));
        prop_assert!(!less.is_silent());
        prop_assert!(
            whole_for_hyper(&bytes[..taken - 1]).is_none(),
            "hyper sees an end before the scanner does"
        );
    } else {
        // Only the end of the connection may be the end of the body.
        prop_assert!(
            hypers != Some(true),
            "hyper sees an end where the scanner sees none"
        );
    }
    Ok(())
}

#[test]
fn the_scanner_and_hyper_agree_on_where_each_right_answer_ends() {
    for answer in &ANSWERS[..3] {
        for cut in 1..=answer.len() {
            agree(&answer.as_bytes()[..cut]).unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_scanner_and_hyper_agree_on_where_a_changed_answer_ends(
        answer in prop::sample::select(ANSWERS.to_vec()),
        changes in prop::collection::vec(change(), 1..4),
    ) {
        agree(&changed(answer, changes))?;
    }
}
