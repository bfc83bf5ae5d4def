//! `requestId`: the id of a request.

use hedgerow_config::{IdCharacters, KeepId, RequestId};
use http::{HeaderName, HeaderValue};

use crate::chain::{Attributes, Cx, Flow, KnownId, Node, NodeSpec, ReplyHead, RequestHead};
use crate::request_id::{NAME, fresh};

/// The attribute that other nodes find the id in.
const ATTRIBUTE: &str = "requestId";

pub(super) fn spec(name: &str, config: &RequestId) -> NodeSpec {
    let config = config.clone();
    NodeSpec::new(name, "requestId", move || RequestIdNode {
        // What a config cannot say is left out: it has been checked.
        header: config.header.parse().unwrap_or(NAME),
        keep: config.keep,
        longest: config.max_length as usize,
        characters: config.characters,
    })
}

struct RequestIdNode {
    header: HeaderName,
    keep: KeepId,
    longest: usize,
    characters: IdCharacters,
}

impl RequestIdNode {
    /// The id that came, if it is to be kept.
    fn came<'h>(&self, head: &'h dyn RequestHead) -> Option<&'h [u8]> {
        let believed = match self.keep {
            KeepId::Always => true,
            KeepId::Trusted => head.is_from_trusted_hop(),
            KeepId::Never => false,
        };
        if !believed || head.is_repeated(&self.header) {
            return None;
        }
        head.header(&self.header).filter(|id| self.is_sane(id))
    }

    fn is_sane(&self, id: &[u8]) -> bool {
        let may_stand = |byte: &u8| match self.characters {
            IdCharacters::Visible => byte.is_ascii_graphic(),
            IdCharacters::Plain => byte.is_ascii_alphanumeric() || b"-_.".contains(byte),
        };
        (1..=self.longest).contains(&id.len()) && id.iter().all(may_stand)
    }

    fn id_of(&self, head: &dyn RequestHead) -> HeaderValue {
        match (self.came(head), head.request_id()) {
            // The same without a copy.
            (Some(came), Some(KnownId::Kept(id))) if id.as_bytes() == came => id.clone(),
            (Some(came), _) => HeaderValue::from_bytes(came).unwrap_or_else(|_| fresh()),
            (None, Some(KnownId::Made(id))) => id.clone(),
            (None, _) => fresh(),
        }
    }
}

impl Node for RequestIdNode {
    type State = Option<HeaderValue>;

    fn on_request(&self, head: &mut dyn RequestHead, id: &mut Self::State, cx: &mut Cx) -> Flow {
        let chosen = self.id_of(head);
        cx.attributes()
            .set(ATTRIBUTE, chosen.to_str().unwrap_or_default());
        // Where nobody behind can be told, the nodes and the client still are.
        let _ = head.set_request_id(self.header.clone(), chosen.clone());
        *id = Some(chosen);
        Flow::Next
    }

    fn on_reply(&self, head: &mut dyn ReplyHead, id: &mut Self::State, _: &mut Attributes) {
        if let Some(id) = id.take() {
            head.set_header(self.header.clone(), id);
        }
    }
}
