//! The trace of a request, from its client to the endpoint.
#![allow(clippy::unwrap_used)]

use hedgerow_tests::client::request;
use hedgerow_tests::config::Config;
use hedgerow_tests::{Endpoint, Gateway, Place};

const ID: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

#[test]
fn k9_a_trace_is_continued_or_begun_and_what_abuses_it_goes_no_further() {
    let (place, web) = (Place::new(), Endpoint::start("web"));
    let config = Config::to("/", "web", &[web.addr()]).node("{ kind: trace, sample: 0, parent: ignore }");
    let gateway = Gateway::serve(&place, &config);
    let came = format!("00-{ID}-{SPAN}-01");
    let many = vec!["a=1"; 512].join(",");
    let upper = came.to_uppercase();
    type Case<'a> = (&'a [(&'a str, &'a str)], bool, Option<&'a str>);
    let cases: [Case<'_>; 7] = [
        (
            &[("traceparent", &came), ("tracestate", "a=1,b=2")],
            true,
            Some("a=1,b=2"),
        ),
        (&[("traceparent", &came), ("tracestate", &many)], true, None),
        (&[("traceparent", &came), ("tracestate", "A=1")], true, None),
        (&[("traceparent", &upper), ("tracestate", "a=1")], false, None),
        (&[("traceparent", &came), ("traceparent", &came)], false, None),
        (&[("tracestate", "a=1")], false, None),
        (&[], false, None),
    ];
    for (headers, is_continued, state) in cases {
        assert_eq!(
            request(gateway.addr(), "GET", "/", headers, b"").unwrap().status,
            200
        );
        let head = web.heads().pop().unwrap();
        let parents: Vec<&String> = head
            .fields
            .iter()
            .filter(|(name, _)| name == "traceparent")
            .map(|(_, value)| value)
            .collect();
        let [parent] = parents[..] else {
            panic!("{headers:?}: {head:?}")
        };
        let parts: Vec<&str> = parent.split('-').collect();
        assert_eq!((parts.len(), parts[0]), (4, "00"), "{parent}");
        assert_eq!(parts[1] == ID, is_continued, "{headers:?}: {parent}");
        assert!(parts[2] != SPAN && parts[2].len() == 16, "{parent}");
        // Its client says that it is recorded; whether it is, is ours to say.
        assert_eq!(u8::from_str_radix(parts[3], 16).unwrap() & 1, 0, "{parent}");
        assert_eq!(head.field("tracestate"), state, "{headers:?}");
    }
}
