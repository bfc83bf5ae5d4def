//! A record that could not be read at the start, and the store answers later.

use hedgerow_gate::{Permit, State};
use hedgerow_view::breaker::BreakerState;

use super::super::Instruction;
use super::actor::{site, without_its_record};
use super::disk::Disk;
use crate::paused::{pass_until, run};

#[test]
fn an_operator_s_order_holds_once_it_can_be_read() {
    run(async {
        let disk = Disk::default();
        let first = site(&disk).await;
        first
            .breaker
            .instruct(Instruction::ForceOpen, "ann")
            .await
            .unwrap();
        first.until_persisted().await;
        first.stop().await;

        let second = without_its_record(&disk).await;
        second.call(3, Permit::success);
        disk.release();
        pass_until(|| second.view().state == BreakerState::ForcedOpen).await;
        assert!(second.view().persisted);
        let shut = Permit::acquire(&**second.breaker.gate()).unwrap_err();
        assert_eq!(second.breaker.refusal(shut).observed, "ann");
        second.stop().await;
    });
}

#[test]
fn what_was_learned_holds_once_it_can_be_read_where_no_call_has_ended() {
    run(async {
        let disk = Disk::default();
        let first = site(&disk).await;
        first.trip().await;
        first.until_persisted().await;
        first.stop().await;

        let second = without_its_record(&disk).await;
        disk.release();
        pass_until(|| second.view().state == BreakerState::Open).await;
        assert!(second.view().persisted);
        second.stop().await;
    });
}

#[test]
fn what_was_learned_is_overtaken_by_the_calls_that_have_ended_and_what_holds_is_kept() {
    run(async {
        let disk = Disk::default();
        let first = site(&disk).await;
        first.trip().await;
        first.until_persisted().await;
        first.stop().await;

        let second = without_its_record(&disk).await;
        second.call(1, Permit::success);
        disk.release();
        second.until_saved_again().await;
        assert_eq!(second.view().state, BreakerState::Closed);
        assert_eq!(second.recorded().await.state, State::Closed);
        second.stop().await;
    });
}
