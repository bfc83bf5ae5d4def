//! Times as a document and a header write them.

use std::time::Duration;

/// A whole number and `ms`, `s`, `m` or `h`, nothing between them. Too long for a `Duration` is the longest one,
/// which no key takes.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number = match number.parse::<u64>() {
        Ok(number) => number,
        Err(_) if number.is_empty() => return None,
        Err(_) => u64::MAX,
    };
    let seconds = |each: u64| {
        number
            .checked_mul(each)
            .map_or(Duration::MAX, Duration::from_secs)
    };
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(seconds(1)),
        "m" => Some(seconds(60)),
        "h" => Some(seconds(60 * 60)),
        _ => None,
    }
}
