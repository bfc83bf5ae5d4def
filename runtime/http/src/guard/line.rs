//! The request line (RFC 9112, section 3).

use std::ops::Range;

use super::grammar::{is_path, is_query, is_token};
use super::host;
use super::refused::{Grounds, Refused, shown};
use super::sizes::{self, Sizes};

/// A version that is spoken here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    Http10,
    Http11,
}

/// Bytes of a version.
const VERSION: usize = "HTTP/1.1".len();

/// What a request line says.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) version: Version,
    pub(super) is_trace: bool,
    /// Where in the line the target names a host, if it does.
    pub(super) authority: Option<Range<usize>>,
}

/// Looks at a line whose end has not come.
pub(super) fn check_start(line: &[u8], sizes: &Sizes) -> Result<(), Refused> {
    let Some(target) = after_method(line)? else {
        return Ok(());
    };
    let (target, version) = parts(&line[target..]);
    if target.len() > sizes.target {
        return Err(too_long(sizes));
    }
    match version {
        Some(text) if text.len() > VERSION => self::version(text).map(|_| ()),
        _ => Ok(()),
    }
}

/// What stands before the first space, and behind it.
fn parts(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|byte| *byte == b' ') {
        Some(end) => (&text[..end], Some(&text[end + 1..])),
        None => (text, None),
    }
}

/// Reads a whole line, without its end.
pub(super) fn read(line: &[u8], sizes: &Sizes) -> Result<Line, Refused> {
    let three = "a method, a space, a target, a space and a version";
    let bad = || Refused::malformed("requestLine", three, line);
    check_start(line, sizes)?;
    let start = after_method(line)?.ok_or_else(bad)?;
    let method = &line[..start - 1];
    let (target, rest) = parts(&line[start..]);
    let version = version(rest.ok_or_else(bad)?)?;
    if method == b"CONNECT" {
        return Err(Refused::new(
            Grounds::NotImplemented,
            "tunnel",
            "requests and answers",
            "CONNECT",
        ));
    }
    let authority = check_target(method, target)?;
    Ok(Line {
        version,
        is_trace: method == b"TRACE",
        authority: authority.map(|place| start + place.start..start + place.end),
    })
}

/// Where the target begins; `None` as long as the method has no end.
fn after_method(line: &[u8]) -> Result<Option<usize>, Refused> {
    let length = line
        .iter()
        .take(sizes::METHOD + 1)
        .take_while(|byte| is_token(**byte))
        .count();
    if length > sizes::METHOD {
        let limit = format!("{} characters", sizes::METHOD);
        return Err(Refused::new(
            Grounds::NotImplemented,
            "method",
            limit,
            shown(line),
        ));
    }
    match line.get(length) {
        None => Ok(None),
        Some(b' ') if length > 0 => Ok(Some(length + 1)),
        Some(_) => Err(Refused::malformed("method", "a token and a space", line)),
    }
}

#[cold]
fn too_long(sizes: &Sizes) -> Refused {
    let limit = format!("{} bytes", sizes.target);
    Refused::new(Grounds::TargetTooLong, "targetBytes", limit, "more")
}

fn version(text: &[u8]) -> Result<Version, Refused> {
    match text {
        b"HTTP/1.1" => Ok(Version::Http11),
        b"HTTP/1.0" => Ok(Version::Http10),
        [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
            if major.is_ascii_digit() && minor.is_ascii_digit() =>
        {
            let limit = "HTTP/1.1 or HTTP/1.0";
            Err(Refused::new(Grounds::Version, "version", limit, shown(text)))
        }
        _ => Err(Refused::malformed("version", "HTTP/1.1 or HTTP/1.0", text)),
    }
}

/// One of the forms of RFC 9112, section 3.2; returns where it names a host.
fn check_target(method: &[u8], target: &[u8]) -> Result<Option<Range<usize>>, Refused> {
    match target {
        [b'/', ..] => path_and_query(target).map(|()| None),
        b"*" if method == b"OPTIONS" => Ok(None),
        _ => absolute(target).map(Some),
    }
}

fn absolute(target: &[u8]) -> Result<Range<usize>, Refused> {
    const SCHEME: &[u8] = b"http://";
    const SECURE: &[u8] = b"https://";
    let begins = |scheme: &[u8]| {
        target
            .get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    if begins(SECURE) {
        let observed = shown(target);
        return Err(Refused::new(
            Grounds::Misdirected,
            "target",
            "http, as there is no TLS here",
            observed,
        ));
    }
    if !begins(SCHEME) {
        return Err(Refused::malformed("target", "a path that begins with /", target));
    }
    let rest = &target[SCHEME.len()..];
    let length = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#'));
    let (authority, rest) = rest.split_at(length.unwrap_or(rest.len()));
    host::check(authority)?;
    path_and_query(rest)?;
    Ok(SCHEME.len()..SCHEME.len() + authority.len())
}

/// Checks that a path could have come in a request, by itself.
pub(crate) fn check_path(path: &[u8]) -> Result<(), Refused> {
    if path.first() != Some(&b'/') || path.contains(&b'?') {
        let expected = "a path that begins with / and has no query";
        return Err(Refused::malformed("path", expected, path));
    }
    path_and_query(path)
}

/// A path and a query, each of which may be empty.
fn path_and_query(text: &[u8]) -> Result<(), Refused> {
    let mut allowed: fn(u8) -> bool = is_path;
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        at += match byte {
            b'?' => {
                allowed = is_query;
                1
            }
            b'%' => {
                let digits = text.get(at + 1..at + 3).unwrap_or_default();
                if digits.len() < 2 || !digits.iter().all(u8::is_ascii_hexdigit) {
                    return Err(Refused::malformed(
                        "target",
                        "two hexadecimal digits behind %",
                        &text[at..],
                    ));
                }
                3
            }
            byte if allowed(*byte) => 1,
            _ => {
                return Err(Refused::malformed(
                    "target",
                    "the characters of a URI",
                    &text[at..],
                ));
            }
        };
    }
    Ok(())
}
