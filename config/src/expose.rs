//! How much a listener says of what is behind it.

use std::net::SocketAddr;

/// What the answers of a listener tell of its inside: who refused a request, by which rule, limit and observed value, and the
/// revision that it ran under. What stands in the API is whole in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Expose {
    /// All of it (`full`).
    Full,
    /// The rule alone (`code`): no address, no name, no number.
    Code,
    /// Nothing but the status (`none`).
    Nothing,
}

impl Expose {
    /// The names of all, as in a config.
    pub const NAMES: [&str; 3] = ["full", "code", "none"];

    /// Its name, as in a config.
    pub fn name(self) -> &'static str {
        let [full, code, nothing] = Self::NAMES;
        match self {
            Self::Full => full,
            Self::Code => code,
            Self::Nothing => nothing,
        }
    }

    /// The one with this name.
    pub fn named(name: &str) -> Option<Self> {
        let mut all = [Self::Full, Self::Code, Self::Nothing].into_iter();
        all.find(|expose| expose.name() == name)
    }

    /// What a listener at this address exposes unless something else is said: all on loopback, the rule elsewhere.
    ///
    /// ```
    /// use hedgerow_config::Expose;
    ///
    /// # fn parse() -> Result<(), std::net::AddrParseError> {
    /// assert_eq!(Expose::at("[::ffff:127.0.0.1]:80".parse()?), Expose::Full);
    /// assert_eq!(Expose::at("0.0.0.0:80".parse()?), Expose::Code);
    /// # Ok(())
    /// # }
    /// ```
    pub fn at(bound: SocketAddr) -> Self {
        if bound.ip().to_canonical().is_loopback() {
            Self::Full
        } else {
            Self::Code
        }
    }
}
