//! Which requests are copied to another upstream.

use super::{Field, Section, keys};
use crate::MirrorPolicy;
use crate::error::Problems;

const EXAMPLE: &str = "{ upstream: payments-next, fraction: 0.1, maxInFlight: 64 }";

/// `None` where it is off, or where it could not be read.
pub(super) fn mirror(field: &Field<'_>, problems: &mut Problems) -> Option<MirrorPolicy> {
    if field.is_off() {
        return None;
    }
    let section = Section::open(field, &keys::MIRROR, &format!("{EXAMPLE}` or `off"), problems)?;
    let upstream = section
        .require("upstream", "upstream: payments-next", problems)
        .and_then(|field| field.text("the name of an upstream", "payments-next", problems));
    let fraction = section.share("fraction", problems);
    let max_in_flight = section.count("maxInFlight", problems);
    let mut policy = MirrorPolicy::to(upstream?);
    policy.fraction = fraction.unwrap_or(policy.fraction);
    policy.max_in_flight = max_in_flight.unwrap_or(policy.max_in_flight);
    Some(policy)
}
