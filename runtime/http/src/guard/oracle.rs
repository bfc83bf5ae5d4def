//! A second reading of RFC 9112, to compare the guard with: slow, on whole messages, straight from the grammar.
//!
//! Where the guard is stricter or laxer than the letter, so is this, and says so.

use std::collections::BTreeSet;
use std::net::Ipv6Addr;

/// What is to become of a client's bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reading {
    /// Heads that pass.
    pub(super) heads: usize,
    pub(super) end: Ending,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Open,
    Closed,
    InBody,
    /// A head without its end, of which nothing is known to be wrong. It may be refused before it ends.
    InHead,
    /// Any of these statuses.
    Refused(BTreeSet<u16>),
    /// A part of a body of which nothing is known to be wrong as yet. It may be refused before it ends.
    InChunk,
}

type Faults = BTreeSet<u16>;

struct Message {
    length: Option<u64>,
    chunked: bool,
    persists: bool,
}

pub(super) fn read(mut rest: &[u8]) -> Reading {
    let mut heads = 0;
    let end = loop {
        if let Some(behind) = rest.strip_prefix(b"\r\n") {
            // Section 2.2: at least one empty line; here exactly one.
            if behind.starts_with(b"\r\n") {
                break Ending::Refused([400].into());
            }
            rest = behind;
        }
        if rest.is_empty() {
            break Ending::Open;
        }
        if rest == b"\r" {
            break Ending::InHead;
        }
        let Some(end) = find(rest, b"\r\n\r\n") else {
            break partial(rest);
        };
        let (head, body) = (&rest[..end + 2], &rest[end + 4..]);
        let message = match message(head) {
            Ok(message) => message,
            Err(faults) => break Ending::Refused(faults),
        };
        heads += 1;
        let behind = if message.chunked {
            chunked(body)
        } else {
            let length = message.length.unwrap_or(0);
            let whole = usize::try_from(length)
                .ok()
                .filter(|length| *length <= body.len());
            whole.map(|length| &body[length..]).ok_or(Ending::InBody)
        };
        match behind {
            Ok(_) if !message.persists => break Ending::Closed,
            Ok(behind) => rest = behind,
            Err(end) => break end,
        }
    };
    Reading { heads, end }
}

/// A head without its end: it is wrong if one of its lines is.
fn partial(head: &[u8]) -> Ending {
    let Some(end) = head.windows(2).rposition(|pair| pair == b"\r\n") else {
        return if has_bare(head) { refused() } else { Ending::InHead };
    };
    let mut faults = Faults::new();
    let said = lines(&head[..end + 2], &mut faults);
    each_field(&said, &mut faults);
    // A CR at the end may yet get its LF.
    let tail = head[end + 2..].strip_suffix(b"\r").unwrap_or(&head[end + 2..]);
    if has_bare(tail) {
        faults.insert(400);
    }
    if faults.is_empty() {
        Ending::InHead
    } else {
        Ending::Refused(faults)
    }
}

fn refused() -> Ending {
    Ending::Refused([400].into())
}

fn has_bare(text: &[u8]) -> bool {
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    text.iter().any(|byte| b"\r\n\0".contains(byte))
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

#[derive(Default)]
struct Said<'a> {
    version_11: bool,
    method: &'a [u8],
    authority: Option<&'a [u8]>,
    hosts: Vec<&'a [u8]>,
    lengths: Vec<&'a [u8]>,
    codings: Vec<&'a [u8]>,
    options: Vec<&'a [u8]>,
}

/// Every line of a head, each of which ends with CR LF.
fn lines<'a>(head: &'a [u8], faults: &mut Faults) -> Said<'a> {
    let mut said = Said::default();
    let mut rest = head;
    let mut is_first = true;
    while let Some(end) = find(rest, b"\r\n") {
        let line = &rest[..end];
        rest = &rest[end + 2..];
        if line.iter().any(|byte| b"\r\n\0".contains(byte)) {
            faults.insert(400);
        }
        if is_first {
            request_line(line, &mut said, faults);
        } else {
            field_line(line, &mut said, faults);
        }
        is_first = false;
    }
    said
}

fn message(head: &[u8]) -> Result<Message, Faults> {
    let mut faults = Faults::new();
    let said = lines(head, &mut faults);
    let length = each_field(&said, &mut faults);
    let mut fault = |wrong: bool, status: u16| {
        if wrong {
            faults.insert(status);
        }
    };
    fault(said.hosts.is_empty() && said.version_11, 400);
    // Stricter: RFC 9112, section 3.2.2, would take the target's.
    let other = |host: &&[u8]| {
        said.authority
            .is_some_and(|named| !named.eq_ignore_ascii_case(host))
    };
    fault(said.hosts.iter().any(other), 400);
    let chunked = !said.codings.is_empty();
    fault(chunked && length.is_some(), 400);
    fault(length.is_some_and(|length| length > i64::MAX as u64), 413);
    fault(
        said.method == b"TRACE" && (chunked || length.is_some_and(|length| length > 0)),
        400,
    );
    let close = said
        .options
        .iter()
        .any(|option| option.eq_ignore_ascii_case(b"close"));
    let persists = said.version_11 && !close;
    if faults.is_empty() {
        Ok(Message {
            length,
            chunked,
            persists,
        })
    } else {
        Err(faults)
    }
}

/// What is wrong with a field, whatever else comes. Returns the length.
fn each_field(said: &Said<'_>, faults: &mut Faults) -> Option<u64> {
    let mut fault = |wrong: bool, status: u16| {
        if wrong {
            faults.insert(status);
        }
    };
    fault(
        said.hosts.len() > 1 || !said.hosts.iter().all(|host| is_host(host)),
        400,
    );
    // Stricter: one field, even if others say the same.
    fault(said.lengths.len() > 1, 400);
    let mut length = None;
    for text in &said.lengths {
        fault(text.is_empty() || !text.iter().all(u8::is_ascii_digit), 400);
        let text = String::from_utf8_lossy(text);
        length = Some(text.parse().unwrap_or(u64::MAX));
    }
    // Stricter: chunked alone.
    fault(
        said.codings.len() > 1 || (!said.codings.is_empty() && !said.version_11),
        400,
    );
    fault(
        said.codings
            .iter()
            .any(|coding| !coding.eq_ignore_ascii_case(b"chunked")),
        400,
    );
    fault(
        said.options
            .iter()
            .any(|option| option.eq_ignore_ascii_case(b"upgrade")),
        501,
    );
    length
}

fn request_line<'a>(line: &'a [u8], said: &mut Said<'a>, faults: &mut Faults) {
    let words: Vec<_> = line.split(|byte| *byte == b' ').collect();
    let method = words[0];
    said.method = method;
    let [_, target, version] = words[..] else {
        faults.insert(400);
        if method.len() > 32 {
            faults.insert(501);
        }
        return;
    };
    if !is_token(method) {
        faults.insert(400);
    }
    if method.len() > 32 || method == b"CONNECT" {
        faults.insert(501);
    }
    said.version_11 = version == b"HTTP/1.1";
    if !said.version_11 && version != b"HTTP/1.0" {
        let of_http = version.starts_with(b"HTTP/") && version.len() == 8;
        let numbered =
            of_http && version[5].is_ascii_digit() && version[6] == b'.' && version[7].is_ascii_digit();
        faults.insert(if numbered { 505 } else { 400 });
    }
    let text = String::from_utf8_lossy(target).into_owned();
    let lower = text.to_ascii_lowercase();
    if lower.starts_with("https://") {
        faults.insert(421);
    } else if lower.starts_with("http://") {
        let end = text[7..].find(['/', '?', '#']).map_or(text.len(), |at| at + 7);
        let authority = target.get(7..end).unwrap_or_default();
        said.authority = Some(authority);
        if !is_host(authority) || !is_path_and_query(&target[end.min(target.len())..]) {
            faults.insert(400);
        }
    } else if !(target.starts_with(b"/") && is_path_and_query(target)
        || (target == b"*" && method == b"OPTIONS"))
    {
        faults.insert(400);
    }
}

fn is_path_and_query(text: &[u8]) -> bool {
    let mut parts = text.splitn(2, |byte| *byte == b'?');
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let sub_delim = |byte: u8| b"!$&'()*+,;=".contains(&byte);
    // Laxer: brackets and a bar.
    let pchar = |byte: u8| unreserved(byte) || sub_delim(byte) || b":@/[]|".contains(&byte);
    // Laxer: what browsers leave as it is.
    let query = |byte: u8| (0x21..=0x7e).contains(&byte) && !b"\"#<>".contains(&byte);
    parts.next().is_some_and(|path| all_or_encoded(path, pchar))
        && parts.next().is_none_or(|text| all_or_encoded(text, query))
}

fn all_or_encoded(text: &[u8], allowed: impl Fn(u8) -> bool) -> bool {
    let mut pieces = text.split(|byte| *byte == b'%');
    let plain = |piece: &[u8]| piece.iter().all(|byte| allowed(*byte));
    pieces.next().is_some_and(plain)
        && pieces.all(|piece| {
            piece.len() >= 2 && piece[..2].iter().all(u8::is_ascii_hexdigit) && plain(&piece[2..])
        })
}

/// Stricter: no percent-encoding, no sub-delims, no empty host, no empty port.
fn is_host(host: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(host) else {
        return false;
    };
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    if let Some(literal) = text.strip_prefix('[') {
        let Some((address, port)) = literal.split_once(']') else {
            return false;
        };
        return address.parse::<Ipv6Addr>().is_ok()
            && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port));
    }
    let (name, port) = text
        .split_once(':')
        .map_or((text, None), |(name, port)| (name, Some(port)));
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    !name.is_empty() && name.bytes().all(legal) && port.is_none_or(is_port)
}

fn is_token(text: &[u8]) -> bool {
    let tchar = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !text.is_empty() && text.iter().all(tchar)
}

fn is_field_value(text: &[u8]) -> bool {
    text.iter()
        .all(|byte| *byte == b'\t' || (*byte >= 0x20 && *byte != 0x7f))
}

fn trim(text: &[u8]) -> &[u8] {
    let is_blank = |byte: &u8| *byte == b' ' || *byte == b'\t';
    let start = text.iter().position(|byte| !is_blank(byte)).unwrap_or(text.len());
    let end = text
        .iter()
        .rposition(|byte| !is_blank(byte))
        .map_or(start, |at| at + 1);
    &text[start..end]
}

fn field_line<'a>(line: &'a [u8], said: &mut Said<'a>, faults: &mut Faults) {
    let mut parts = line.splitn(2, |byte| *byte == b':');
    let name = parts.next().unwrap_or_default();
    let Some(value) = parts.next() else {
        faults.insert(400);
        return;
    };
    if !is_token(name) || !is_field_value(value) {
        faults.insert(400);
    }
    let value = trim(value);
    match &*String::from_utf8_lossy(name).to_ascii_lowercase() {
        "host" => said.hosts.push(value),
        "content-length" => said.lengths.push(value),
        "transfer-encoding" => said.codings.push(value),
        // Stricter: section 10.1.1 of RFC 9110 leaves 417 to the server.
        "expect" if !value.eq_ignore_ascii_case(b"100-continue") => {
            faults.insert(417);
        }
        // Stricter: Upgrade may be ignored.
        "upgrade" => {
            faults.insert(501);
        }
        // Stricter: another name, by the letter.
        "content_length" | "transfer_encoding" => {
            faults.insert(400);
        }
        "connection" => {
            for option in value
                .split(|byte| *byte == b',')
                .map(trim)
                .filter(|option| !option.is_empty())
            {
                if !is_token(option) {
                    faults.insert(400);
                }
                said.options.push(option);
            }
        }
        _ => {}
    }
}

/// Section 7.1; returns what stands behind the body.
fn chunked(mut rest: &[u8]) -> Result<&[u8], Ending> {
    loop {
        let end = find(rest, b"\r\n").ok_or(Ending::InChunk)?;
        let line = &rest[..end];
        rest = &rest[end + 2..];
        let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        // Stricter: at most 16 digits.
        if digits == 0 || digits > 16 || !are_extensions(&line[digits..]) {
            return Err(refused());
        }
        let size = u64::from_str_radix(&String::from_utf8_lossy(&line[..digits]), 16).unwrap_or(u64::MAX);
        if size == 0 {
            return trailers(rest);
        }
        if size > i64::MAX as u64 {
            return Err(Ending::Refused([413].into()));
        }
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        match rest.get(size..) {
            None | Some(b"" | b"\r") => return Err(Ending::InBody),
            Some([b'\r', b'\n', behind @ ..]) => rest = behind,
            Some(_) => return Err(refused()),
        }
    }
}

/// `*( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )`.
fn are_extensions(text: &[u8]) -> bool {
    if text.is_empty() {
        return true;
    }
    let Some(text) = unindented(text).strip_prefix(b";") else {
        return false;
    };
    let text = unindented(text);
    let length = token_length(text);
    if length == 0 {
        return false;
    }
    let behind = &text[length..];
    let Some(value) = unindented(behind).strip_prefix(b"=") else {
        return are_extensions(behind);
    };
    let value = unindented(value);
    let length = match value.strip_prefix(b"\"") {
        Some(quoted) => match quoted_length(quoted) {
            Some(length) => length + 1,
            None => return false,
        },
        None => token_length(value),
    };
    length > 0 && are_extensions(&value[length..])
}

fn unindented(text: &[u8]) -> &[u8] {
    &text[text.iter().take_while(|byte| trim(&[**byte]).is_empty()).count()..]
}

fn token_length(text: &[u8]) -> usize {
    (0..=text.len())
        .rev()
        .find(|length| is_token(&text[..*length]))
        .unwrap_or(0)
}

/// With the quote at its end.
fn quoted_length(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match text.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' if is_field_value(text.get(at + 1..at + 2)?) => at += 2,
            byte if *byte != b'\\' && is_field_value(&[*byte]) => at += 1,
            _ => return None,
        }
    }
}

fn trailers(mut rest: &[u8]) -> Result<&[u8], Ending> {
    loop {
        if let Some(behind) = rest.strip_prefix(b"\r\n") {
            return Ok(behind);
        }
        let end = find(rest, b"\r\n").ok_or(Ending::InChunk)?;
        let line = &rest[..end];
        rest = &rest[end + 2..];
        let colon = line.iter().position(|byte| *byte == b':').ok_or_else(refused)?;
        let name = String::from_utf8_lossy(&line[..colon]).to_ascii_lowercase();
        // Stricter: such a field could be left out.
        let too_late = ["host", "content-length", "transfer-encoding"].contains(&&*name);
        if too_late || !is_token(&line[..colon]) || !is_field_value(&line[colon + 1..]) {
            return Err(refused());
        }
    }
}
