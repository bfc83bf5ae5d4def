//! The top of a document, and its listeners.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::{Field, Section, chain, keys, upstream};
use crate::document::{Kind, Node, Value};
use crate::error::Problems;
use crate::{KeyPath, Listener, Revision};

/// The version of the format that this version of the program reads.
const VERSION: &str = "1";

/// Stands in for an address that could not be read. Port 0 is never a duplicate.
const ANY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

pub(crate) fn revision(tree: &Node, problems: &mut Problems) -> Revision {
    let field = Field {
        path: KeyPath::root(),
        at: tree.at,
        node: tree,
    };
    let mut revision = Revision {
        number: 1,
        listeners: Vec::new(),
        chains: Vec::new(),
        upstreams: Vec::new(),
    };
    let Some(root) = Section::open(&field, &keys::ROOT, "version: 1", problems) else {
        return revision;
    };
    if let Some(field) = root.require("version", "version: 1", problems) {
        version(&field, problems);
    }
    if let Some(field) = root.require(
        "listeners",
        "listeners: [ { bind: 127.0.0.1:8080, chain: edge } ]",
        problems,
    ) {
        revision.listeners = listeners(&field, problems);
    }
    let example = "chains: { edge: { nodes: [ { kind: route, rules: [ { path: /, upstream: web } ] } ] } }";
    if let Some(field) = root.require("chains", example, problems) {
        let named = field.named("a map of chains by their names", &advice(example), problems);
        let named = named.into_iter().flatten();
        revision.chains = named
            .map(|(name, field)| chain::chain(name, &field, problems))
            .collect();
    }
    let example = "upstreams: { web: { endpoints: [\"127.0.0.1:9001\"] } }";
    if let Some(field) = root.require("upstreams", example, problems) {
        let named = field.named("a map of upstreams by their names", &advice(example), problems);
        let named = named.into_iter().flatten();
        revision.upstreams = named
            .map(|(name, field)| upstream::upstream(name, &field, problems))
            .collect();
    }
    revision
}

fn advice(example: &str) -> String {
    format!("write for example `{example}`")
}

fn version(field: &Field<'_>, problems: &mut Problems) {
    let is_known = field
        .scalar()
        .is_some_and(|scalar| scalar.kind == Kind::Number && scalar.text == VERSION);
    if !is_known {
        field.unexpected("the version of the format, 1", "write `version: 1`", problems);
    }
}

fn listeners(field: &Field<'_>, problems: &mut Problems) -> Vec<Listener> {
    let example = "write for example `[ { bind: 127.0.0.1:8080, chain: edge } ]`";
    let expected = "a list of at least one listener";
    let items = field.items(expected, example, problems).unwrap_or_default();
    let is_empty_list = items.is_empty() && matches!(field.node.value, Value::List(_));
    if is_empty_list {
        field.unexpected(expected, example, problems);
    }
    items.iter().map(|item| listener(item, problems)).collect()
}

fn listener(field: &Field<'_>, problems: &mut Problems) -> Listener {
    let stand_in = Listener {
        bind: ANY,
        chain: String::new(),
        tenant: None,
    };
    let example = "{ bind: 127.0.0.1:8080, chain: edge }";
    let Some(section) = Section::open(field, &keys::LISTENER, example, problems) else {
        problems.hide(&field.path);
        return stand_in;
    };
    let bind = section
        .require("bind", "bind: 127.0.0.1:8080", problems)
        .and_then(|field| bind(&field, problems));
    let chain = section
        .require("chain", "chain: edge", problems)
        .and_then(|field| field.text("the name of a chain", "edge", problems));
    Listener {
        bind: bind.unwrap_or(stand_in.bind),
        chain: chain.map_or(stand_in.chain, str::to_owned),
        tenant: section.field("tenant").and_then(|field| tenant(&field, problems)),
    }
}

/// The name of the header that says whose request it is.
fn tenant(field: &Field<'_>, problems: &mut Problems) -> Option<String> {
    let name = field
        .scalar()
        .and_then(|scalar| scalar.text.strip_prefix("header:"))
        .filter(|name| is_field_name(name));
    if name.is_none() {
        let expected = "`header:` and the name of a header";
        field.unexpected(expected, "write for example `\"header:x-tenant\"`", problems);
    }
    name.map(str::to_ascii_lowercase)
}

/// A token of RFC 9110, section 5.6.2.
fn is_field_name(name: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_token)
}

fn bind(field: &Field<'_>, problems: &mut Problems) -> Option<SocketAddr> {
    let bind = field.scalar().and_then(|scalar| scalar.text.parse().ok());
    if bind.is_none() {
        field.unexpected(
            "an IP address and a port up to 65535",
            "write for example `127.0.0.1:8080` or `\"[::1]:8080\"`",
            problems,
        );
    }
    bind
}
