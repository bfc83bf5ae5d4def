//! How much goes through a pool that is exhausted, and how evenly.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hedgerow::prelude::*;
use hedgerow_benches::Table;
use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinSet, yield_now};

use crate::resources::{ByHand, Ours, Thing, Things, bb8, deadpool};

/// Resources, and tasks that want one each, over and over.
const MOST: u32 = 4;
const TASKS: usize = 64;

const AWAITED: &str = "it is waited for";

const TURN: Duration = Duration::from_millis(500);
const TURNS: usize = 7;

/// One turn of a contestant: leases a second, and the most that one task had in relation to the least.
#[derive(Clone, Copy)]
struct Turn {
    a_second: f64,
    unfairness: f64,
}

/// Prints leases a second and how evenly they are shared.
pub(crate) fn exhausted() {
    println!(
        "resources: {TASKS} tasks on two threads want one of {MOST}, and keep it for one switch of tasks\n"
    );
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("there are threads");
    let fair = Ours::new(MOST, 0);
    let barging = Ours::new(MOST, 8);
    let by_hand = Arc::new(ByHand::new(MOST));
    let deadpool = deadpool(MOST);
    let bb8 = bb8(MOST, &runtime);
    let ours = |pool: ResourcePool<Things>| async move {
        hold(&pool.take().await.expect(AWAITED)).await;
    };
    let mut turns: [Vec<Turn>; 5] = Default::default();
    for _ in 0..TURNS {
        let each = [
            turn(&runtime, &fair.pool, ours),
            turn(&runtime, &barging.pool, ours),
            turn(&runtime, &by_hand, |pool| async move {
                let lease = pool.take().await;
                hold(&lease.0).await;
                pool.give(lease);
            }),
            turn(&runtime, &deadpool, |pool| async move {
                hold(&pool.get().await.expect(AWAITED)).await;
            }),
            turn(&runtime, &bb8, |pool| async move {
                hold(&pool.get().await.expect(AWAITED)).await;
            }),
        ];
        for (all, turn) in turns.iter_mut().zip(each) {
            all.push(turn);
        }
    }
    let names = [
        "hedgerow",
        "hedgerow, barging 8",
        "Semaphore + ArrayQueue",
        "deadpool",
        "bb8",
    ];
    let mut table = Table::new([
        "exhausted, two threads",
        "leases a second, median",
        "ratio",
        "most to least, median",
    ]);
    let base = median(&turns[0], |turn| turn.a_second);
    for (name, turns) in names.into_iter().zip(&turns) {
        let a_second = median(turns, |turn| turn.a_second);
        let unfairness = median(turns, |turn| turn.unfairness);
        table.row([
            name.to_owned(),
            format!("{a_second:.0}"),
            format!("{:.2}", a_second / base),
            format!("{unfairness:.2}"),
        ]);
    }
    println!("{table}");
    drop(bb8);
    fair.end();
    barging.end();
}

fn median(turns: &[Turn], value: impl Fn(&Turn) -> f64) -> f64 {
    let mut values: Vec<f64> = turns.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Keeps what is leased for one switch of tasks.
async fn hold(thing: &Thing) {
    thing.used();
    yield_now().await;
}

/// Has all tasks lease out of this pool for a while.
fn turn<P, F>(runtime: &Runtime, pool: &P, lease: impl Fn(P) -> F + Copy + Send + 'static) -> Turn
where
    P: Clone + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    runtime.block_on(async {
        let over = Arc::new(AtomicBool::new(false));
        let mut tasks = JoinSet::new();
        let begun = now();
        for _ in 0..TASKS {
            let (pool, over) = (pool.clone(), Arc::clone(&over));
            tasks.spawn(async move {
                let mut leases = 0_u64;
                while !over.load(Ordering::Relaxed) {
                    lease(pool.clone()).await;
                    leases += 1;
                }
                leases
            });
        }
        tokio::time::sleep(TURN).await;
        over.store(true, Ordering::Relaxed);
        let took = begun.elapsed();
        let mut leases = Vec::with_capacity(TASKS);
        while let Some(ended) = tasks.join_next().await {
            leases.push(ended.expect("a pool does not panic"));
        }
        let most = leases.iter().max().copied().unwrap_or(0);
        let least = leases.iter().min().copied().unwrap_or(0);
        Turn {
            a_second: leases.iter().sum::<u64>() as f64 / took.as_secs_f64(),
            unfairness: most as f64 / (least.max(1)) as f64,
        }
    })
}

#[expect(clippy::disallowed_methods, reason = "a bench measures by the clock itself")]
fn now() -> Instant {
    Instant::now()
}
