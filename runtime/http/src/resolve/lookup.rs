//! One kind of record of one name.

use std::time::Duration;

use hedgerow_actors::discovery::ResolveError;
use hickory_resolver::TokioResolver;
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::rr::{Name, RecordType};

/// What was answered.
pub(super) enum Looked {
    /// Records, perhaps those of names on the way.
    Found(Lookup),
    /// That there are none, and for how long.
    Nothing(Option<Duration>),
}

/// Looks up the records of this kind.
pub(super) async fn look_up(
    resolver: &TokioResolver,
    name: Name,
    kind: RecordType,
) -> Result<Looked, ResolveError> {
    match resolver.lookup(name, kind).await {
        Ok(lookup) => Ok(Looked::Found(lookup)),
        Err(NetError::Dns(DnsError::NoRecordsFound(nothing))) => {
            let ttl = nothing.negative_ttl.map(u64::from);
            Ok(Looked::Nothing(ttl.map(Duration::from_secs)))
        }
        Err(error) => Err(ResolveError::Failed { why: failure(&error) }),
    }
}

fn failure(error: &NetError) -> String {
    match error {
        NetError::Timeout => "the resolver did not answer in time".to_owned(),
        NetError::NoConnections => "the resolver cannot be reached".to_owned(),
        NetError::Dns(DnsError::ResponseCode(code)) => format!("the resolver answered `{code}`"),
        other => format!("the look-up failed: {other}"),
    }
}

/// The shortest time to live of all records of an answer.
pub(super) fn ttl(lookup: &Lookup) -> Duration {
    let shortest = lookup.answers().iter().map(|record| record.ttl).min();
    Duration::from_secs(u64::from(shortest.unwrap_or_default()))
}
