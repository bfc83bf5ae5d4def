//! The head of an interim answer, as it is passed on.

use http::StatusCode;
use http::header::{HeaderMap, HeaderName, HeaderValue};

use super::status;
use crate::guard::lines;

/// Reads a head that has been judged. `None` where it says what nobody can pass on.
#[cold]
pub(crate) fn read(head: &[u8]) -> Option<(StatusCode, HeaderMap)> {
    let mut lines = head
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let status = StatusCode::from_u16(status::read(lines.next()?).ok()?.code).ok()?;
    let mut fields = HeaderMap::new();
    for line in lines.filter(|line| !line.is_empty()) {
        let (name, value) = lines::name_and_value(line).ok()?;
        let name = HeaderName::from_bytes(name).ok()?;
        fields.append(name, HeaderValue::from_bytes(value.trim_ascii()).ok()?);
    }
    Some((status, fields))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_head_is_read_as_it_came() {
        let head = b"HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\nLink:  </b.css> \r\n\r\n";
        let (status, fields) = read(head).unwrap();
        assert_eq!(status, StatusCode::EARLY_HINTS);
        let links: Vec<_> = fields.get_all("link").iter().collect();
        assert_eq!(links, ["</a.css>", "</b.css>"]);
    }

    #[test]
    fn what_is_no_head_is_not_passed_on() {
        assert!(read(b"").is_none());
        assert!(read(b"HTTP/1.1 103\r\nno field\r\n\r\n").is_none());
    }
}
