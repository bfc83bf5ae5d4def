//! Config files of gateways.

use std::fmt;
use std::net::SocketAddr;

use crate::Endpoint;

/// A key of an upstream that is not required, so that an endpoint is dialled for requests alone.
pub const UNASKED: &str = "required: false";

/// A key of an upstream by which nothing that an endpoint does is a reason for a retry. What is sent again because its idle
/// connection had died is none.
pub const ONE_TRY: &str = "retry: { on: [ 599 ] }";

/// A config with one listener, whose chain `edge` ends in a route to its upstreams. All that is said of a part is YAML, as it
/// stands in braces.
#[derive(Debug, Default)]
pub struct Config {
    listener: Vec<String>,
    chain: Vec<String>,
    nodes: Vec<String>,
    rules: Vec<String>,
    upstreams: Vec<Upstream>,
    telemetry: Option<String>,
}

#[derive(Debug)]
struct Upstream {
    name: String,
    keys: Vec<String>,
}

impl Config {
    /// Requests below this path go to an upstream of this name, with these endpoints; without any where there are none.
    pub fn to(path: &str, upstream: &str, endpoints: &[SocketAddr]) -> Self {
        Self::default().and_to(path, upstream, endpoints)
    }

    /// The same, and those below another path to another upstream.
    #[must_use]
    pub fn and_to(mut self, path: &str, upstream: &str, endpoints: &[SocketAddr]) -> Self {
        let endpoints: Vec<_> = endpoints.iter().map(SocketAddr::to_string).collect();
        let known = (!endpoints.is_empty()).then(|| format!("endpoints: {endpoints:?}"));
        self.upstreams.push(Upstream {
            name: upstream.to_owned(),
            keys: known.into_iter().collect(),
        });
        self.also(path)
    }

    /// The same, and those below this path to the upstream that was named last.
    #[must_use]
    pub fn also(mut self, path: &str) -> Self {
        let Upstream { name, .. } = self.upstreams.last().unwrap();
        self.rules.push(format!("{{ path: {path}, upstream: {name} }}"));
        self
    }

    /// The same, with these keys of the upstream that was named last.
    #[must_use]
    pub fn keys(mut self, keys: &str) -> Self {
        more(&mut self.upstreams.last_mut().unwrap().keys, keys);
        self
    }

    /// The same, with these keys of the listener.
    #[must_use]
    pub fn listener(mut self, keys: &str) -> Self {
        more(&mut self.listener, keys);
        self
    }

    /// The same, with this key of the chain, as its line says it.
    #[must_use]
    pub fn chain(mut self, key: &str) -> Self {
        more(&mut self.chain, key);
        self
    }

    /// The same, with these keys of what goes out to a collector.
    #[must_use]
    pub fn telemetry(mut self, keys: &str) -> Self {
        self.telemetry = Some(keys.to_owned());
        self
    }

    /// The same, with this node in front of the route, behind those that were named before.
    #[must_use]
    pub fn node(mut self, node: &str) -> Self {
        self.nodes.push(node.to_owned());
        self
    }
}

fn more(keys: &mut Vec<String>, further: &str) {
    if !further.is_empty() {
        keys.push(further.to_owned());
    }
}

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "version: 1")?;
        let bound = ["bind: 127.0.0.1:8080", "chain: edge"].map(str::to_owned);
        let listener = [&bound[..], &self.listener].concat().join(", ");
        writeln!(f, "listeners:\n  - {{ {listener} }}")?;
        writeln!(f, "chains:\n  edge:")?;
        for key in &self.chain {
            writeln!(f, "    {key}")?;
        }
        writeln!(f, "    nodes:")?;
        for node in &self.nodes {
            writeln!(f, "      - {node}")?;
        }
        writeln!(
            f,
            "      - {{ kind: route, rules: [ {} ] }}",
            self.rules.join(", ")
        )?;
        writeln!(f, "upstreams:")?;
        for Upstream { name, keys } in &self.upstreams {
            writeln!(f, "  {name}: {{ {} }}", keys.join(", "))?;
        }
        if let Some(keys) = &self.telemetry {
            writeln!(f, "telemetry: {{ {keys} }}")?;
        }
        Ok(())
    }
}

/// A gateway that passes everything on to what is at this address, whatever becomes of it.
pub fn leading_to(addr: SocketAddr) -> Config {
    Config::to("/", "payments", &[addr])
        .keys(UNASKED)
        .keys("breaker: off")
}

/// A gateway that passes everything on to one endpoint, of the upstream `payments`, and tries each request once; `breaker` is
/// what stands in the braces of its breaker.
pub fn in_front_of(payments: &Endpoint, breaker: &str) -> Config {
    in_front_of_addr(payments.addr(), breaker)
}

/// The same, with the endpoint at this address.
pub fn in_front_of_addr(payments: SocketAddr, breaker: &str) -> Config {
    Config::to("/", "payments", &[payments])
        .keys(UNASKED)
        .keys(&format!("breaker: {{ {breaker} }}"))
        .keys(ONE_TRY)
}
