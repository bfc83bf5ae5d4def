//! `rateLimit`: so many requests in so much time.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use hedgerow_config::{LimitKey, RateLimit, WithoutKey};
use hedgerow_view::Refusal;
use http::{HeaderName, StatusCode};

use crate::chain::{Cx, Flow, Node, NodeSpec, RequestHead};
use crate::rate::{Limiter, LimiterMemory, Over, Whose};

pub(super) fn spec(name: &str, config: &RateLimit) -> NodeSpec {
    let config = config.clone();
    NodeSpec::keeping(
        name,
        "rateLimit",
        LimiterMemory::default(),
        move |memory: Arc<LimiterMemory>| RateLimitNode::new(&config, &memory),
    )
}

struct RateLimitNode {
    limiter: Limiter,
    key: Key,
    without_key: WithoutKey,
    /// The quota, as it is told.
    quota: String,
}

enum Key {
    None,
    Address,
    Tenant,
    Header(HeaderName),
}

impl RateLimitNode {
    fn new(config: &RateLimit, memory: &LimiterMemory) -> Self {
        let key = match &config.key {
            LimitKey::None => Key::None,
            LimitKey::Address => Key::Address,
            LimitKey::Tenant => Key::Tenant,
            // What cannot be a header is in no request: it has been checked.
            LimitKey::Header(name) => name.parse().map_or(Key::None, Key::Header),
        };
        Self {
            limiter: memory.limiter(config),
            key,
            without_key: config.without_key,
            quota: format!("{}, burst {}", config.rate, config.most_at_once()),
        }
    }

    #[cold]
    fn refuse(&self, over: Over, key: Option<&str>, cx: &mut Cx) -> Flow {
        let whose = match (over.whose(), key) {
            (Whose::Key, Some(key)) => shortened(key),
            (Whose::Others, _) => "keys beyond maxKeys".to_owned(),
            (Whose::Key | Whose::All, _) => "all".to_owned(),
        };
        let observed = format!("{whose}: next in {:.1?}", over.retry_after());
        let refusal = Refusal::new("", "rateLimit", &self.quota, observed).retry_after(over.retry_after());
        cx.refuse_with(StatusCode::TOO_MANY_REQUESTS, refusal)
    }
}

impl Node for RateLimitNode {
    type State = ();

    fn on_request(&self, head: &mut dyn RequestHead, (): &mut (), cx: &mut Cx) -> Flow {
        let now = cx.now();
        let address;
        let key = match &self.key {
            Key::None => {
                return match self.limiter.check(now) {
                    Ok(()) => Flow::Next,
                    Err(over) => self.refuse(over, None, cx),
                };
            }
            Key::Address => {
                address = head.peer().map(|peer| network(peer.ip()));
                address.as_ref().map(<[u8; 16]>::as_slice)
            }
            Key::Tenant => head.tenant().map(str::as_bytes),
            Key::Header(name) => head.header(name),
        };
        let checked = match key {
            Some(key) => self.limiter.check_key(now, key),
            None if self.without_key == WithoutKey::Pass => return Flow::Next,
            None => self.limiter.check(now),
        };
        let Err(over) = checked else {
            return Flow::Next;
        };
        let told = match (&self.key, key) {
            (Key::Address, _) => head.peer().map(|peer| shown(peer.ip())),
            (_, Some(key)) => Some(String::from_utf8_lossy(key).into_owned()),
            (_, None) => None,
        };
        self.refuse(over, told.as_deref(), cx)
    }
}

/// The longest part of a key that is told, in characters.
const LONGEST_TOLD: usize = 64;

fn shortened(key: &str) -> String {
    match key.char_indices().nth(LONGEST_TOLD) {
        Some((end, _)) => format!("{}...", &key[..end]),
        None => key.to_owned(),
    }
}

/// What an address counts by. Of IPv6 it is the first 64 bits: a host is given a network of that size, and may use any
/// address in it (RFC 7421).
fn network(address: IpAddr) -> [u8; 16] {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => {
            let mut octets = address.octets();
            octets[8..].fill(0);
            octets
        }
    }
}

/// The same, as it is told.
fn shown(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        address @ IpAddr::V6(_) => format!("{}/64", Ipv6Addr::from(network(address))),
    }
}
