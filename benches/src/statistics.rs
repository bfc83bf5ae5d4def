//! Few numbers for many measurements.

/// The least of `values`; not a number where there are none.
///
/// It is the figure that noise has spoilt least, as noise only adds.
pub fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NAN, f64::min)
}

/// The median of `values`: the middle one, or the mean of the two in the middle; not a number where there are none.
///
/// ```
/// use hedgerow_benches::statistics::median;
///
/// assert_eq!(median(&[3.0, 1.0, 100.0]), 3.0);
/// assert_eq!(median(&[3.0, 1.0, 100.0, 4.0]), 3.5);
/// ```
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (middle, odd) = (sorted.len() / 2, sorted.len() % 2 == 1);
    match (sorted.get(middle), odd) {
        (None, _) => f64::NAN,
        (Some(value), true) => *value,
        (Some(value), false) => (sorted[middle - 1] + value) / 2.0,
    }
}

/// The median over rounds of `values` by `base`, both in the order of the rounds.
///
/// Not the ratio of the medians: what slowed a round down slowed both of its measurements down.
pub fn median_ratio(values: &[f64], base: &[f64]) -> f64 {
    let ratios: Vec<f64> = values
        .iter()
        .zip(base)
        .map(|(value, base)| value / base)
        .collect();
    median(&ratios)
}

/// The value below or at which `share` (0 to 1) of `sorted` lies, by the nearest rank; zero where there are none.
///
/// ```
/// use hedgerow_benches::statistics::quantile;
///
/// let sorted: Vec<u32> = (1..=100).collect();
/// assert_eq!((quantile(&sorted, 0.5), quantile(&sorted, 0.99)), (50, 99));
/// ```
pub fn quantile(sorted: &[u32], share: f64) -> u32 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_measured_is_no_number() {
        assert!(least(&[]).is_nan());
        assert!(median(&[]).is_nan());
        assert_eq!(quantile(&[], 0.5), 0);
    }

    #[test]
    fn ratios_are_taken_within_a_round() {
        // Twice the base in each round, on a machine that was three times slower in the second.
        let (values, base) = ([2.0, 6.0, 2.0], [1.0, 3.0, 1.0]);
        assert_eq!(median_ratio(&values, &base), 2.0);
        // The medians' own ratio would be 3, by comparing different rounds.
        assert_eq!(median_ratio(&[1.0, 3.0, 9.0], &[1.0, 1.0, 9.0]), 1.0);
    }

    #[test]
    fn the_least_is_the_least() {
        assert_eq!(least(&[3.0, 1.5, 2.0]), 1.5);
    }
}
