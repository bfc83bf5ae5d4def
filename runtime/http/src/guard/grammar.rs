//! Which bytes may stand where (RFC 9110, section 5.6, and RFC 3986, appendix A).

use hedgerow_config::is_path_byte;

/// `tchar`: a byte of a method, a field's name or an option.
const TOKEN: u8 = 1;
/// A byte of a field's value: visible, obs-text, a space or a tab.
const VALUE: u8 = 1 << 1;
/// A byte of a path, beside `%` and two digits: `pchar`, `/`, and `[`, `]` and `|`, which browsers send as they are.
const PATH: u8 = 1 << 2;
/// A byte of a query, beside `%` and two digits: what WHATWG's URL standard leaves as it is in one.
const QUERY: u8 = 1 << 3;
/// A byte of a registered name, without the marks that lists and users' names are made of.
const NAME: u8 = 1 << 4;

const CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut byte: u8 = 0;
    loop {
        classes[byte as usize] = class(byte);
        if byte == u8::MAX {
            return classes;
        }
        byte += 1;
    }
}

const fn class(byte: u8) -> u8 {
    let mut class = 0;
    let alphanumeric = byte.is_ascii_alphanumeric();
    if alphanumeric || is_one_of(byte, b"!#$%&'*+-.^_`|~") {
        class |= TOKEN;
    }
    if byte == b'\t' || (byte >= b' ' && byte != 0x7f) {
        class |= VALUE;
    }
    if is_path_byte(byte) {
        class |= PATH;
    }
    if byte.is_ascii_graphic() && !is_one_of(byte, b"\"#%<>") {
        class |= QUERY;
    }
    if alphanumeric || is_one_of(byte, b"-._~") {
        class |= NAME;
    }
    class
}

const fn is_one_of(byte: u8, set: &[u8]) -> bool {
    let mut at = 0;
    while at < set.len() {
        if set[at] == byte {
            return true;
        }
        at += 1;
    }
    false
}

const fn is(byte: u8, class: u8) -> bool {
    CLASSES[byte as usize] & class != 0
}

pub(super) const fn is_token(byte: u8) -> bool {
    is(byte, TOKEN)
}

pub(crate) const fn is_value(byte: u8) -> bool {
    is(byte, VALUE)
}

pub(super) const fn is_path(byte: u8) -> bool {
    is(byte, PATH)
}

pub(super) const fn is_query(byte: u8) -> bool {
    is(byte, QUERY)
}

pub(super) const fn is_name(byte: u8) -> bool {
    is(byte, NAME)
}

/// `OWS` and `BWS`.
pub(super) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// The value without the blanks around it.
pub(super) fn trimmed(mut value: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = value
        && is_blank(*first)
    {
        value = rest;
    }
    while let [rest @ .., last] = value
        && is_blank(*last)
    {
        value = rest;
    }
    value
}

/// The elements of a list, without the empty ones, which a recipient skips (RFC 9110, section 5.6.1).
pub(super) fn elements(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|byte| *byte == b',')
        .map(trimmed)
        .filter(|element| !element.is_empty())
}
