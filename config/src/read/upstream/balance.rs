//! Which endpoint a call goes to.

use super::{Field, Section, keys};
use crate::error::Problems;
use crate::{Balance, HashKey, Hashing, InvalidHashKey};

/// A name, or a map of one and what belongs to it.
pub(super) fn balance(field: &Field<'_>, problems: &mut Problems) -> Balance {
    let Some(section) = Section::opened(field) else {
        return named(field, problems).unwrap_or_default();
    };
    section.check_keys(&keys::BALANCE, problems);
    let kind = section
        .require("kind", "kind: ringHash", problems)
        .and_then(|field| named(&field, problems));
    let key = section.field("key");
    let bounded_load = section.field("boundedLoad");
    let hashing = Hashing {
        key: key
            .as_ref()
            .and_then(|field| hash_key(field, problems))
            .unwrap_or_default(),
        bounded_load: bounded_load
            .as_ref()
            .filter(|field| !field.is_off())
            .and_then(|field| field.decimal("a number above 1, or `off`", "1.25", problems)),
    };
    match kind {
        Some(Balance::RingHash(_)) => Balance::RingHash(hashing),
        Some(Balance::Maglev(_)) => Balance::Maglev(hashing),
        Some(other) => {
            for field in [key, bounded_load].into_iter().flatten() {
                let advice = "remove it, or write `kind: ringHash` or `kind: maglev`";
                field.unexpected("a balancer that is led by a key beside it", advice, problems);
            }
            other
        }
        // What belongs to a balancer that cannot be made out cannot be judged.
        None => Balance::default(),
    }
}

fn named(field: &Field<'_>, problems: &mut Problems) -> Option<Balance> {
    let name = field.choice("balance", &keys::BALANCERS, problems);
    if name.is_none() {
        problems.hide(&field.path);
    }
    name.and_then(Balance::named)
}

fn hash_key(field: &Field<'_>, problems: &mut Problems) -> Option<HashKey> {
    let text = field.text("what calls have in common", "header:x-user", problems)?;
    let key = text.parse();
    if let Err(InvalidHashKey) = key {
        let expected = "`header:` or `cookie:` and a name, `address` or `path`";
        field.unexpected(expected, "write for example `header:x-user`", problems);
    }
    key.ok()
}
