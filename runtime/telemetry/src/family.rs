//! The one table of names: what is exported, under which labels, and where it is read.

mod read;

use hedgerow_view::upstream::DiscoveryState;
use opentelemetry::KeyValue;

use crate::snapshot::Snapshot;
use read::{
    actors, actors_by_state, bounds, breaker_states, breakers, chains, discoveries, endpoints, factories,
    keys, listeners, mirror_skipped, mirrors, node_durations, node_gauges, nodes, pool_contracts, pools,
    registrations, retries_stopped, signals, stores, upstreams,
};

/// How the values of a family move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Only grows, from zero at the start of the process.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A time that goes up and down: read in nanoseconds, shown in seconds.
    Seconds,
}

/// Takes one value and its label values, in the order of [`Family::labels`].
pub(crate) type Observe<'a> = dyn FnMut(u64, &[&str]) + 'a;

type Labels = &'static [&'static str];
type Read = fn(&Snapshot, &mut Observe<'_>);

/// One family of series.
#[derive(Debug)]
pub struct Family {
    /// The OpenTelemetry name. Prometheus shows it with `_` for `.`, and `_total` behind a counter.
    pub name: &'static str,
    /// How its values move.
    pub measure: Measure,
    /// The label names.
    pub labels: &'static [&'static str],
    /// One sentence on what is counted.
    pub help: &'static str,
    pub(crate) read: Read,
}

impl Family {
    /// The name that Prometheus shows.
    ///
    /// ```
    /// use hedgerow_telemetry::FAMILIES;
    ///
    /// assert!(FAMILIES.iter().any(|family| family.exported_name() == "hedgerow_actor_restarts_total"));
    /// ```
    pub fn exported_name(&self) -> String {
        let name = self.name.replace('.', "_");
        match self.measure {
            Measure::Counter => name + "_total",
            Measure::Gauge | Measure::Seconds => name,
        }
    }

    /// These label values under this family's label names.
    pub(crate) fn attributes(&self, values: &[&str]) -> Vec<KeyValue> {
        self.labels
            .iter()
            .zip(values)
            .map(|(label, value)| KeyValue::new(*label, (*value).to_owned()))
            .collect()
    }
}

const fn family(
    measure: Measure,
    name: &'static str,
    labels: Labels,
    help: &'static str,
    read: Read,
) -> Family {
    Family {
        name,
        measure,
        labels,
        help,
        read,
    }
}

const fn counter(name: &'static str, labels: Labels, help: &'static str, read: Read) -> Family {
    family(Measure::Counter, name, labels, help, read)
}

const fn gauge(name: &'static str, labels: Labels, help: &'static str, read: Read) -> Family {
    family(Measure::Gauge, name, labels, help, read)
}

const fn seconds(name: &'static str, labels: Labels, help: &'static str, read: Read) -> Family {
    family(Measure::Seconds, name, labels, help, read)
}

/// Everything that is exported.
#[rustfmt::skip] // One row a family.
pub const FAMILIES: &[Family] = &[
    gauge("hedgerow.ready", &[], "Whether every actor that should run does, and every required upstream was reached and required factory made once: 1 or 0.", |s, o| o(u64::from(s.ready), &[])),
    counter("hedgerow.events", &[], "Events emitted.", |s, o| o(s.events, &[])),
    counter("hedgerow.scrape.failures", &[], "Scrapes that could tell the tree only, because the view of an actor panicked.", |s, o| o(s.failed_reads, &[])),

    gauge("hedgerow.actors", &["state"], "Actors in this state.", actors_by_state),
    counter("hedgerow.actor.restarts", &["path"], "Times that the actor was started again.", |s, o| actors(s, o, |a| a.restarts)),
    gauge("hedgerow.mailbox.depth", &["path"], "Messages waiting in the mailbox.", |s, o| actors(s, o, |a| a.mailbox.depth)),
    gauge("hedgerow.mailbox.capacity", &["path"], "Messages that may wait in the mailbox.", |s, o| actors(s, o, |a| a.mailbox.capacity)),
    counter("hedgerow.mailbox.handled", &["path"], "Messages handled.", |s, o| actors(s, o, |a| a.mailbox.handled)),
    counter("hedgerow.mailbox.refused", &["path"], "Messages refused because the mailbox was full.", |s, o| actors(s, o, |a| a.mailbox.refused)),

    gauge("hedgerow.breaker.state", &["id", "state"], "1 for the state that the breaker is in, 0 for the others. Closed: calls flow.", breaker_states),
    gauge("hedgerow.breaker.fenced", &["id"], "Whether a caller has shut the gate until the breaker confirms: 1 or 0.", |s, o| breakers(s, o, |b| u64::from(b.fenced))),
    gauge("hedgerow.breaker.window.calls", &["id"], "Calls in the window of the breaker.", |s, o| breakers(s, o, |b| b.window.calls)),
    gauge("hedgerow.breaker.window.failures", &["id"], "Failed calls in the window of the breaker.", |s, o| breakers(s, o, |b| b.window.failures)),

    gauge("hedgerow.keys", &["name", "scope"], "Keys that have a gate of their own.", |s, o| keys(s, o, |k| k.keys.into())),
    gauge("hedgerow.keys.most", &["name", "scope"], "Keys that may have one.", |s, o| keys(s, o, |k| k.max_keys.into())),
    gauge("hedgerow.keys.breakers", &["name", "scope"], "Keys that have a breaker at work.", |s, o| keys(s, o, |k| k.breakers.into())),
    gauge("hedgerow.keys.not_closed", &["name", "scope"], "Keys whose breaker is in another state than closed.", |s, o| keys(s, o, |k| k.not_closed.into())),
    counter("hedgerow.keys.turned_away", &["name", "scope"], "Calls that found no room for their key, and shared one breaker.", |s, o| keys(s, o, |k| k.turned_away)),

    counter("hedgerow.chain.node.calls", &["chain", "node"], "Requests that entered the node.", |s, o| nodes(s, o, |n| n.calls)),
    counter("hedgerow.chain.node.refused", &["chain", "node"], "Requests that the node refused.", |s, o| nodes(s, o, |n| n.refused)),
    counter("hedgerow.chain.node.errors", &["chain", "node"], "Requests that entered the node and came to nothing, in it or behind it: a crash, no answer or one that broke off, or a status of 500 or higher.", |s, o| nodes(s, o, |n| n.errors)),
    seconds("hedgerow.chain.node.duration_seconds", &["chain", "node", "percentile"], "How long the node held this share of the requests at most, since its place was made; one in 256 is timed.", node_durations),
    counter("hedgerow.chain.node.panics", &["chain", "node"], "Requests, and work for them, that crashed in the node.", |s, o| nodes(s, o, |n| n.panics)),
    counter("hedgerow.chain.node.skipped", &["chain", "node"], "Requests that passed the node by, because it was over its panic budget.", |s, o| nodes(s, o, |n| n.skipped)),
    gauge("hedgerow.chain.node.over_budget", &["chain", "node"], "Whether the node is over its panic budget: 1 or 0.", |s, o| nodes(s, o, |n| u64::from(n.standing != "served"))),
    counter("hedgerow.chain.node.spawned", &["chain", "node"], "Pieces of work that the node has begun beside requests.", |s, o| nodes(s, o, |n| n.spawned)),
    gauge("hedgerow.chain.node.working", &["chain", "node"], "Those of them that have not ended.", |s, o| nodes(s, o, |n| n.working)),
    gauge("hedgerow.chain.node.overdue", &["chain", "node"], "Those of them whose request has ended.", |s, o| nodes(s, o, |n| n.overdue)),
    gauge("hedgerow.chain.node.reading", &["chain", "node", "gauge"], "What the node shows of itself, such as the keys that it knows.", node_gauges),

    gauge("hedgerow.chain.quarantined", &["chain"], "Fingerprints of requests that are refused, because those like them keep crashing a node.", |s, o| chains(s, o, |c| c.quarantined.len() as u64)),
    counter("hedgerow.chain.quarantine.refused", &["chain"], "Requests that were refused because those like them kept crashing a node.", |s, o| chains(s, o, |c| c.refused)),

    counter("hedgerow.upstream.calls", &["upstream"], "Calls admitted to the upstream.", |s, o| upstreams(s, o, |u| u.calls)),
    counter("hedgerow.upstream.refused", &["upstream"], "Calls refused because no endpoint would take them.", |s, o| upstreams(s, o, |u| u.refused)),
    gauge("hedgerow.upstream.panicking", &["upstream"], "Whether so few endpoints are left that calls go to those that are ejected or unhealthy as well: 1 or 0.", |s, o| upstreams(s, o, |u| u64::from(u.panicking))),
    gauge("hedgerow.endpoint.weight", &["upstream", "endpoint"], "How much of the calls the endpoint gets beside the others.", |s, o| endpoints(s, o, |e| e.weight.into())),
    gauge("hedgerow.endpoint.excluded", &["upstream", "endpoint"], "Whether the endpoint is left out of the choice, beside its breaker: 1 or 0.", |s, o| endpoints(s, o, |e| u64::from(!e.excluded.is_empty()))),
    counter("hedgerow.upstream.retries", &["upstream"], "Attempts made after one had failed.", |s, o| upstreams(s, o, |u| u.retries.retries)),
    counter("hedgerow.upstream.hedges", &["upstream"], "Attempts made beside one that was waited for.", |s, o| upstreams(s, o, |u| u.retries.hedges)),
    counter("hedgerow.upstream.hedges_won", &["upstream"], "Attempts made beside another one, whose answer counted.", |s, o| upstreams(s, o, |u| u.retries.hedges_won)),
    gauge("hedgerow.upstream.retry_budget", &["upstream"], "Retries and hedges that can be paid for.", |s, o| upstreams(s, o, |u| u.retries.budget)),
    counter("hedgerow.upstream.retries_stopped", &["upstream", "reason"], "Failures that another attempt was due for, and that had none: by attempts, budget, deadline, pushback, nested.", retries_stopped),
    counter("hedgerow.upstream.mirrored", &["upstream", "to"], "Copies of requests that were sent to another upstream and have ended.", |s, o| mirrors(s, o, |m| m.sent)),
    counter("hedgerow.upstream.mirror_failures", &["upstream", "to"], "Those of them that came to nothing, or whose answer was a failure of its endpoint.", |s, o| mirrors(s, o, |m| m.failed)),
    counter("hedgerow.upstream.mirror_skipped", &["upstream", "to", "reason"], "Requests that were not copied as they were to be: by bound, body, refusal.", mirror_skipped),
    gauge("hedgerow.upstream.mirror_in_flight", &["upstream", "to"], "Copies that have not ended.", |s, o| mirrors(s, o, |m| m.in_flight.into())),
    gauge("hedgerow.endpoint.in_flight", &["upstream", "endpoint"], "Calls to the endpoint that have not ended.", |s, o| endpoints(s, o, |e| e.in_flight)),
    counter("hedgerow.endpoint.successes", &["upstream", "endpoint"], "Calls to the endpoint that succeeded.", |s, o| endpoints(s, o, |e| e.successes)),
    counter("hedgerow.endpoint.failures", &["upstream", "endpoint"], "Calls to the endpoint that failed.", |s, o| endpoints(s, o, |e| e.failures)),
    counter("hedgerow.endpoint.dials", &["upstream", "endpoint"], "Connections dialled.", |s, o| endpoints(s, o, |e| e.dials)),
    counter("hedgerow.endpoint.dial_failures", &["upstream", "endpoint"], "Dials that failed.", |s, o| endpoints(s, o, |e| e.dial_failures)),
    counter("hedgerow.endpoint.resent", &["upstream", "endpoint"], "Requests sent once more, on a fresh connection, because a used one had ended in silence.", |s, o| endpoints(s, o, |e| e.resent)),
    counter("hedgerow.endpoint.broken_answers", &["upstream", "endpoint"], "Answers of the endpoint that broke off after their head.", |s, o| endpoints(s, o, |e| e.broken_answers)),
    gauge("hedgerow.endpoint.idle_connections", &["upstream", "endpoint"], "Connections that wait to be used again.", |s, o| endpoints(s, o, |e| e.idle)),

    gauge("hedgerow.endpoint.ejected", &["upstream", "endpoint"], "Whether the endpoint is left out as an outlier: 1 or 0.", |s, o| endpoints(s, o, |e| u64::from(e.ejected_until.is_some()))),
    counter("hedgerow.endpoint.ejections", &["upstream", "endpoint"], "Times that the endpoint was ejected as an outlier.", |s, o| endpoints(s, o, |e| e.ejections)),
    gauge("hedgerow.endpoint.unhealthy", &["upstream", "endpoint"], "Whether the endpoint is left out because its health checks fail: 1 or 0.", |s, o| endpoints(s, o, |e| u64::from(e.health == Some("unhealthy")))),
    counter("hedgerow.endpoint.health_checks", &["upstream", "endpoint"], "Health checks of the endpoint that were made.", |s, o| endpoints(s, o, |e| e.health_checks)),
    counter("hedgerow.endpoint.health_check_failures", &["upstream", "endpoint"], "Health checks of the endpoint that failed.", |s, o| endpoints(s, o, |e| e.health_check_failures)),
    gauge("hedgerow.pool.leases", &["pool"], "Leases that are out.", |s, o| pools(s, o, |p| p.leases)),
    gauge("hedgerow.pool.max_leases", &["pool"], "Leases that may be out.", |s, o| pools(s, o, |p| p.max_leases)),
    gauge("hedgerow.pool.waiting", &["pool"], "Those that wait for a lease.", |s, o| pools(s, o, |p| p.waiting)),
    gauge("hedgerow.pool.existing", &["pool"], "What the pool itself has made and not closed, leased or idle.", |s, o| pools(s, o, |p| p.existing)),
    counter("hedgerow.pool.borrowed", &["pool"], "Leases that were given.", |s, o| pools(s, o, |p| p.borrowed)),
    counter("hedgerow.pool.returned", &["pool"], "Leases that came back.", |s, o| pools(s, o, |p| p.returned)),
    counter("hedgerow.pool.failed", &["pool"], "Leases that came back, and what they were for had failed.", |s, o| pools(s, o, |p| p.failed)),
    counter("hedgerow.pool.waited", &["pool"], "Leases that were waited for.", |s, o| pools(s, o, |p| p.waited)),
    counter("hedgerow.pool.refused", &["pool"], "Leases that were refused, because too many waited or the pool was drained.", |s, o| pools(s, o, |p| p.refused)),
    counter("hedgerow.pool.timed_out", &["pool"], "Leases that were waited for in vain.", |s, o| pools(s, o, |p| p.timed_out)),
    counter("hedgerow.pool.hits", &["pool"], "Leases that found what was idle.", |s, o| pools(s, o, |p| p.hits)),
    counter("hedgerow.pool.made", &["pool"], "What the pool itself has made.", |s, o| pools(s, o, |p| p.made)),
    counter("hedgerow.pool.make_failures", &["pool"], "What could not be made.", |s, o| pools(s, o, |p| p.make_failures)),
    gauge("hedgerow.pool.overdue", &["pool"], "Leases that are out for longer than they should.", |s, o| pools(s, o, |p| p.overdue)),
    gauge("hedgerow.factory.there", &["factory"], "Things that are there, of those that the factory makes.", |s, o| factories(s, o, |f| f.there)),
    gauge("hedgerow.factory.resting", &["factory"], "Things that are not made for a while, as that has failed.", |s, o| factories(s, o, |f| f.resting)),
    counter("hedgerow.factory.leased", &["factory"], "Leases of what the factory makes.", |s, o| factories(s, o, |f| f.leased)),
    counter("hedgerow.factory.refused", &["factory"], "Leases that were refused, because nothing could be made or was made in time.", |s, o| factories(s, o, |f| f.refused)),
    counter("hedgerow.factory.attempts", &["factory"], "Attempts to make something.", |s, o| factories(s, o, |f| f.attempts)),
    counter("hedgerow.factory.failures", &["factory"], "Attempts to make something that failed.", |s, o| factories(s, o, |f| f.failures)),
    gauge("hedgerow.factory.open", &["factory"], "Things that were made and are not closed.", |s, o| factories(s, o, |f| f.open)),
    gauge("hedgerow.factory.slo_breached", &["factory"], "Whether fewer first attempts succeed in time than promised: 1 or 0.", |s, o| factories(s, o, |f| u64::from(f.slo.breached))),
    gauge("hedgerow.pool.contract.broken", &["pool", "rule"], "Whether the rule of the contract is broken: 1 or 0. Only for what is promised.", pool_contracts),
    gauge("hedgerow.discovery.members", &["upstream", "source"], "Endpoints that the source of the upstream told of last.", |s, o| discoveries(s, o, |d| d.members as u64)),
    gauge("hedgerow.discovery.stale", &["upstream", "source"], "Whether the source does not say so now, and what it told before is kept: 1 or 0.", |s, o| discoveries(s, o, |d| u64::from(d.state == DiscoveryState::Stale))),
    gauge("hedgerow.discovery.age_seconds", &["upstream", "source"], "How long ago the source told of them.", |s, o| discoveries(s, o, |d| d.age_ms.unwrap_or_default() / 1_000)),
    counter("hedgerow.discovery.look_ups", &["upstream", "source"], "Look-ups begun.", |s, o| discoveries(s, o, |d| d.look_ups)),
    counter("hedgerow.discovery.failures", &["upstream", "source"], "Look-ups that were not answered.", |s, o| discoveries(s, o, |d| d.failures)),
    gauge("hedgerow.registrations", &["state"], "Instances that have registered, in this state.", registrations),

    counter("hedgerow.listener.waited", &["listener"], "Requests that had to wait for a worker to have room for them.", |s, o| listeners(s, o, |l| l.waited)),
    counter("hedgerow.listener.overloaded", &["listener"], "Requests refused for want of room.", |s, o| listeners(s, o, |l| l.overloaded)),
    counter("hedgerow.listener.refused_late", &["listener"], "Requests whose body was refused when the head of its answer had gone out, so that no answer could say so.", |s, o| listeners(s, o, |l| l.refused_late)),
    gauge("hedgerow.listener.bound", &["listener"], "Requests without an answer that a worker works on at once, at most and for now; of the worker that has the least.", |s, o| bounds(s, o, |b| b.requests)),
    gauge("hedgerow.listener.busy_percent", &["listener"], "Hundredths of the time for which a worker was busy when requests last waited for that bound; of the busiest worker.", |s, o| bounds(s, o, |b| b.busy_percent)),

    gauge("hedgerow.store.durable", &["backend"], "Whether what the store has acknowledged is on the disk: 1 or 0.", |s, o| stores(s, o, |t| u64::from(t.durable))),
    gauge("hedgerow.store.problem", &["backend"], "Whether the store was asked to keep on a disk what it keeps in memory now: 1 or 0.", |s, o| stores(s, o, |t| u64::from(t.problem.is_some()))),
    counter("hedgerow.store.saved", &["backend"], "Records saved.", |s, o| stores(s, o, |t| t.saved)),
    counter("hedgerow.store.failed", &["backend"], "Saves that failed.", |s, o| stores(s, o, |t| t.failed)),

    counter("hedgerow.telemetry.exported", &["signal"], "Spans, lines of the log and whole exports of the metrics that the collector has taken; `stderr`: lines of the log written there.", |s, o| signals(s, o, |t| t.exported)),
    counter("hedgerow.telemetry.dropped", &["signal"], "Spans and lines of the log that were dropped, for want of room or because they were not taken.", |s, o| signals(s, o, |t| t.dropped)),
    counter("hedgerow.telemetry.failures", &["signal"], "Requests to the collector that came to nothing.", |s, o| signals(s, o, |t| t.failures)),
    counter("hedgerow.telemetry.rejected", &["signal"], "Spans, lines of the log and data points that the collector has rejected, though it answered well.", |s, o| signals(s, o, |t| t.rejected)),
    gauge("hedgerow.telemetry.waiting", &["signal"], "Lines of the log that wait for the collector, or to be written.", |s, o| signals(s, o, |t| t.waiting)),
];
