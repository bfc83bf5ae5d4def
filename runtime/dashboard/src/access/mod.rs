//! Whom the admin listener lets in.

mod authority;
mod gatekeeper;
mod token;

#[cfg(test)]
mod tests;

pub(crate) use authority::Guests;
pub(crate) use gatekeeper::{check, json_alone};
pub(crate) use token::Token;
