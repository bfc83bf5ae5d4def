//! How long one program of the tests may take.

use std::ffi::OsStr;
use std::time::Duration;

use crate::failure::Failure;

/// The variable that sets it, in whole seconds.
pub(crate) const VARIABLE: &str = "XTASK_TEST_LIMIT";

/// Where the variable is not set. The longest program takes half a minute on an idle machine.
const DEFAULT: Duration = Duration::from_secs(600);

/// How long each program may take: what `XTASK_TEST_LIMIT` says, else ten minutes.
///
/// # Errors
///
/// Fails where the variable is set to anything but a whole number of seconds above zero.
pub(crate) fn each() -> Result<Duration, Failure> {
    read(std::env::var_os(VARIABLE).as_deref())
}

fn read(value: Option<&OsStr>) -> Result<Duration, Failure> {
    let Some(value) = value else {
        return Ok(DEFAULT);
    };
    let seconds = value.to_str().and_then(|text| text.parse::<u64>().ok());
    match seconds {
        Some(seconds) if seconds > 0 => Ok(Duration::from_secs(seconds)),
        _ => Err(Failure::Limit {
            variable: VARIABLE,
            observed: value.to_string_lossy().into_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_ten_minutes_or_what_is_set() {
        let of = |value: Option<&str>| read(value.map(OsStr::new)).ok();
        assert_eq!(of(None), Some(Duration::from_secs(600)));
        assert_eq!(of(Some("90")), Some(Duration::from_secs(90)));
    }

    #[test]
    fn what_is_no_limit_is_refused_and_named() {
        for value in ["0", "-1", "1.5", "10m", ""] {
            let refused = read(Some(OsStr::new(value))).err().map(|error| error.to_string());
            let expected =
                format!("XTASK_TEST_LIMIT is `{value}`; it takes whole seconds above 0, such as 600");
            assert_eq!(refused, Some(expected));
        }
    }
}
