//! Cookies, as a request brings them.

/// The value of a cookie (RFC 6265, section 4.2.1); the first one counts.
pub(crate) fn cookie<'h>(header: &'h [u8], name: &[u8]) -> Option<&'h [u8]> {
    let pairs = header.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    let mut values = pairs.filter_map(|pair| pair.strip_prefix(name)?.strip_prefix(b"="));
    values.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others_and_no_other_is_taken_for_it() {
        let cases = [
            (&b"sid=7"[..], Some(&b"7"[..])),
            (b"a=1; sid=7; b=2", Some(b"7")),
            (b"a=1;sid=7=8", Some(b"7=8")),
            (b"sid=; sid=7", Some(b"")),
            (b"xsid=7; sid2=8", None),
            (b"sid", None),
            (b"a=sid=7", None),
            (b"", None),
        ];
        for (header, value) in cases {
            assert_eq!(cookie(header, b"sid"), value, "{}", header.escape_ascii());
        }
    }
}
