//! What others said, made fit for a header field.

use std::fmt::Write as _;

/// Longer values are cut: a client must not decide how long our answers are.
const LONGEST: usize = 256;

/// Visible ASCII and single spaces stay; `;`, which parts the fields, and every other byte is percent-encoded.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len().min(LONGEST));
    for byte in text.bytes() {
        if escaped.len() >= LONGEST {
            escaped.push_str("...");
            break;
        }
        match byte {
            b';' => escaped.push_str("%3B"),
            b' ' | 0x21..=0x7e => escaped.push(char::from(byte)),
            _ => {
                // Writing to a string cannot fail.
                let _ = write!(escaped, "%{byte:02X}");
            }
        }
    }
    escaped
}
