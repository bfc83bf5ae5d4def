//! Which requests the server gets to see.
//!
//! Everything that a client sends is read here first, by the letter of RFC 9112, before the server parses it. A request
//! that is malformed, or that peers could read differently, is refused; the server sees none of its head. What passes
//! can be read in one way only. All of it is pure: bytes in, a verdict out, and no allocation but for a refusal.
//!
//! | file | subject |
//! |---|---|
//! | `scanner` | requests, one behind the other |
//! | `head` | a request's head, line by line as it comes |
//! | `lines` | the lines of a head, in both directions |
//! | `line` | the request line |
//! | `host` | `Host`, and the authority of a target |
//! | `fields` | the fields that frame, route and close |
//! | `framed` | what the fields of a message say of where its body ends, in both directions |
//! | `chunked` | a chunked body, in both directions |
//! | `grammar` | which bytes may stand where |
//! | `sizes` | how large the parts may be |
//! | `refused` | why a request is refused |
//!
//! # Stricter than the letter
//! Refused although a recipient may, by some reading, take it: several `Content-Length` of one value; any
//! `Transfer-Encoding` but one `chunked`; a length beside a transfer encoding; a bare LF as a line's end; a host that is
//! empty, or named with `%` or marks of lists; a host in the target that differs from `Host`; names that become
//! `Content-Length` or `Transfer-Encoding` where `_` and `-` are one; a trailer that frames or routes; more than one empty
//! line before a request.
//!
//! # Laxer than the letter
//! In a path, `[`, `]` and `|` pass, and in a query everything visible but `"`, `#`, `<` and `>`: browsers send them so.

mod chunked;
mod fields;
mod framed;
mod grammar;
mod head;
mod host;
mod line;
pub(crate) mod lines;
mod refused;
mod scanner;
mod sizes;

pub(crate) use chunked::Chunked;
pub(crate) use framed::{Framed, Framing};
pub(crate) use grammar::is_value;
pub(crate) use host::check as check_host;
pub(crate) use line::{Version, check_path};
pub(crate) use refused::{Grounds, Refused};
pub(crate) use scanner::{Place, Scanner, Verdict};
pub(crate) use sizes::{MOST, Sizes};

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;
