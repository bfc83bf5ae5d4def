//! What nodes may do to heads, tell each other, and answer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use hedgerow_view::Refusal;
use http::{HeaderName, HeaderValue, StatusCode};

use super::super::{
    Arrival, Attributes, Cx, End, Flow, Node, NotEditable, Reply, ReplyHead, RequestHead, Turned, node_fn,
};
use super::{Get, arrive, bare, counts};

const MARK: HeaderName = HeaderName::from_static("x-mark");

/// Says on the way out what it was told on the way in.
#[derive(Default)]
struct Marks {
    told: Mutex<Vec<(End, String)>>,
}

impl Node for Marks {
    type State = Option<String>;

    fn on_request(&self, head: &mut dyn RequestHead, seen: &mut Option<String>, cx: &mut Cx) -> Flow {
        *seen = Some(head.path().to_owned());
        cx.attributes().set("path", head.path());
        Flow::Next
    }

    fn on_reply(&self, head: &mut dyn ReplyHead, seen: &mut Option<String>, attributes: &mut Attributes) {
        let mark = format!(
            "{} {}",
            seen.as_deref().unwrap_or("?"),
            attributes.get("by").unwrap_or("?")
        );
        head.set_header(MARK, HeaderValue::try_from(mark).unwrap());
        head.set_status(StatusCode::ACCEPTED);
    }

    fn on_end(&self, end: End, _: &mut Option<String>, attributes: &Attributes) {
        let by = attributes.get("by").unwrap_or("?").to_owned();
        self.told.lock().unwrap().push((end, by));
    }
}

#[test]
fn a_node_remembers_for_its_request_and_tells_the_others_and_edits_the_reply_of_one_below() {
    let marks = Arc::new(Marks::default());
    let below = node_fn(|_, cx| {
        assert_eq!(cx.attributes().get("path"), Some("/pay"));
        cx.attributes().set("by", "below");
        cx.reply(Reply::new(StatusCode::OK).body(b"made here".as_slice()))
    });
    let chain = bare(vec![marks.clone(), Arc::new(below)]);
    let Ok(Arrival::Replied(reply, ending)) = arrive(&chain, "/pay") else {
        panic!("not answered")
    };
    let expected = Reply::new(StatusCode::ACCEPTED)
        .header(MARK, HeaderValue::from_static("/pay below"))
        .body(b"made here".as_slice());
    assert_eq!(*reply, expected);
    assert!(marks.told.lock().unwrap().is_empty(), "its body is not sent");
    ending.complete();
    assert_eq!(*marks.told.lock().unwrap(), [(End::Ok, "below".to_owned())]);
}

#[test]
fn a_refusal_names_its_node_and_keeps_what_the_node_says() {
    let refusal =
        Refusal::new("", "quota", "500 per second", "501").retry_after(std::time::Duration::from_secs(2));
    let said = refusal.clone();
    let quota = node_fn(move |_, cx| cx.refuse_with(StatusCode::TOO_MANY_REQUESTS, said.clone()));
    let chain = bare(vec![Arc::new(quota)]);
    let turned = arrive(&chain, "/").unwrap_err();
    assert_eq!(turned.status(), StatusCode::TOO_MANY_REQUESTS);
    let id = "bare/node/n0".to_owned();
    let Turned::Refused { refusal: found, .. } = turned else {
        panic!("{turned:?}")
    };
    assert_eq!(*found, Refusal { id, ..refusal });
}

#[test]
fn a_head_that_cannot_be_edited_says_so() {
    let edits = node_fn(|head, cx| match head.set_path("/other") {
        Ok(()) => Flow::Next,
        Err(refused) => cx.refuse(
            StatusCode::INTERNAL_SERVER_ERROR,
            "rewrite",
            "a path",
            refused.to_string(),
        ),
    });
    let chain = bare(vec![Arc::new(edits)]);
    let said = arrive(&chain, "/").unwrap_err().refusal().observed.clone();
    assert_eq!(said, NotEditable::new("the path").to_string());
    assert!(Get("/").set_header(MARK, HeaderValue::from_static("x")).is_err());
}

/// Keeps a flow that it was given, and returns it to another request.
#[derive(Default)]
struct Keeps(Mutex<Option<Flow>>);

impl Node for Keeps {
    type State = ();

    fn on_request(&self, head: &mut dyn RequestHead, (): &mut (), cx: &mut Cx) -> Flow {
        let mut kept = self.0.lock().unwrap();
        if head.path() == "/keep" {
            *kept = Some(cx.reply(Reply::new(StatusCode::OK)));
            return Flow::Next;
        }
        kept.take().unwrap_or(Flow::Next)
    }
}

#[test]
fn a_flow_of_another_request_is_told_as_a_mistake_of_the_node() {
    let chain = bare(vec![Arc::new(Keeps::default())]);
    drop(arrive(&chain, "/keep"));
    let turned = arrive(&chain, "/other").unwrap_err();
    assert_eq!(
        turned.refusal().to_string(),
        "bare/node/n0; rule=nodeMisused; limit=a call of `cx.reply` for each flow that it makes; observed=none"
    );
}

/// Panics when its request ends.
struct Ends;

impl Node for Ends {
    type State = ();

    fn on_request(&self, _: &mut dyn RequestHead, (): &mut (), _: &mut Cx) -> Flow {
        Flow::Next
    }

    fn on_end(&self, _: End, (): &mut (), _: &Attributes) {
        panic!("in its end");
    }
}

#[test]
fn a_panic_in_an_end_while_another_panic_unwinds_ends_all_others_and_not_the_process() {
    let marks = Arc::new(Marks::default());
    let chain = bare(vec![marks.clone(), Arc::new(Ends), Arc::new(Ends)]);
    let crash = catch_unwind(AssertUnwindSafe(|| {
        let _passage = arrive(&chain, "/");
        panic!("in the adapter");
    }));
    assert_eq!(crash.unwrap_err().downcast_ref::<&str>(), Some(&"in the adapter"));
    assert_eq!(*marks.told.lock().unwrap(), [(End::Failed, "?".to_owned())]);
    assert_eq!((counts(&chain, 1).panics, counts(&chain, 2).panics), (1, 1));
}

/// Its filter and its state panic when they are dropped.
struct Hostile;

#[derive(Default, PartialEq)]
struct HostileState(u32);

impl crate::pool::Reset for HostileState {
    fn reset(&mut self) {
        self.0 = 0;
    }
}

impl Drop for HostileState {
    fn drop(&mut self) {
        panic!("in the destructor of a state");
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        panic!("in the destructor of a filter");
    }
}

impl Node for Hostile {
    type State = HostileState;

    fn on_request(&self, head: &mut dyn RequestHead, _: &mut HostileState, _: &mut Cx) -> Flow {
        assert!(head.path() != "/crash", "told to");
        Flow::Next
    }
}

#[test]
fn destructors_that_panic_in_several_nodes_at_once_end_neither_the_request_before_nor_the_process() {
    let chain = bare(vec![Arc::new(Hostile), Arc::new(Hostile), Arc::new(Hostile)]);
    assert!(arrive(&chain, "/fine").is_ok());
    assert!(matches!(arrive(&chain, "/crash"), Err(Turned::NodeCrashed(_))));
    assert_eq!(chain.contexts().in_use(), 0);
    drop(chain);
}
