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

/// Splits `text` at `/` and unescapes each segment. `None` where a segment is empty, or is not UTF-8 when it is unescaped: neither is
/// a name, and neither must be taken for one that is.
pub(crate) fn segments(text: &str) -> Option<Vec<String>> {
    let name = |segment: &str| {
        let name = percent_decode_str(segment).decode_utf8().ok()?;
        (!name.is_empty()).then(|| name.into_owned())
    };
    text.split('/').map(name).collect()
}
