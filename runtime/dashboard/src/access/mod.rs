//! Whom the admin listener lets in.

mod authority;
mod gatekeeper;
mod token;

#[cfg(test)]
mod tests;

pub(crate) use authority::Guests;
pub(crate) use gatekeeper::check;
pub(crate) use token::Token;
