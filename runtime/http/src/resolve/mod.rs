//! Looks names up, through hickory: no thread waits for it.
//!
//! | file | subject |
//! |---|---|
//! | `lookup` | one kind of record of one name |
//! | `hosts` | the addresses of a name |
//! | `static_name` | the name of an endpoint that stands in a config |
//! | `services` | the SRV records of a name, and the addresses of those that they name |

mod hosts;
mod lookup;
mod services;
#[cfg(test)]
mod stall_tests;
mod static_name;
#[cfg(test)]
mod static_name_tests;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hedgerow_actors::discovery::{
    Answer, Member, Question, Resolve, ResolveError, Resolved, Resolver, Resolving,
};
use hedgerow_actors::upstream::Share;
use hedgerow_config::DnsRecords;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::Name;

use hosts::{Families, Hosts};
pub(crate) use static_name::{Lookups, StaticName};

/// How long a server that is named in config may take to answer a question, before it is asked again.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// How often it is asked again.
const ASKED_AGAIN: usize = 1;

/// Looks names up in the domain name system. Names in the system's `hosts` are found there, unless the server is named.
#[derive(Debug, Clone, Copy, Default)]
pub struct Dns;

impl Resolve for Dns {
    fn resolver(&self, server: Option<SocketAddr>) -> Result<Box<dyn Resolver>, ResolveError> {
        let resolver = asking(server)?;
        Ok(Box::new(Stub {
            resolver,
            families: Arc::default(),
        }))
    }
}

/// Asks this server, or those of the system, which also knows its `hosts`.
fn asking(server: Option<SocketAddr>) -> Result<TokioResolver, ResolveError> {
    let no_resolver = |why: String| ResolveError::NoResolver { why };
    let builder = match server {
        None => TokioResolver::builder_tokio().map_err(|error| no_resolver(error.to_string()))?,
        Some(server) => {
            let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
                connection.port = server.port();
                connection
            });
            let server = NameServerConfig::new(server.ip(), true, connections.to_vec());
            let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
            let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
            let options: &mut ResolverOpts = builder.options_mut();
            options.use_hosts_file = ResolveHosts::Never;
            options.timeout = ANSWER_WITHIN;
            options.attempts = ASKED_AGAIN;
            builder
        }
    };
    builder.build().map_err(|error| no_resolver(error.to_string()))
}

/// A resolver that asks others.
struct Stub {
    resolver: TokioResolver,
    families: Arc<Families>,
}

impl Resolver for Stub {
    fn look_up(&self, question: &Question) -> Resolving {
        let (resolver, families) = (self.resolver.clone(), Arc::clone(&self.families));
        let Question { name, records } = question.clone();
        Box::pin(async move {
            // What an answer said before is no answer.
            resolver.clear_cache();
            let parsed = Name::from_ascii(&name).map_err(|error| ResolveError::BadName {
                name: name.clone(),
                why: error.to_string(),
            })?;
            match records {
                DnsRecords::Addresses { port } => {
                    let hosts = hosts::hosts(&resolver, parsed, &families).await?;
                    Ok(addresses(hosts, port))
                }
                DnsRecords::Services => services::services(&resolver, parsed).await,
            }
        })
    }
}

fn addresses(hosts: Hosts, port: u16) -> Resolved {
    match hosts {
        Hosts::None { ttl } => Resolved::Nothing { ttl },
        Hosts::Some { ips, ttl, is_partial } => Resolved::Found(Answer {
            members: ips
                .into_iter()
                .filter_map(|ip| member(SocketAddr::new(ip, port), Share::default()))
                .collect(),
            ttl,
            unresolved: usize::from(is_partial),
        }),
    }
}

/// `None` where the port is none.
fn member(addr: SocketAddr, share: Share) -> Option<Member> {
    let addr = addr.to_string().parse().ok()?;
    Some(Member { addr, share })
}
