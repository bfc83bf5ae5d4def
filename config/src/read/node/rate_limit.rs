//! `kind: rateLimit`.

use super::super::{Field, Keys, Section};
use crate::error::{ProblemKind, Problems};
use crate::{LimitKey, Per, Rate, RateLimit, WithoutKey};

const KEYS: Keys = Keys::of(&[
    "name",
    "kind",
    "panicBudget",
    "perSecond",
    "perMinute",
    "perHour",
    "burst",
    "key",
    "withoutKey",
    "maxKeys",
]);

const WITHOUT_KEY: Keys = Keys::of(&["share", "pass"]);

pub(super) fn read(section: &Section<'_>, problems: &mut Problems) -> RateLimit {
    section.check_keys(&KEYS, problems);
    let mut limit = RateLimit::per_second(1);
    match rate(section, problems) {
        Some(rate) => limit.rate = rate,
        // The default of the burst is the rate's.
        None => problems.hide(&section.path().key("burst")),
    }
    limit.burst = section.count("burst", problems);
    if let Some(key) = section.field("key").and_then(|field| key(&field, problems)) {
        limit.key = key;
    }
    match section.choice("withoutKey", &WITHOUT_KEY, problems) {
        Some("pass") => limit.without_key = WithoutKey::Pass,
        _ => limit.without_key = WithoutKey::Share,
    }
    if let Some(keys) = section.count("maxKeys", problems) {
        limit.max_keys = keys;
    }
    limit
}

/// The rate, by the one of its three keys that is there.
fn rate(section: &Section<'_>, problems: &mut Problems) -> Option<Rate> {
    let mut said = Per::ALL
        .into_iter()
        .filter_map(|per| Some((per, section.field(per.key())?)));
    let Some((per, field)) = said.next() else {
        section.require(Per::Second.key(), "perSecond: 500", problems);
        return None;
    };
    let requests = field.count(problems);
    for (other, field) in said {
        let (first, second) = (per.key().to_owned(), other.key().to_owned());
        problems.report(field.at, &field.path, ProblemKind::BothForms { first, second });
    }
    Some(Rate {
        requests: requests?,
        per,
    })
}

fn key(field: &Field<'_>, problems: &mut Problems) -> Option<LimitKey> {
    let text = field.scalar().map_or("", |scalar| scalar.text.as_str());
    match text {
        "none" => return Some(LimitKey::None),
        "address" => return Some(LimitKey::Address),
        "tenant" => return Some(LimitKey::Tenant),
        _ => {}
    }
    let name = text.strip_prefix("header:");
    if let Some(name) = name.filter(|name| crate::header::is_name(name)) {
        return Some(LimitKey::header(name));
    }
    let expected = "one of: none, address, tenant, header:NAME";
    field.unexpected(expected, "write for example `\"header:x-tenant\"`", problems);
    None
}
