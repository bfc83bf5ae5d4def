//! `kind: requestId`.

use super::{Findings, Rule, header_name};
use crate::{KeyPath, RequestId};

pub(super) fn check(id: &RequestId, key: &KeyPath, findings: &mut Findings) {
    let RequestId {
        header,
        keep: _,
        max_length,
        characters: _,
    } = id;
    header_name(header, key.key("header"), findings);
    let most = RequestId::MOST;
    match *max_length {
        0 => findings.add(key.key("maxLength"), Rule::ZeroCount),
        found if found > most => findings.add(key.key("maxLength"), Rule::TooMuch { found, most }),
        _ => {}
    }
}
