//! The rules of the house, as tests.
//!
//! Each rule is a function from a [`tree::Tree`] of files to its violations.
//! Every rule is run twice: over the real work tree, where it must find nothing,
//! and over a few invented lines that break it, where it must find just that.
//!
//! | module | what it guards |
//! |---|---|
//! | [`arrows`] | which crate may depend on which, and which one on a crate from outside |
//! | [`seams`] | the one file that may name an unmaintained crate |
//! | [`exceptions`] | the list of accepted advisories, the same in three places |
//! | [`rooms`] | who may open sockets, write to a disk, start actors, read a clock |
//! | [`files`] | names, lengths, unfinished work, words that point outside |
//! | [`built`] | files and members that cargo would silently leave out |
//! | [`pages`] | decision records, glossary, links |
//! | [`dependencies`] | the page on crates from outside, and that each is used |
//! | [`events`] | the table of events |
//! | [`circles`] | which rooms of a crate know which |
//! | [`config_keys`] | the keys of the config file, each on its page |
//! | [`faults`] | the table of faults and the tests named after them |
//! | [`rules`] | the rules of refusals, each on its page |
#![allow(clippy::unwrap_used)]

mod arrows;
mod built;
mod circles;
mod config_keys;
mod dependencies;
mod events;
mod exceptions;
mod faults;
mod files;
mod literals;
mod pages;
mod rooms;
mod rules;
mod seams;
mod tree;
mod violation;
