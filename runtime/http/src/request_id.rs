//! The id that a request keeps or is given.

use hedgerow_actors::chain::KnownId;
use hedgerow_actors::request_id::{self, NAME};
use http::header::{HeaderMap, HeaderName, HeaderValue};

/// The id of a request, and the header in which its endpoint and its client are told of it.
pub(crate) struct RequestId {
    pub(crate) name: HeaderName,
    pub(crate) value: HeaderValue,
    /// Whether it came with the request.
    came: bool,
}

impl RequestId {
    /// The id that came with the request, if it is the only one and sane; else a fresh one. A node of the chain may put
    /// another one in its place.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut came = headers.get_all(NAME).iter();
        let kept = match (came.next(), came.next()) {
            (Some(id), None) if request_id::is_sane(id.as_bytes()) => Some(id.clone()),
            _ => None,
        };
        Self {
            name: NAME,
            came: kept.is_some(),
            value: kept.unwrap_or_else(request_id::fresh),
        }
    }

    /// As a node sees it.
    pub(crate) fn known(&self) -> KnownId<'_> {
        if self.came {
            KnownId::Kept(&self.value)
        } else {
            KnownId::Made(&self.value)
        }
    }

    /// A node has chosen another one.
    pub(crate) fn replace(&mut self, name: HeaderName, value: HeaderValue) {
        (self.name, self.value) = (name, value);
    }

    /// Tells whoever is to read these headers.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        headers.insert(self.name.clone(), self.value.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(values: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(NAME, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn a_sane_id_is_kept_and_anything_else_is_replaced() {
        let kept = RequestId::of(&with(&["a-b/c:d"]));
        assert_eq!(kept.value, "a-b/c:d");
        assert!(matches!(kept.known(), KnownId::Kept(_)));
        for came in [&["a b"][..], &["a", "b"], &[]] {
            let made = RequestId::of(&with(came));
            assert!(matches!(made.known(), KnownId::Made(id) if id.len() == 30));
        }
    }
}
