use std::time::Duration;

use super::super::latencies::{Histogram, Latencies};

#[test]
fn what_came_later_is_counted_by_itself() {
    let shards = Latencies::default();
    shards.add(Duration::from_millis(1));
    let earlier = shards.histogram();
    shards.add(Duration::from_millis(50));
    shards.add(Duration::from_millis(50));
    let since = shards.histogram().since(&earlier);
    assert_eq!((shards.histogram().count(), since.count()), (3, 2));
    let mut expected = Histogram::default();
    expected.add(Duration::from_millis(50));
    expected.add(Duration::from_millis(50));
    assert_eq!(since, expected);
}
