//! Where a message of HTTP/1.1 ends, as far as this bench needs it: bodies have a length that is told, or there is none.

use std::io;

/// The bytes of the message that `start` begins with, head and body; `None` until its head has come.
///
/// # Errors
/// Where the length is no number, or the body comes in chunks.
pub(crate) fn length(start: &[u8]) -> io::Result<Option<usize>> {
    let Some(end) = start.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = String::from_utf8_lossy(&start[..end]);
    let wrong = || io::Error::other(format!("no message with a length: {head}"));
    let mut body = 0;
    for (name, value) in head.lines().skip(1).filter_map(|line| line.split_once(':')) {
        if name.eq_ignore_ascii_case("content-length") {
            body = value.trim().parse().map_err(|_| wrong())?;
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            return Err(wrong());
        }
    }
    Ok(Some(end + 4 + body))
}

/// The status of an answer.
pub(crate) fn status(answer: &[u8]) -> Option<u16> {
    let digits = answer.strip_prefix(b"HTTP/1.1 ")?.get(..3)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}
