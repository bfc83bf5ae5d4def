//! `kind: rateLimit`.

use super::Findings;
use crate::{KeyPath, LimitKey, Rate, RateLimit};

pub(super) fn check(limit: &RateLimit, key: &KeyPath, findings: &mut Findings) {
    let RateLimit {
        rate,
        burst,
        key: by,
        without_key: _,
        max_keys,
    } = limit;
    let Rate { requests, per } = *rate;
    let seconds = u32::try_from(per.length().as_secs()).unwrap_or(u32::MAX);
    let most = RateLimit::MOST_PER_SECOND.saturating_mul(seconds);
    findings.count(key.key(per.key()), requests, most);
    if let Some(burst) = *burst {
        findings.count(key.key("burst"), burst, u32::MAX);
    }
    findings.count(key.key("maxKeys"), *max_keys, RateLimit::MOST_KEYS);
    if let LimitKey::Header(name) = by
        && !crate::header::is_name(name)
    {
        let (expected, advice) = ("the name of a header", "write letters, digits and hyphens");
        findings.odd(key.key("key"), expected, name, advice);
    }
}
