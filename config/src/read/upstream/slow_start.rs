//! How an endpoint that joins is brought to its share.

use super::{Field, Section, keys};
use crate::SlowStart;
use crate::error::Problems;

pub(super) fn slow_start(field: &Field<'_>, problems: &mut Problems) -> Option<SlowStart> {
    if field.is_off() {
        return None;
    }
    let example = "{ for: 30s, aggression: 1.0, minWeight: 0.1 }` or `off";
    let section = Section::open(field, &keys::SLOW_START, example, problems)?;
    let default = SlowStart::default();
    let aggression = section
        .field("aggression")
        .and_then(|field| field.decimal("a number above 0", "1.0", problems));
    Some(SlowStart {
        time: section.time("for", problems).unwrap_or(default.time),
        aggression: aggression.unwrap_or(default.aggression),
        min_weight: section.share("minWeight", problems).unwrap_or(default.min_weight),
    })
}
