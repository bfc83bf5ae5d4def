//! `headers`: edits of headers.

use hedgerow_config::{HeaderEdits, Headers};
use http::{HeaderName, HeaderValue};

use super::not_editable;
use crate::chain::{Attributes, Cx, Flow, Node, NodeSpec, NotEditable, ReplyHead, RequestHead};

pub(super) fn spec(name: &str, config: &Headers) -> NodeSpec {
    let config = config.clone();
    NodeSpec::new(name, "headers", move || HeadersNode {
        request: Edits::new(&config.request),
        reply: Edits::new(&config.reply),
    })
}

struct HeadersNode {
    request: Edits,
    reply: Edits,
}

struct Edits {
    remove: Vec<HeaderName>,
    set: Vec<(HeaderName, HeaderValue)>,
    add: Vec<(HeaderName, HeaderValue)>,
}

impl Edits {
    /// What a config cannot say is left out: it has been checked.
    fn new(config: &HeaderEdits) -> Self {
        let parsed = |headers: &[(String, String)]| {
            let parsed = headers
                .iter()
                .filter_map(|(name, value)| Some((name.parse().ok()?, value.parse().ok()?)));
            parsed.collect()
        };
        Self {
            remove: config
                .remove
                .iter()
                .filter_map(|name| name.parse().ok())
                .collect(),
            set: parsed(&config.set),
            add: parsed(&config.add),
        }
    }

    fn edit_request(&self, head: &mut dyn RequestHead) -> Result<(), NotEditable> {
        for name in &self.remove {
            head.remove_header(name)?;
        }
        for (name, value) in &self.set {
            head.set_header(name.clone(), value.clone())?;
        }
        for (name, value) in &self.add {
            head.append_header(name.clone(), value.clone())?;
        }
        Ok(())
    }

    fn edit_reply(&self, head: &mut dyn ReplyHead) {
        for name in &self.remove {
            head.remove_header(name);
        }
        for (name, value) in &self.set {
            head.set_header(name.clone(), value.clone());
        }
        for (name, value) in &self.add {
            head.append_header(name.clone(), value.clone());
        }
    }
}

impl Node for HeadersNode {
    type State = ();

    fn on_request(&self, head: &mut dyn RequestHead, (): &mut (), cx: &mut Cx) -> Flow {
        match self.request.edit_request(head) {
            Ok(()) => Flow::Next,
            Err(error) => not_editable(cx, "headers", &error),
        }
    }

    fn on_reply(&self, head: &mut dyn ReplyHead, (): &mut (), _: &mut Attributes) {
        self.reply.edit_reply(head);
    }
}
