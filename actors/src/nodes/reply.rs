//! `reply`: an answer that needs nobody.

use hedgerow_config::StaticReply;
use http::{HeaderName, HeaderValue, StatusCode};

use super::covers;
use crate::chain::{Cx, Flow, Node, NodeSpec, Reply, RequestHead};

pub(super) fn spec(name: &str, config: &StaticReply) -> NodeSpec {
    let config = config.clone();
    NodeSpec::new(name, "reply", move || ReplyNode::new(&config))
}

struct ReplyNode {
    reply: Reply,
    /// Without the slash at its end.
    path: Option<String>,
}

impl ReplyNode {
    /// What a config cannot say is left out: it has been checked.
    fn new(config: &StaticReply) -> Self {
        let mut reply = Reply::new(StatusCode::from_u16(config.status).unwrap_or_default());
        for (name, value) in &config.headers {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
                reply.headers.append(name, value);
            }
        }
        let path = config.path.as_ref();
        Self {
            reply: reply.body(config.body.clone().into_bytes()),
            path: path.map(|path| path.trim_end_matches('/').to_owned()),
        }
    }
}

impl Node for ReplyNode {
    type State = ();

    fn on_request(&self, head: &mut dyn RequestHead, (): &mut (), cx: &mut Cx) -> Flow {
        match &self.path {
            Some(path) if !covers(path, head.path()) => Flow::Next,
            _ => cx.reply(self.reply.clone()),
        }
    }
}
