//! Names as segments of a URL path.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Kept as they are in a segment: what RFC 3986 calls unreserved, and `:`,
/// which is legal in a path segment and stands in every address.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b':');

/// Writes `segment` so that it can stand as one segment of a URL path.
pub(crate) fn escaped(segment: &str) -> impl fmt::Display + '_ {
    utf8_percent_encode(segment, SEGMENT)
}

/// Splits `text` at `/` and unescapes each segment. Bytes that are not UTF-8
/// are replaced: such a name finds nothing.
pub(crate) fn segments(text: &str) -> impl Iterator<Item = String> + '_ {
    text.trim_matches('/')
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
}
