//! The SRV records of a name, and the addresses of those that they name (RFC 2782).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use hedgerow_actors::discovery::{Answer, Members, ResolveError, Resolved};
use hedgerow_actors::upstream::Share;
use hedgerow_config::Upstream;
use hickory_resolver::TokioResolver;
use hickory_resolver::lookup::Lookup;
use hickory_resolver::proto::rr::rdata::SRV;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use tokio::time::timeout;

use super::hosts::{Families, Hosts, address, hosts};
use super::lookup::{Looked, look_up, ttl};
use super::member;

/// Names whose addresses are looked up at once.
const AT_ONCE: usize = 16;

/// How long the addresses of one target may take: those of the others are not to be lost for it.
const TARGET_WITHIN: Duration = Duration::from_secs(3);

/// The addresses of one name: with how long they live, or why there are none.
type Addresses = Result<Option<(BTreeSet<IpAddr>, Duration)>, ResolveError>;

/// Looks up the records, and the addresses of the names in them: those that came along are taken, the others are asked
/// for. Endpoints of all priorities are found, as who calls them turns to the next one where nobody of the best is available.
pub(super) async fn services(resolver: &TokioResolver, name: Name) -> Result<Resolved, ResolveError> {
    let lookup = match look_up(resolver, name, RecordType::SRV).await? {
        Looked::Found(lookup) => lookup,
        Looked::Nothing(ttl) => return Ok(Resolved::Nothing { ttl }),
    };
    let records = lookup.answers().iter().filter_map(|record| match &record.data {
        // The root as a target says that the service is not there.
        RData::SRV(srv) if !srv.target.is_root() => Some(srv),
        _ => None,
    });
    let records: Vec<&SRV> = records.collect();
    let answer = found(resolver, &lookup, &records).await;
    match (answer.members.is_empty(), answer.unresolved) {
        (false, _) => Ok(Resolved::Found(answer)),
        (true, 0) => Ok(Resolved::Nothing {
            ttl: Some(ttl(&lookup)),
        }),
        (true, unresolved) => {
            let why = format!(
                "{unresolved} names of its records could not be looked up, and no other has an address"
            );
            Err(ResolveError::Failed { why })
        }
    }
}

async fn found(resolver: &TokioResolver, lookup: &Lookup, records: &[&SRV]) -> Answer {
    let targets: BTreeSet<Name> = records.iter().map(|srv| srv.target.clone()).collect();
    let asked: Vec<_> = targets
        .into_iter()
        .map(|target| {
            let along = along(lookup, &target);
            let resolver = resolver.clone();
            async move {
                let addresses = match along {
                    Some(found) => Ok(Some(found)),
                    None => timeout(TARGET_WITHIN, asked_for(&resolver, target.clone()))
                        .await
                        .unwrap_or(Err(ResolveError::TimedOut {
                            within: TARGET_WITHIN,
                        })),
                };
                (target, addresses)
            }
        })
        .collect();
    let asked = stream::iter(asked).buffer_unordered(AT_ONCE);
    let addresses: BTreeMap<Name, Addresses> = asked.collect().await;
    let mut answer = Answer {
        members: Members::default(),
        ttl: ttl(lookup),
        unresolved: addresses.values().filter(|found| found.is_err()).count(),
    };
    let mut members = Vec::new();
    // Weights beyond what an endpoint may have are brought down together: those of one priority, as they are compared there.
    let mut heaviest: BTreeMap<u16, u32> = BTreeMap::new();
    for srv in records {
        let heaviest = heaviest.entry(srv.priority).or_insert(Upstream::MOST_WEIGHT);
        *heaviest = u32::from(srv.weight).max(*heaviest);
    }
    for srv in records {
        let Some(Ok(Some((ips, ttl)))) = addresses.get(&srv.target) else {
            continue;
        };
        answer.ttl = answer.ttl.min(*ttl);
        let heaviest = heaviest.get(&srv.priority).copied();
        let heaviest = heaviest.unwrap_or(Upstream::MOST_WEIGHT);
        let share = Share {
            weight: (u32::from(srv.weight) * Upstream::MOST_WEIGHT / heaviest).max(1),
            priority: srv.priority,
        };
        members.extend(
            ips.iter()
                .filter_map(|ip| member(SocketAddr::new(*ip, srv.port), share)),
        );
    }
    // Of an address that stands under several priorities the best one counts: it comes last.
    members.sort_by_key(|member| Reverse(member.share.priority));
    answer.members = members.into_iter().collect();
    answer
}

/// The addresses that came along with the records.
fn along(lookup: &Lookup, target: &Name) -> Option<(BTreeSet<IpAddr>, Duration)> {
    let of_target = lookup
        .additionals()
        .iter()
        .filter(|record| record.name == *target);
    let mut ips = BTreeSet::new();
    let mut shortest = u32::MAX;
    for record in of_target {
        if let Some(ip) = address(&record.data) {
            ips.insert(ip);
            shortest = shortest.min(record.ttl);
        }
    }
    (!ips.is_empty()).then(|| (ips, Duration::from_secs(u64::from(shortest))))
}

async fn asked_for(resolver: &TokioResolver, target: Name) -> Addresses {
    match hosts(resolver, target, &Families::default()).await? {
        Hosts::Some { ips, ttl, .. } => Ok(Some((ips, ttl))),
        Hosts::None { .. } => Ok(None),
    }
}
