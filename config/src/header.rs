//! The letters that headers are made of.

/// Whether it can be the name of a header: a token of RFC 9110, section 5.6.2.
pub(crate) fn is_name(name: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_token)
}

/// Whether it can be the value of a header: what can be seen, and blanks within (RFC 9110, section 5.5), in ASCII.
pub(crate) fn is_value(value: &str) -> bool {
    let is_visible = |byte: u8| byte == b'\t' || (b' '..=b'~').contains(&byte);
    value.bytes().all(is_visible) && value.trim_ascii().len() == value.len()
}

/// The headers that say where a message ends or how its connection goes on: nobody but the server writes those.
pub const FRAMING_HEADERS: [&str; 11] = [
    "connection",
    "content-length",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Whether it is the name of such a header.
pub(crate) fn frames(name: &str) -> bool {
    FRAMING_HEADERS
        .iter()
        .any(|framing| framing.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_tokens_and_values_are_what_can_be_seen() {
        for (name, right) in [
            ("x-a", true),
            ("X_a!", true),
            ("", false),
            ("a b", false),
            ("a:", false),
        ] {
            assert_eq!(is_name(name), right, "{name:?}");
        }
        for (value, right) in [
            ("", true),
            ("a b\tc", true),
            (" a", false),
            ("a\n", false),
            ("\u{e4}", false),
        ] {
            assert_eq!(is_value(value), right, "{value:?}");
        }
        assert!(frames("Content-Length") && !frames("content-type"));
    }
}
