//! Which bytes of an endpoint's answers the client's side of hyper gets to see.
//!
//! hyper takes a bare LF for a line's end, any last coding `chunked`, a length beside a transfer coding, and interim answers
//! without end. What an endpoint sends is read here first, by the letter of RFC 9112, with the pieces that read requests
//! ([`guard`](crate::guard)). What passes can be read in one way only, and where an answer ends is known to the byte: what
//! stands behind it is shown to nobody. All of it is pure.
//!
//! | file | subject |
//! |---|---|
//! | `scanner` | answers, one for each request |
//! | `head` | an answer's head, line by line as it comes |
//! | `status` | the status line |
//! | `hint` | the head of an interim answer, as it is passed on |
//!
//! # Stricter than the letter
//! Refused although a recipient may, by some reading, take it: several `Content-Length` of one value; any
//! `Transfer-Encoding` but one `chunked`; a length beside a transfer coding; a bare LF as a line's end; a field over several
//! lines; a status from 600 on; more than 16 interim answers; a switch of protocols, as nobody here asks for one.
//!
//! # Laxer than the letter
//! A status line may end behind its status, without the space. 204 and interim answers may tell a length, which says nothing.

mod head;
mod hint;
mod scanner;
mod status;

pub(super) use hint::read as read_hint;
pub(super) use scanner::Scanner;

#[cfg(test)]
mod agree;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
