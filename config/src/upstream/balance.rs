//! Which endpoint of an upstream a call goes to.

use std::str::FromStr;
use std::time::Duration;

use crate::header;

/// Who chooses among the endpoints of an upstream (`balance`).
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Balance {
    /// The cheaper of two that are drawn, by their recent times of answer, failures and calls under way (`p2cEwma`).
    #[default]
    P2cEwma,
    /// The one of two that are drawn with fewer calls under way (`leastRequest`).
    LeastRequest,
    /// Each in turn, whatever its weight (`roundRobin`).
    RoundRobin,
    /// Each in turn, as often as its weight says, evenly spread (`weighted`).
    Weighted,
    /// The same key goes to the same endpoint, by points on a ring (`ringHash`).
    RingHash(Hashing),
    /// The same key goes to the same endpoint, by a table of even shares (`maglev`).
    Maglev(Hashing),
}

impl Balance {
    /// The names of all, as in a config.
    pub const NAMES: [&str; 6] = [
        "p2cEwma",
        "leastRequest",
        "roundRobin",
        "weighted",
        "ringHash",
        "maglev",
    ];

    /// Its name, as in a config and in views.
    pub fn name(&self) -> &'static str {
        let [p2c_ewma, least_request, round_robin, weighted, ring_hash, maglev] = Self::NAMES;
        match self {
            Self::P2cEwma => p2c_ewma,
            Self::LeastRequest => least_request,
            Self::RoundRobin => round_robin,
            Self::Weighted => weighted,
            Self::RingHash(_) => ring_hash,
            Self::Maglev(_) => maglev,
        }
    }

    /// The one with this name and otherwise the defaults.
    pub fn named(name: &str) -> Option<Self> {
        let all = [
            Self::P2cEwma,
            Self::LeastRequest,
            Self::RoundRobin,
            Self::Weighted,
            Self::RingHash(Hashing::default()),
            Self::Maglev(Hashing::default()),
        ];
        all.into_iter().find(|balance| balance.name() == name)
    }

    /// What its choice follows from, where calls are led by a key.
    pub fn hashing(&self) -> Option<&Hashing> {
        match self {
            Self::RingHash(hashing) | Self::Maglev(hashing) => Some(hashing),
            Self::P2cEwma | Self::LeastRequest | Self::RoundRobin | Self::Weighted => None,
        }
    }
}

/// How calls are led by a key.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Hashing {
    /// What calls that go to the same endpoint have in common (`balance.key`). A call that has nothing of the kind is drawn.
    /// Default: the address of who sent it.
    pub key: HashKey,
    /// How many times its share of all calls under way an endpoint may have, above 1 (`balance.boundedLoad`); what is more
    /// goes on to the next one. Default: any.
    pub bounded_load: Option<f64>,
}

impl Hashing {
    /// The largest bound that can be asked for: what is further is none.
    pub const LOOSEST: f64 = 100.0;
}

/// What calls that go to the same endpoint have in common.
///
/// ```
/// use hedgerow_config::HashKey;
///
/// assert_eq!("header:x-user".parse(), Ok(HashKey::Header("x-user".to_owned())));
/// assert_eq!("path".parse(), Ok(HashKey::Path));
/// assert!("user".parse::<HashKey>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum HashKey {
    /// The value of this header (`header:NAME`).
    Header(String),
    /// The value of this cookie (`cookie:NAME`).
    Cookie(String),
    /// The IP address of who sent them, as the connection says (`address`).
    #[default]
    Address,
    /// Their path, without the query (`path`).
    Path,
}

impl FromStr for HashKey {
    type Err = InvalidHashKey;

    fn from_str(text: &str) -> Result<Self, InvalidHashKey> {
        let named = |name: &str| header::is_name(name).then(|| name.to_owned());
        let key = match text.split_once(':') {
            None if text == "address" => Some(Self::Address),
            None if text == "path" => Some(Self::Path),
            Some(("header", name)) => named(name).map(Self::Header),
            Some(("cookie", name)) => named(name).map(Self::Cookie),
            _ => None,
        };
        key.ok_or(InvalidHashKey)
    }
}

/// A text that does not say what calls have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected `header:` or `cookie:` and a name, `address` or `path`; write for example `header:x-user`")]
#[non_exhaustive]
pub struct InvalidHashKey;

/// How an endpoint that joins while its upstream serves is brought to its full share (`slowStart`): its weight is
/// multiplied by `max(min_weight, (age / time)^(1 / aggression))` until it is `time` old.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SlowStart {
    /// How long it takes (`for`). Default 30 s.
    pub time: Duration,
    /// How fast the share grows, above 0: evenly at 1, faster at first above it (`aggression`). Default 1.
    pub aggression: f64,
    /// The least factor, above 0 and at most 1 (`minWeight`). Default 0.1.
    pub min_weight: f64,
}

impl SlowStart {
    /// The most that can be asked for of `aggression`.
    pub const MOST_AGGRESSION: f64 = 100.0;
}

impl Default for SlowStart {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(30),
            aggression: 1.0,
            min_weight: 0.1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_balancer_is_found_by_its_name_and_no_other_is() {
        for name in Balance::NAMES {
            assert_eq!(Balance::named(name).map(|balance| balance.name()), Some(name));
        }
        assert_eq!(Balance::named("p2c"), None);
    }

    #[test]
    fn a_hash_key_has_a_name_or_is_the_address_or_the_path() {
        let cases = [
            ("header:X-User", Some(HashKey::Header("X-User".to_owned()))),
            ("cookie:sid", Some(HashKey::Cookie("sid".to_owned()))),
            ("address", Some(HashKey::Address)),
            ("path", Some(HashKey::Path)),
            ("", None),
            ("header", None),
            ("header:", None),
            ("cookie:a b", None),
            ("path:", None),
            ("Path", None),
        ];
        for (text, key) in cases {
            assert_eq!(text.parse().ok(), key, "{text:?}");
        }
    }
}
