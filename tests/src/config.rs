//! Config files of gateways. Their upstreams are not required, so that an endpoint is dialled for requests alone.

use std::net::SocketAddr;

use crate::Endpoint;

/// A line of an upstream by which nothing that an endpoint does is a reason for a retry. What is sent again because its idle
/// connection had died is none.
pub const ONE_TRY: &str = "    retry: { on: [ 599 ] }\n";

/// A gateway that passes everything on to what is at this address; `listener` is what stands in the braces of its listener
/// beside address and chain, with a comma in front.
pub fn leading_to(addr: SocketAddr, listener: &str) -> String {
    leading_by(addr, listener, "")
}

/// The same with these lines of the upstream, each with its indentation and its end.
pub fn leading_by(addr: SocketAddr, listener: &str, upstream: &str) -> String {
    format!(
        "version: 1
listeners:
  - {{ bind: 127.0.0.1:8080, chain: edge{listener} }}
chains:
  edge:
    nodes:
      - {{ kind: route, rules: [ {{ path: /, upstream: payments }} ] }}
upstreams:
  payments:
    endpoints: [ \"{addr}\" ]
    required: false
    breaker: off
{upstream}"
    )
}

/// A gateway that passes everything on to one endpoint, of the upstream `payments`, and tries each request once; `breaker` is
/// what stands in the braces of its breaker.
pub fn in_front_of(payments: &Endpoint, breaker: &str) -> String {
    in_front_of_addr(payments.addr(), breaker)
}

/// The same, with the endpoint at this address.
pub fn in_front_of_addr(payments: SocketAddr, breaker: &str) -> String {
    format!(
        "version: 1
listeners:
  - {{ bind: 127.0.0.1:8080, chain: edge }}
chains:
  edge:
    nodes:
      - {{ kind: route, rules: [ {{ path: /, upstream: payments }} ] }}
upstreams:
  payments:
    endpoints: [ \"{payments}\" ]
    required: false
    breaker: {{ {breaker} }}
{ONE_TRY}"
    )
}
