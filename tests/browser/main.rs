//! The page in Chromium, driven as a person would: clicked, typed at, looked at, and left alone while the mesh goes away.
//!
//! What was seen is kept as pictures in `target/screenshots`.
#![allow(clippy::unwrap_used)]

mod compose;
mod driver;
mod hostile;
mod keyboard;
mod looks;
mod mounted;
mod orders;
mod page;
mod picture;
mod reconnects;
mod shop;
mod shows;
