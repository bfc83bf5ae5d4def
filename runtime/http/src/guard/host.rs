//! Whom a request is for: `Host`, and the authority of a target.

use std::net::Ipv6Addr;

use super::grammar::is_name;
use super::refused::Refused;

/// A host, with or without a port.
///
/// Stricter than RFC 3986, section 3.2.2: an empty host names nobody (RFC 9110, section 4.2.1), and a name with
/// `%`, `,`, `;` or the like is read as several hosts or as another one by some.
pub(crate) fn check(host: &[u8]) -> Result<(), Refused> {
    let expected = "a host name or address, and a port where one is named";
    if is_host(host) {
        Ok(())
    } else {
        Err(Refused::malformed("host", expected, host))
    }
}

fn is_host(host: &[u8]) -> bool {
    if let [b'[', rest @ ..] = host {
        let Some(end) = rest.iter().position(|byte| *byte == b']') else {
            return false;
        };
        let address = str::from_utf8(&rest[..end]).unwrap_or_default();
        return address.parse::<Ipv6Addr>().is_ok() && is_port(&rest[end + 1..]);
    }
    let end = host.iter().position(|byte| *byte == b':').unwrap_or(host.len());
    let (name, port) = host.split_at(end);
    !name.is_empty() && name.iter().all(|byte| is_name(*byte)) && is_port(port)
}

/// Nothing, or a colon and a number.
fn is_port(port: &[u8]) -> bool {
    match port {
        [] => true,
        [b':', digits @ ..] => {
            let number = str::from_utf8(digits)
                .ok()
                .and_then(|digits| digits.parse::<u16>().ok());
            digits.iter().all(u8::is_ascii_digit) && number.is_some()
        }
        _ => false,
    }
}
