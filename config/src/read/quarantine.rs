//! The quarantine of requests.

use super::{Field, Section, keys};
use crate::RequestQuarantine;
use crate::error::Problems;

const EXAMPLE: &str = "{ headers: [ x-tenant ], crashes: 3, per: 1m, for: 10m }";

/// `None` where it is off, or where it could not be read.
pub(super) fn quarantine(field: &Field<'_>, problems: &mut Problems) -> Option<RequestQuarantine> {
    if field.is_off() {
        return None;
    }
    let section = Section::open(field, &keys::QUARANTINE, &format!("{EXAMPLE}` or `off"), problems)?;
    let listed = section.require("headers", "headers: [ x-tenant ]", problems)?;
    let advice = "write for example `[ x-tenant, content-type ]`";
    let items = listed.items("a list of headers", advice, problems)?;
    let names = items
        .iter()
        .filter_map(|item| item.text("the name of a header", "x-tenant", problems));
    let mut quarantine = RequestQuarantine::by(names.map(str::to_ascii_lowercase));
    if let Some(crashes) = section.count("crashes", problems) {
        quarantine.crashes = crashes;
    }
    let times = [("per", &mut quarantine.per), ("for", &mut quarantine.lasts)];
    for (key, time) in times {
        if let Some(read) = section.time(key, problems) {
            *time = read;
        }
    }
    Some(quarantine)
}
