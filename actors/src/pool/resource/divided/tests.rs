//! Several holders of one resource.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use hedgerow_config::PoolPolicy;
use hedgerow_supervisor::Clock;

use super::*;
use crate::paused::run;

/// Numbers its devices from 1, counts those that were closed, and makes none while it is told so.
#[derive(Default)]
struct Devices {
    made: AtomicU32,
    closed: AtomicU32,
    fails: AtomicU32,
}

impl Source for Devices {
    type Resource = u32;
    type Error = &'static str;

    async fn create(&self) -> Result<u32, &'static str> {
        tokio::task::yield_now().await;
        if self.fails.load(Ordering::Acquire) > 0 {
            self.fails.fetch_sub(1, Ordering::AcqRel);
            return Err("no device");
        }
        Ok(self.made.fetch_add(1, Ordering::AcqRel) + 1)
    }

    fn close(&self, _: u32) {
        self.closed.fetch_add(1, Ordering::AcqRel);
    }
}

fn quarters(devices: u32) -> Divided<Devices> {
    let policy = PoolPolicy {
        max_leases: devices,
        ..PoolPolicy::default()
    };
    let pool = ResourcePool::new("device", Devices::default(), policy, Clock::start());
    Divided::new(pool, parts(4))
}

fn parts(count: u32) -> NonZeroU32 {
    NonZeroU32::new(count).unwrap()
}

fn made(divided: &Divided<Devices>) -> u32 {
    divided.pool().source().made.load(Ordering::Acquire)
}

fn may_go_to_another_thread<T: Send>(_: &T) {}

#[test]
fn four_who_want_a_quarter_share_one_device_and_a_fifth_gets_the_next() {
    run(async {
        let device = quarters(2);
        may_go_to_another_thread(&device.take(parts(1)));
        let four: Vec<_> = join_all((0..4).map(|_| device.take(parts(1)))).await;
        let four: Vec<_> = four.into_iter().map(Result::unwrap).collect();
        assert!(four.iter().all(|part| **part == 1));
        let whole = device.take(parts(4)).await.unwrap();
        assert_eq!((*whole, whole.parts(), made(&device)), (2, 4, 2));
        drop((four, whole));
        let again = device.take(parts(2)).await.unwrap();
        assert_eq!(made(&device), 2, "both have come back, and one is leased again");
        drop(again);
    });
}

#[test]
fn who_wants_more_than_is_left_waits_for_it_and_goes_away_as_he_likes() {
    run(async {
        let device = quarters(1);
        let three = device.take(parts(3)).await.unwrap();
        let mut two = Box::pin(device.take(parts(2)));
        let mut one = Box::pin(device.take(parts(1)));
        assert!(two.as_mut().now_or_never().is_none());
        assert!(one.as_mut().now_or_never().is_none(), "it does not go past");
        drop(two);
        let one = one.await.unwrap();
        // Served, and gone before it knew.
        let mut whole = Box::pin(device.take(parts(4)));
        assert!(whole.as_mut().now_or_never().is_none());
        drop((three, one));
        drop(whole);
        assert_eq!(device.take(parts(4)).await.unwrap().parts(), 4);
    });
}

#[test]
fn one_that_cannot_be_made_costs_those_who_ask_for_it_and_leaves_its_place() {
    run(async {
        let device = quarters(1);
        device.pool().source().fails.store(1, Ordering::Release);
        let both = join_all([device.take(parts(1)), device.take(parts(1))]).await;
        let failed = both.iter().filter(|taken| taken.is_err()).count();
        assert_eq!(failed, 1, "the other one tries himself");
        drop(both);
        assert_eq!(device.take(parts(4)).await.unwrap().parts(), 4);
    });
}

#[test]
fn a_broken_device_is_given_to_nobody_else_and_closed_when_the_last_part_is_back() {
    run(async {
        let device = quarters(1);
        let (first, second) = (
            device.take(parts(1)).await.unwrap(),
            device.take(parts(1)).await.unwrap(),
        );
        first.discard();
        let mut next = Box::pin(device.take(parts(1)));
        assert!(next.as_mut().now_or_never().is_none());
        assert_eq!(device.pool().source().closed.load(Ordering::Acquire), 0);
        drop(second);
        assert_eq!(*next.await.unwrap(), 2);
        assert_eq!(device.pool().source().closed.load(Ordering::Acquire), 1);
    });
}

#[test]
fn who_waits_in_vain_is_told_what_is_left() {
    run(async {
        let device = quarters(1);
        let _three = device.take(parts(3)).await.unwrap();
        let (whole, ()) = tokio::join!(device.take(parts(9)), async {
            tokio::task::yield_now().await;
            tokio::time::advance(Duration::from_secs(5)).await;
        });
        let Err(LeaseError::Refused(refusal)) = whole else {
            panic!("one part is left");
        };
        assert_eq!(
            refusal.to_string(),
            "device; rule=pool.maxWait; limit=5000 ms; observed=1 parts left, 1 waiting"
        );
        assert_eq!(
            device.take(parts(1)).await.unwrap().parts(),
            1,
            "the one who waited is out of the line"
        );
    });
}
