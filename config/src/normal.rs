//! The one form of a path: what is authorised, routed, forwarded, and what rules are written in.
//!
//! `/pay`, `/./pay`, `/%70ay`, `//pay` and `/x/../pay` are one path to most endpoints, and five to a rule that compares
//! letters. So a path is brought into its normal form (RFC 3986, section 6.2.2) before anybody looks at it, and goes on in
//! that form: encoded letters, digits, `-`, `.`, `_` and `~` are decoded, the hexadecimal digits of other codes are in
//! capitals, slashes in a row are one, `.` and `..` are resolved.
//!
//! Refused is what some endpoints take apart and others do not: an encoded slash, backslash or NUL; `.` or `..` with
//! parameters (`/..;a/`); a way out of the root. Queries are left as they are.

use std::borrow::Cow;
use std::fmt::Write as _;

/// A path that some take for another one than others do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}: the path can be read in two ways; write it in another way")]
#[non_exhaustive]
pub struct AmbiguousPath {
    /// What a path may have in the place of what it has.
    pub expected: &'static str,
}

/// Whether a byte may stand in the path of a request beside `%` and two digits: `pchar` of RFC 3986, `/`, and `[`, `]` and
/// `|`, which browsers send as they are.
pub const fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'.'
                | b'_'
                | b'~'
                | b'!'
                | b'$'
                | b'&'
                | b'\''
                | b'('
                | b')'
                | b'*'
                | b'+'
                | b','
                | b';'
                | b'='
                | b':'
                | b'@'
                | b'/'
                | b'['
                | b']'
                | b'|'
        )
}

/// Brings a path into its normal form. It costs nothing where it is that already.
///
/// ```
/// use hedgerow_config::normal_path;
///
/// assert_eq!(normal_path("/x/../%70ay").as_deref(), Ok("/pay"));
/// assert!(normal_path("/pay%2f1").is_err());
/// ```
///
/// # Errors
/// What is ambiguous in it.
pub fn normal_path(path: &str) -> Result<Cow<'_, str>, AmbiguousPath> {
    let may_change = path.contains('%') || path.contains("//") || path.contains("/.");
    if !may_change || !path.starts_with('/') {
        return Ok(Cow::Borrowed(path));
    }
    let decoded = decoded(path)?;
    let mut segments: Vec<&str> = Vec::new();
    let mut parts = decoded.split('/').skip(1).peekable();
    while let Some(segment) = parts.next() {
        let is_last = parts.peek().is_none();
        match segment {
            "" | "." if is_last => segments.push(""),
            "" | "." => {}
            ".." => {
                if segments.pop().is_none() {
                    return Err(AmbiguousPath {
                        expected: "a path below the root",
                    });
                }
                if is_last {
                    segments.push("");
                }
            }
            _ if has_parameters(segment) => {
                return Err(AmbiguousPath {
                    expected: "dots without parameters",
                });
            }
            _ => segments.push(segment),
        }
    }
    let normal = segments
        .iter()
        .flat_map(|segment| ["/", segment])
        .collect::<String>();
    Ok(Cow::Owned(normal))
}

/// Whether it is one or two dots and parameters.
fn has_parameters(segment: &str) -> bool {
    let behind = segment.strip_prefix("..").or_else(|| segment.strip_prefix('.'));
    behind.is_some_and(|behind| behind.starts_with(';') || behind.starts_with("%3B"))
}

/// Without codes that need not be, and with the others in capitals.
fn decoded(path: &str) -> Result<String, AmbiguousPath> {
    let mut decoded = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, behind)) = rest.split_once('%') {
        decoded.push_str(before);
        // The guard has seen to it that two digits follow.
        let (digits, after) = behind.split_at_checked(2).unwrap_or((behind, ""));
        rest = after;
        match u8::from_str_radix(digits, 16) {
            Ok(0 | b'/' | b'\\') => {
                return Err(AmbiguousPath {
                    expected: "no encoded slash, backslash or NUL",
                });
            }
            Ok(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                decoded.push(char::from(byte))
            }
            _ => {
                decoded.push('%');
                decoded.push_str(&digits.to_ascii_uppercase());
            }
        }
    }
    decoded.push_str(rest);
    Ok(decoded)
}

/// The path that requests for this one have, as far as there is one: what no request can have in it is percent-encoded.
///
/// # Errors
/// What is ambiguous in it.
pub(crate) fn as_requested(path: &str) -> Result<String, AmbiguousPath> {
    let mut encoded = String::with_capacity(path.len());
    for (at, byte) in path.bytes().enumerate() {
        let is_code = || {
            let digits = path.as_bytes().get(at + 1..at + 3);
            digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        };
        if is_path_byte(byte) || (byte == b'%' && is_code()) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    normal_path(&encoded).map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn k7_every_spelling_of_a_path_has_one_normal_form() {
        let cases = [
            ("/", "/"),
            ("/pay", "/pay"),
            ("/pay/", "/pay/"),
            ("/./pay", "/pay"),
            ("/pay/.", "/pay/"),
            ("/pay/./1", "/pay/1"),
            ("//pay", "/pay"),
            ("/pay//1", "/pay/1"),
            ("/pay///", "/pay/"),
            ("//", "/"),
            ("/x/../pay", "/pay"),
            ("/x/y/../../pay", "/pay"),
            ("/pay/x/..", "/pay/"),
            ("/pay/..", "/"),
            ("/x//../pay", "/pay"),
            ("/%70ay", "/pay"),
            ("/p%61%79", "/pay"),
            ("/%2e/pay", "/pay"),
            ("/%2E/pay", "/pay"),
            ("/x/%2e%2e/pay", "/pay"),
            ("/x/.%2E/pay", "/pay"),
            ("/x/%2e./pay", "/pay"),
            ("/%7euser", "/~user"),
            ("/a%2db%5fc", "/a-b_c"),
            ("/a%20b", "/a%20b"),
            ("/a%c3%bc", "/a%C3%BC"),
            ("/a%3fb", "/a%3Fb"),
            ("/a%23b", "/a%23b"),
            ("/a%25b", "/a%25b"),
            ("/%252e%252e/a", "/%252e%252e/a"),
            ("/%252fa", "/%252fa"),
            ("/a%3bb", "/a%3Bb"),
            ("/a;b=c", "/a;b=c"),
            ("/...", "/..."),
            ("/.well-known/x", "/.well-known/x"),
            ("/..a", "/..a"),
            ("/a..", "/a.."),
            ("/a./b", "/a./b"),
            ("/a%0d%0a", "/a%0D%0A"),
            ("/PAY", "/PAY"),
            ("*", "*"),
        ];
        for (came, expected) in cases {
            let normal = normal_path(came).unwrap();
            assert_eq!(normal, expected, "{came}");
            assert_eq!(normal_path(&normal).unwrap(), expected, "{came}, twice");
        }
    }

    #[test]
    fn k7_what_is_read_in_two_ways_is_refused() {
        let cases = [
            "/..",
            "/../pay",
            "/pay/../..",
            "/pay/../../x",
            "/%2e%2e",
            "/%2e%2e/pay",
            "//..",
            "/./..",
            "/a%2fb",
            "/a%2Fb",
            "/..%2fpay",
            "/%2f",
            "/a%5cb",
            "/..%5Cpay",
            "/a%00",
            "/pay%00.html",
            "/x/..;/pay",
            "/x/..;a=b/pay",
            "/x/.;/pay",
            "/x/%2e%2e;/pay",
            "/x/..%3b/pay",
            "/x/%2e%3Ba/pay",
        ];
        for came in cases {
            assert!(normal_path(came).is_err(), "{came}");
        }
    }

    #[test]
    fn a_path_that_is_normal_is_not_copied() {
        for path in ["/", "/pay/1", "/a.b/c~d"] {
            assert!(matches!(normal_path(path).unwrap(), Cow::Borrowed(_)), "{path}");
        }
    }

    #[test]
    fn what_no_request_can_have_in_its_path_is_encoded() {
        let cases = [
            ("/pay", "/pay"),
            ("/\u{fc}", "/%C3%BC"),
            ("/a{b}", "/a%7Bb%7D"),
            ("/100%", "/100%25"),
            ("/%zz", "/%25zz"),
            ("/%7e", "/~"),
            ("/a\"b", "/a%22b"),
        ];
        for (written, requested) in cases {
            assert_eq!(as_requested(written).as_deref(), Ok(requested), "{written}");
        }
        assert!(as_requested("/a%2Fb").is_err());
    }
}
