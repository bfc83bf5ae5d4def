//! Which endpoints are left out of the choice.

use super::{Field, Section, keys};
use crate::Outlier;
use crate::error::Problems;

pub(super) fn outlier(field: &Field<'_>, problems: &mut Problems) -> Outlier {
    let mut outlier = Outlier::default();
    if let Some(section) = Section::open(field, &keys::OUTLIER, "{ panicBelow: 0.5 }", problems)
        && let Some(setting) = section.share_or_off("panicBelow", problems)
    {
        outlier.panic_below = setting.on().unwrap_or_default();
    }
    outlier
}
