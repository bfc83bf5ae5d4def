//! A set of addresses.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// The addresses that begin with the same bits: `10.0.0.0/8`, `2001:db8::/32`, or a single one, `192.0.2.1`.
///
/// ```
/// use hedgerow_config::Network;
///
/// let network: Network = "10.0.0.0/8".parse()?;
/// assert!(network.contains("10.1.2.3".parse().unwrap()));
/// assert!(network.contains("::ffff:10.1.2.3".parse().unwrap()), "the same address, in the clothes of IPv6");
/// assert!(!network.contains("11.0.0.0".parse().unwrap()));
/// assert!("10.0.0.1/8".parse::<Network>().is_err(), "bits that do not count are 0");
/// # Ok::<(), hedgerow_config::InvalidNetwork>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network {
    /// In the clothes of IPv6, so that one comparison does for both.
    bits: u128,
    prefix: u32,
    shown: (IpAddr, u32),
}

impl Network {
    /// Whether an address is one of them.
    pub fn contains(&self, address: IpAddr) -> bool {
        (widened(address) ^ self.bits) & mask(self.prefix) == 0
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.shown.0, self.shown.1)
    }
}

/// The text is no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a network: write an address and the number of bits that count, as in 10.0.0.0/8, with the other bits 0"
)]
pub struct InvalidNetwork {
    text: String,
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidNetwork {
            text: text.to_owned(),
        };
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| invalid())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let length = match length {
            // The parser of numbers alone would accept a sign.
            Some(length) if length.bytes().all(|byte| byte.is_ascii_digit()) => {
                length.parse::<u32>().ok().filter(|length| *length <= most)
            }
            Some(_) => None,
            None => Some(most),
        };
        let length = length.ok_or_else(invalid)?;
        let (bits, prefix) = (widened(address), 128 - most + length);
        if bits & !mask(prefix) != 0 {
            return Err(invalid());
        }
        Ok(Self {
            bits,
            prefix,
            shown: (address, length),
        })
    }
}

fn widened(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The first so many bits.
fn mask(prefix: u32) -> u128 {
    u128::MAX.checked_shl(128 - prefix).unwrap_or(0)
}
