//! The one form of a path: what is authorised, routed and forwarded.
//!
//! `/pay`, `/./pay`, `/%70ay`, `//pay` and `/x/../pay` are one path to most endpoints, and five to a rule that compares
//! letters. So a path is brought into its normal form (RFC 3986, section 6.2.2) before anybody looks at it, and goes on in
//! that form: encoded letters, digits, `-`, `.`, `_` and `~` are decoded, the hexadecimal digits of other codes are in
//! capitals, slashes in a row are one, `.` and `..` are resolved.
//!
//! Refused is what some endpoints take apart and others do not: an encoded slash, backslash or NUL; `.` or `..` with
//! parameters (`/..;a/`); a way out of the root. Queries are left as they are.

use std::borrow::Cow;

use crate::guard::{Grounds, Refused};

/// Brings a path into its normal form. It costs nothing where it is that already.
///
/// # Errors
/// What is ambiguous in it.
pub(crate) fn normal(path: &str) -> Result<Cow<'_, str>, Refused> {
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
                    return Err(ambiguous("a path below the root", path));
                }
                if is_last {
                    segments.push("");
                }
            }
            _ if has_parameters(segment) => return Err(ambiguous("dots without parameters", path)),
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
fn decoded(path: &str) -> Result<String, Refused> {
    let mut decoded = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, behind)) = rest.split_once('%') {
        decoded.push_str(before);
        // The guard has seen to it that two digits follow.
        let (digits, after) = behind.split_at_checked(2).unwrap_or((behind, ""));
        rest = after;
        match u8::from_str_radix(digits, 16) {
            Ok(0 | b'/' | b'\\') => return Err(ambiguous("no encoded slash, backslash or NUL", path)),
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

#[cold]
fn ambiguous(limit: &str, observed: &str) -> Refused {
    Refused::new(Grounds::Malformed, "path", limit, observed)
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
            let normal = normal(came).unwrap();
            assert_eq!(normal, expected, "{came}");
            assert_eq!(super::normal(&normal).unwrap(), expected, "{came}, twice");
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
            let refused = normal(came).unwrap_err();
            assert_eq!(
                (refused.grounds, refused.rule),
                (Grounds::Malformed, "path"),
                "{came}"
            );
        }
    }

    #[test]
    fn a_path_that_is_normal_is_not_copied() {
        for path in ["/", "/pay/1", "/a.b/c~d"] {
            assert!(matches!(normal(path).unwrap(), Cow::Borrowed(_)), "{path}");
        }
    }
}
