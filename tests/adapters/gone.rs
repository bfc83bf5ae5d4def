//! A client that goes away, wherever its request is.

use hedgerow::actors::chain::End;

use crate::nodes::NODES;
use crate::stands::{Leave, each, each_that_streams};

#[test]
fn a_client_that_goes_while_the_service_works_is_cancelled_in_every_node() {
    each(|stand| {
        let calls = stand.calls.so_far() + 1;
        stand.ask_and_leave("never", Leave::Once(&|| stand.calls.reached(calls)));
        stand.log.ended(stand.name, &NODES, End::Cancelled);
    });
}

#[test]
fn a_client_that_goes_while_a_node_waits_is_cancelled_in_the_nodes_that_it_has_entered() {
    each(|stand| {
        stand.ask_and_leave("wait-forever", Leave::Once(&|| stand.log.entered("middle")));
        stand.log.ended(stand.name, &NODES[..2], End::Cancelled);
        assert_eq!(stand.calls.so_far(), 0, "{}", stand.name);
    });
}

#[test]
fn a_client_that_goes_while_the_body_is_streamed_is_cancelled() {
    each_that_streams(|stand| {
        stand.ask_and_leave("endless", Leave::BehindFirstPiece);
        stand.log.ended(stand.name, &NODES, End::Cancelled);
    });
}
