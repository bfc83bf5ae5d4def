//! When a second attempt is made before the first has failed.

use super::{Field, Section, keys};
use crate::error::Problems;
use crate::read::section::Either;
use crate::{HedgeAfter, HedgePolicy};

const EXAMPLE: &str = "{ after: 50ms, max: 1 }";

/// `None` where it is off, or where it could not be read.
pub(super) fn hedge(field: &Field<'_>, problems: &mut Problems) -> Option<HedgePolicy> {
    if field.is_off() {
        return None;
    }
    let section = Section::open(field, &keys::HEDGE, &format!("{EXAMPLE}` or `off"), problems)?;
    let after = after(&section, problems);
    let max = section.count("max", problems);
    let mut policy = HedgePolicy::after(after?);
    policy.max = max.unwrap_or(policy.max);
    Some(policy)
}

fn after(section: &Section<'_>, problems: &mut Problems) -> Option<HedgeAfter> {
    match section.either("after", "Ms", problems) {
        Some(Either::Plain(field)) => {
            let text = field.scalar().map_or("", |scalar| scalar.text.as_str());
            match text.strip_prefix('p').map(str::parse) {
                Some(Ok(percent)) => Some(HedgeAfter::Percentile(percent)),
                None if text.starts_with(|first: char| first.is_ascii_digit()) => {
                    field.time(problems).map(HedgeAfter::Time)
                }
                _ => {
                    let expected = "a duration, or a percentile from p50 to p99";
                    field.unexpected(expected, "write for example `50ms` or `p95`", problems);
                    None
                }
            }
        }
        Some(Either::WithUnit(_)) => section.time("after", problems).map(HedgeAfter::Time),
        None => {
            // Where both forms stand there, that has been told.
            if section.field("after").is_none() {
                section.require("after", "after: 50ms", problems);
            }
            None
        }
    }
}
