//! One table of cases, under every adapter.

use hedgerow::actors::chain::End;
use hedgerow::view::DenialView;
use hedgerow_tests::patience::until;

use crate::nodes::NODES;
use crate::stands::{Dialect, Stand, Told, each};

/// What a request asks for, and what is to become of it.
struct Case {
    wish: &'static str,
    /// By HTTP, by gRPC, and for a plain call.
    codes: [u16; 3],
    /// Who refuses it: `x-hedgerow-refused`.
    refused: Option<&'static str>,
    retry_after: Option<&'static str>,
    /// How many of the nodes it enters.
    entered: usize,
    end: End,
}

const fn passes(wish: &'static str) -> Case {
    Case {
        wish,
        codes: [200, 0, 200],
        refused: None,
        retry_after: None,
        entered: 4,
        end: End::Ok,
    }
}

const fn refused(wish: &'static str, codes: [u16; 3], refused: &'static str, end: End) -> Case {
    Case {
        codes,
        refused: Some(refused),
        entered: 2,
        end,
        ..passes(wish)
    }
}

const CRASHED: &str = "edge/node/middle; rule=nodeCrashed; limit=no panic; observed=told to";
const CRASHED_LATE: &str = "edge/node/middle; rule=nodeCrashed; limit=no panic; observed=told to, late";
const BROKEN: &str = "edge/node/fragile; rule=nodeCrashed; limit=no panic; observed=told to, for good";

const WAITED: &str = "edge/node/middle; rule=deadline; limit=20ms; observed=a wait without its end";
const NOT_CALLED: &str = "edge; rule=deadline; limit=0ns; observed=no time left for a call";
const CUT: &str = "edge; rule=deadline; limit=20ms; observed=no answer";

const CASES: [Case; 14] = [
    passes("pass"),
    passes("moved"),
    passes("wait"),
    passes("empty"),
    Case {
        codes: [201, 2, 201],
        entered: 2,
        ..passes("reply")
    },
    Case {
        retry_after: Some("3"),
        ..refused(
            "quota",
            [429, 8, 503],
            "edge/node/middle; rule=quota; limit=5; observed=6",
            End::Refused,
        )
    },
    refused(
        "wait-refuse",
        [403, 7, 503],
        "edge/node/middle; rule=known; limit=somebody; observed=nobody",
        End::Refused,
    ),
    refused("crash", [500, 13, 500], CRASHED, End::Panicked),
    Case {
        entered: 4,
        ..refused("crash-late", [500, 13, 500], CRASHED_LATE, End::Panicked)
    },
    refused("wait-late", [504, 4, 503], WAITED, End::Refused),
    Case {
        entered: 4,
        ..refused("overdue", [504, 4, 503], NOT_CALLED, End::Refused)
    },
    Case {
        entered: 4,
        ..refused("late", [504, 4, 504], CUT, End::Failed)
    },
    // Who keeps to the rules is served after all that.
    passes("pass"),
    // It puts its node out, see below.
    Case {
        entered: 3,
        ..refused("break-down", [500, 13, 500], BROKEN, End::Panicked)
    },
];

#[test]
fn the_same_chain_gives_the_same_answers_under_every_adapter() {
    each(|stand| {
        for case in &CASES {
            stand.log.clear();
            let called = stand.calls.so_far();
            let told = stand.ask(case.wish);
            if case.refused == Some(NOT_CALLED) {
                assert_eq!(stand.calls.so_far(), called, "{}", stand.name);
            }
            check(stand.name, stand.dialect, case, &told);
            check_kept(stand, case, &told);
            let what = format!("{}: {}", stand.name, case.wish);
            stand.log.ended(&what, &NODES[..case.entered], case.end);
        }
    });
}

#[test]
fn a_node_over_its_panic_budget_is_a_503_that_names_it_under_every_adapter() {
    each(|stand| {
        // Its actor looks when it is told of a crash, and counts from the first one on.
        let down = until(
            "the node to be out",
            || {
                stand.log.clear();
                stand.ask("break-down")
            },
            |told| {
                !told
                    .refused
                    .as_ref()
                    .is_some_and(|refused| refused.contains("nodeCrashed"))
            },
        );
        let codes = [503, 14, 503];
        assert_eq!(down.code, codes[stand.dialect as usize], "{}", stand.name);
        let refused = down.refused.unwrap();
        assert!(
            refused.starts_with("edge/node/fragile; rule=panicBudget; limit=1 % of 1 requests or more"),
            "{}: {refused}",
            stand.name
        );
        stand.log.ended(stand.name, &NODES[..2], End::Refused);
    });
}

/// Who was denied can ask why; who was served is not among the denied.
fn check_kept(stand: &Stand, case: &Case, told: &Told) {
    let what = format!("{}: {} was told {told:?}", stand.name, case.wish);
    let newest = stand.denied().pop();
    let kept = newest.as_ref().map(|denial| {
        let DenialView {
            id,
            rule,
            limit,
            observed,
            ..
        } = denial;
        format!("{id}; rule={rule}; limit={limit}; observed={observed}")
    });
    match case.refused {
        Some(refused) => assert_eq!(kept.as_deref(), Some(refused), "{what}"),
        None => return,
    }
    let denial = newest.unwrap();
    assert_eq!(denial.chain, "edge", "{what}");
    if stand.dialect != Dialect::Plain {
        assert_eq!(denial.request_id.as_deref(), Some("asked-1"), "{what}");
    }
}

fn check(stand: &str, dialect: Dialect, case: &Case, told: &Told) {
    let what = format!("{stand}: {} was told {told:?}", case.wish);
    assert_eq!(told.code, case.codes[dialect as usize], "{what}");
    assert_eq!(told.refused.as_deref(), case.refused, "{what}");
    if dialect == Dialect::Plain {
        return;
    }
    assert_eq!(told.field("retry-after"), case.retry_after, "{what}");
    assert_eq!(told.field("x-request-id"), Some("asked-1"), "{what}");
    assert_eq!(told.field("x-hedgerow-revision"), Some("1"), "{what}");
    match case.wish {
        "empty" => assert_eq!(told.body, "", "{what}"),
        _ if case.refused.is_none() && case.entered == NODES.len() => {
            assert_eq!(told.body, "told=by a node secret=-", "{what}");
            // A reply passes all nodes that its request has entered.
            assert_eq!(told.field("x-witness"), Some(case.wish), "{what}");
            assert_eq!(told.field("x-private"), None, "{what}");
        }
        "reply" => {
            assert!(told.body.contains("made here"), "{what}");
            assert_eq!(told.field("x-witness"), Some("reply"), "{what}");
            assert_eq!(told.field("x-node"), Some("middle"), "{what}");
        }
        _ => {
            assert!(told.body.contains("refused this request by the rule"), "{what}");
            assert_eq!(told.field("x-witness"), None, "{what}");
        }
    }
}
