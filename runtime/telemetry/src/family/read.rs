//! Where the values of families are read.

use hedgerow_view::breaker::BreakerState;
use hedgerow_view::chain::NodeView;
use hedgerow_view::listener::BoundView;
use hedgerow_view::registry::RegistrationState;
use hedgerow_view::telemetry::SignalView;
use hedgerow_view::tree::ActorState;
use hedgerow_view::upstream::{EndpointView, MirrorView};
use hedgerow_view::{
    ActorView, BreakerView, ChainView, DiscoveryView, FactoryView, Identity, KeysView, ListenerView,
    PoolView, StoreView, UpstreamView,
};

use super::Observe;
use crate::snapshot::Snapshot;

pub(super) fn actors_by_state(snapshot: &Snapshot, observe: &mut Observe<'_>) {
    for state in ActorState::ALL {
        let count = snapshot
            .actors
            .iter()
            .filter(|actor| actor.state == state)
            .count();
        observe(count as u64, &[state.name()]);
    }
}

pub(super) fn actors(snapshot: &Snapshot, observe: &mut Observe<'_>, value: fn(&ActorView) -> u64) {
    for actor in snapshot
        .actors
        .iter()
        .filter(|actor| !snapshot.is_of_a_key(&actor.path))
    {
        observe(value(actor), &[&actor.path.to_string()]);
    }
}

pub(super) fn breaker_states(snapshot: &Snapshot, observe: &mut Observe<'_>) {
    for breaker in &snapshot.breakers {
        let id = breaker.id.to_string();
        for state in BreakerState::ALL {
            observe(u64::from(breaker.state == state), &[&id, state.name()]);
        }
    }
}

pub(super) fn breakers(snapshot: &Snapshot, observe: &mut Observe<'_>, value: fn(&BreakerView) -> u64) {
    by_id(&snapshot.breakers, observe, |breaker| &breaker.id, value);
}

pub(super) fn keys(snapshot: &Snapshot, observe: &mut Observe<'_>, value: fn(&KeysView) -> u64) {
    for keys in &snapshot.keys {
        observe(value(keys), &[&keys.name, &keys.scope]);
    }
}

pub(super) fn chains(snapshot: &Snapshot, observe: &mut Observe<'_>, value: fn(&ChainView) -> u64) {
    by_id(&snapshot.chains, observe, |chain| &chain.id, value);
}

pub(super) fn nodes(snapshot: &Snapshot, observe: &mut Observe<'_>, value: fn(&NodeView) -> u64) {
    for chain in &snapshot.chains {
        let id = chain.id.to_string();
        for node in &chain.nodes {
            observe(value(node), &[&id, &node.name]);
        }
    }
}

pub(super) fn node_durations(snapshot: &Snapshot, observe: &mut Observe<'_>) {
    for chain in &snapshot.chains {
        let id = chain.id.to_string();
        for node in &chain.nodes {
            for (percentile, nanos) in [("50", node.p50_ns), ("99", node.p99_ns)] {
                if let Some(nanos) = nanos {
                    observe(nanos, &[&id, &node.name, percentile]);
                }
            }
        }
    }
}

pub(super) fn node_gauges(snapshot: &Snapshot, observe: &mut Observe<'_>) {
    for chain in &snapshot.chains {
        let id = chain.id.to_string();
        for node in &chain.nodes {
            for (gauge, value) in &node.gauges {
                observe(*value, &[&id, &node.name, gauge]);
            }
        }
    }
}

pub(super) fn upstreams(snapshot: &Snapshot, observe: &mut Observe<'_>, value: fn(&UpstreamView) -> u64) {
    by_id(&snapshot.upstreams, observe, |upstream| &upstream.id, value);
}

pub(super) fn discoveries(snapshot: &Snapshot, observe: &mut Observe<'_>, value: fn(&DiscoveryView) -> u64) {
    for upstream in &snapshot.upstreams {
        if let Some(discovery) = &upstream.discovery {
            observe(value(discovery), &[&upstream.id.to_string(), discovery.source]);
        }
    }
}

pub(super) fn mirrors(snapshot: &Snapshot, observe: &mut Observe<'_>, value: impl Fn(&MirrorView) -> u64) {
    for upstream in &snapshot.upstreams {
        if let Some(mirror) = &upstream.mirror {
            observe(value(mirror), &[&upstream.id.to_string(), &mirror.upstream]);
        }
    }
}

pub(super) fn mirror_skipped(snapshot: &Snapshot, observe: &mut Observe<'_>) {
    for upstream in &snapshot.upstreams {
        let Some(mirror) = &upstream.mirror else { continue };
        let name = upstream.id.to_string();
        for (reason, count) in [
            ("bound", mirror.skipped_by_bound),
            ("body", mirror.skipped_by_body),
            ("refusal", mirror.refused),
        ] {
            observe(count, &[&name, &mirror.upstream, reason]);
        }
    }
}

pub(super) fn retries_stopped(snapshot: &Snapshot, observe: &mut Observe<'_>) {
    for upstream in &snapshot.upstreams {
        let name = upstream.id.to_string();
        let retries = &upstream.retries;
        for (reason, count) in [
            ("attempts", retries.stopped_by_attempts),
            ("budget", retries.stopped_by_budget),
            ("deadline", retries.stopped_by_deadline),
            ("pushback", retries.stopped_by_pushback),
            ("nested", retries.stopped_nested),
        ] {
            observe(count, &[&name, reason]);
        }
    }
}

pub(super) fn registrations(snapshot: &Snapshot, observe: &mut Observe<'_>) {
    let Some(registry) = &snapshot.registry else {
        return;
    };
    for state in RegistrationState::ALL {
        let registrations = registry.registrations.iter();
        let count = registrations
            .filter(|registration| registration.state == state)
            .count();
        observe(count as u64, &[state.name()]);
    }
}

pub(super) fn endpoints(snapshot: &Snapshot, observe: &mut Observe<'_>, value: fn(&EndpointView) -> u64) {
    for upstream in &snapshot.upstreams {
        let id = upstream.id.to_string();
        for endpoint in &upstream.endpoints {
            observe(value(endpoint), &[&id, &endpoint.addr]);
        }
    }
}

pub(super) fn factories(snapshot: &Snapshot, observe: &mut Observe<'_>, value: fn(&FactoryView) -> u64) {
    by_id(&snapshot.factories, observe, |factory| &factory.id, value);
}

pub(super) fn pools(snapshot: &Snapshot, observe: &mut Observe<'_>, value: fn(&PoolView) -> u64) {
    by_id(&snapshot.pools, observe, |pool| &pool.id, value);
}

pub(super) fn pool_contracts(snapshot: &Snapshot, observe: &mut Observe<'_>) {
    for pool in &snapshot.pools {
        let promised = [
            ("p95Latency", pool.contract.p95_latency_ms.is_some()),
            ("errorRate", pool.contract.error_rate.is_some()),
        ];
        for (rule, _) in promised.into_iter().filter(|(_, is_promised)| *is_promised) {
            observe(
                u64::from(pool.broken.contains(&rule)),
                &[&pool.id.to_string(), rule],
            );
        }
    }
}

pub(super) fn listeners(snapshot: &Snapshot, observe: &mut Observe<'_>, value: fn(&ListenerView) -> u64) {
    by_id(&snapshot.listeners, observe, |listener| &listener.id, value);
}

pub(super) fn bounds(snapshot: &Snapshot, observe: &mut Observe<'_>, value: fn(&BoundView) -> u64) {
    for listener in &snapshot.listeners {
        if let Some(bound) = &listener.bound {
            observe(value(bound), &[&listener.id.to_string()]);
        }
    }
}

pub(super) fn signals(snapshot: &Snapshot, observe: &mut Observe<'_>, value: fn(&SignalView) -> u64) {
    for exporter in &snapshot.exporters {
        for signal in &exporter.signals {
            observe(value(signal), &[signal.signal]);
        }
    }
}

pub(super) fn stores(snapshot: &Snapshot, observe: &mut Observe<'_>, value: fn(&StoreView) -> u64) {
    for store in &snapshot.stores {
        observe(value(store), &[&store.backend]);
    }
}

fn by_id<T>(views: &[T], observe: &mut Observe<'_>, id: fn(&T) -> &Identity, value: fn(&T) -> u64) {
    for view in views {
        observe(value(view), &[&id(view).to_string()]);
    }
}
