//! When a request is sent again.

use super::{Field, Section, keys};
use crate::RetryPolicy;
use crate::error::Problems;

pub(super) fn retry(field: &Field<'_>, problems: &mut Problems) -> RetryPolicy {
    if field.is_off() {
        return RetryPolicy::off();
    }
    let default = RetryPolicy::default();
    let Some(section) = Section::open(field, &keys::RETRY, "{ maxRetries: 1 }` or `off", problems) else {
        return default;
    };
    let max_retries = section
        .field("maxRetries")
        .and_then(|field| field.count_from_zero(problems));
    RetryPolicy {
        max_retries: max_retries.unwrap_or(default.max_retries),
    }
}
