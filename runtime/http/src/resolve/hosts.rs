//! The addresses of a name.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join;
use hedgerow_actors::discovery::ResolveError;
use hickory_resolver::TokioResolver;
use hickory_resolver::lookup::Lookup;
use hickory_resolver::proto::rr::{Name, RData, RecordType};

use super::lookup::{Looked, look_up, ttl};

/// The addresses of a name.
pub(super) enum Hosts {
    /// It has some.
    Some {
        ips: BTreeSet<IpAddr>,
        ttl: Duration,
        /// Whether it had others, which could not be looked up now.
        is_partial: bool,
    },
    /// It has none, for so long.
    None { ttl: Option<Duration> },
}

/// Which kinds of addresses a name had before. There are servers that never answer one kind; who is missing for that is
/// not there.
#[derive(Default)]
pub(super) struct Families {
    v4: AtomicBool,
    v6: AtomicBool,
}

/// Looks up both kinds of addresses.
///
/// # Errors
/// Where neither kind was answered, or only that there are none of the other.
pub(super) async fn hosts(
    resolver: &TokioResolver,
    name: Name,
    families: &Families,
) -> Result<Hosts, ResolveError> {
    let v4 = look_up(resolver, name.clone(), RecordType::A);
    let v6 = look_up(resolver, name, RecordType::AAAA);
    let (v4, v6) = join(v4, v6).await;
    let mut ips = BTreeSet::new();
    let mut ttls: Vec<Duration> = Vec::new();
    let mut empty: Option<Duration> = None;
    let mut failed = None;
    let mut is_partial = false;
    for (answered, had_any) in [(v4, &families.v4), (v6, &families.v6)] {
        match answered {
            Ok(Looked::Found(lookup)) => {
                let before = ips.len();
                ips.extend(addresses(&lookup));
                if ips.len() > before {
                    ttls.push(ttl(&lookup));
                    had_any.store(true, Ordering::Relaxed);
                }
            }
            Ok(Looked::Nothing(ttl)) => empty = empty.into_iter().chain(ttl).min(),
            Err(error) => {
                is_partial |= had_any.load(Ordering::Relaxed);
                failed.get_or_insert(error);
            }
        }
    }
    match (ttls.into_iter().min(), failed) {
        (Some(ttl), _) => Ok(Hosts::Some { ips, ttl, is_partial }),
        (None, Some(error)) => Err(error),
        (None, None) => Ok(Hosts::None { ttl: empty }),
    }
}

/// Those among the records of an answer.
pub(super) fn addresses(lookup: &Lookup) -> impl Iterator<Item = IpAddr> {
    lookup.answers().iter().filter_map(|record| address(&record.data))
}

pub(super) fn address(data: &RData) -> Option<IpAddr> {
    match data {
        RData::A(v4) => Some(IpAddr::V4(v4.0)),
        RData::AAAA(v6) => Some(IpAddr::V6(v6.0)),
        _ => None,
    }
}
