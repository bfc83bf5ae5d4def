//! `requestId`.

use hedgerow_config::{IdCharacters, KeepId, Node, RequestId};
use http::{HeaderName, HeaderValue, StatusCode};

use super::{Asked, Stage, run};
use crate::chain::{Arrival, KnownId, NotEditable, Reply, RequestHead};

const NAME: &str = "x-request-id";

fn asked(id: &str) -> Asked {
    let mut asked = Asked::get("/");
    asked.headers.insert(NAME, id.parse().unwrap());
    asked
}

/// The id that a request has beyond the node, which is the same for whoever is called, the nodes and the client.
fn id_of(stage: &Stage, asked: &mut Asked, header: &'static str) -> String {
    let Ok(Arrival::Through(passage)) = stage.walk(asked) else {
        panic!("turned back")
    };
    let mut reply = Reply::new(StatusCode::OK);
    passage.answer(&mut reply).unwrap().complete();
    assert_eq!(reply.headers.get(header), asked.headers.get(header));
    let id = asked.headers[header].to_str().unwrap();
    id.to_owned()
}

#[test]
fn an_id_is_kept_that_may_be_and_any_other_is_replaced() {
    run(async {
        let long = "a".repeat(129);
        let cases = [
            (RequestId::new(), "a-b/c:d", true),
            (RequestId::new(), &long[1..], true),
            (RequestId::new(), long.as_str(), false),
            (RequestId::new(), "a b", false),
            (RequestId::new(), "", false),
            (RequestId::new().max_length(3), "abc", true),
            (RequestId::new().max_length(3), "abcd", false),
            (RequestId::new().characters(IdCharacters::Plain), "a-B_3.c", true),
            (RequestId::new().characters(IdCharacters::Plain), "a/b", false),
            (RequestId::new().keep(KeepId::Never), "abc", false),
            // Nobody says that its sender is trusted.
            (RequestId::new().keep(KeepId::Trusted), "abc", false),
        ];
        for (config, came, is_kept) in cases {
            let stage = Stage::of(vec![Node::new("id", config.clone())]).await;
            let id = id_of(&stage, &mut asked(came), NAME);
            assert_eq!(id == came, is_kept, "{came:?} by {config:?}");
            assert!(is_kept || id.len() == 30, "{id}");
            stage.end().await;
        }
    });
}

#[test]
fn a_request_without_an_id_or_with_two_is_given_a_new_one_in_the_header_that_was_asked_for() {
    run(async {
        const OTHER: &str = "x-correlation-id";
        let config = RequestId::new().header(OTHER);
        let stage = Stage::of(vec![Node::new("id", config)]).await;
        let first = id_of(&stage, &mut Asked::get("/"), OTHER);
        let mut ordinary = asked("7");
        let second = id_of(&stage, &mut ordinary, OTHER);
        assert_eq!(ordinary.headers[NAME], "7", "it is not the node's");
        let mut twice = Asked::get("/");
        twice.headers.append(OTHER, HeaderValue::from_static("a"));
        twice.headers.append(OTHER, HeaderValue::from_static("b"));
        let third = id_of(&stage, &mut twice, OTHER);
        assert!(first != second && second != third && third.len() == 30);
        stage.end().await;
    });
}

/// From a trusted hop, with an id that the adapter knows.
struct Known {
    asked: Asked,
    id: HeaderValue,
    came: bool,
}

impl RequestHead for Known {
    fn method(&self) -> &str {
        "GET"
    }

    fn path(&self) -> &str {
        "/"
    }

    fn is_from_trusted_hop(&self) -> bool {
        true
    }

    fn header(&self, name: &HeaderName) -> Option<&[u8]> {
        self.asked.header(name)
    }

    fn request_id(&self) -> Option<KnownId<'_>> {
        Some(if self.came {
            KnownId::Kept(&self.id)
        } else {
            KnownId::Made(&self.id)
        })
    }

    fn set_request_id(&mut self, _: HeaderName, id: HeaderValue) -> Result<(), NotEditable> {
        self.id = id;
        Ok(())
    }
}

#[test]
fn an_id_that_the_adapter_has_made_is_used_and_one_that_it_kept_only_where_the_node_keeps_it() {
    run(async {
        let cases = [
            (KeepId::Trusted, "7", true, "7"),
            (KeepId::Never, "7", true, "a new one"),
            (KeepId::Never, "made", false, "made"),
            (KeepId::Trusted, "made", false, "7"),
        ];
        for (keep, known, came, expected) in cases {
            let config = RequestId::new().keep(keep);
            let stage = Stage::of(vec![Node::new("id", config)]).await;
            let mut head = Known {
                asked: asked("7"),
                id: HeaderValue::from_static(known),
                came,
            };
            let mut cursor = stage.chain.enter();
            let mut task = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(cursor.poll_descend(&mut head, &mut task).is_ready());
            let is_new = head.id.len() == 30;
            assert!(
                head.id == expected || (is_new && expected == "a new one"),
                "{:?}",
                head.id
            );
            drop(cursor);
            stage.end().await;
        }
    });
}
