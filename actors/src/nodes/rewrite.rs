//! `rewrite`: another path, another host.

use hedgerow_config::Rewrite;
use http::HeaderValue;

use super::{below, not_editable};
use crate::chain::{Cx, Flow, Node, NodeSpec, RequestHead};

pub(super) fn spec(name: &str, config: &Rewrite) -> NodeSpec {
    let config = config.clone();
    NodeSpec::new(name, "rewrite", move || RewriteNode::new(&config))
}

struct RewriteNode {
    /// What a front is taken for; each without the slash at its end.
    replace: Option<(String, String)>,
    /// Without the slash at its end.
    add: String,
    host: Option<HeaderValue>,
}

impl RewriteNode {
    /// What a config cannot say is left out: it has been checked.
    fn new(config: &Rewrite) -> Self {
        let prefix = |path: &str| path.trim_end_matches('/').to_owned();
        let strip = config.strip_prefix.as_ref();
        let replace = config.replace_prefix.as_ref();
        Self {
            replace: strip
                .map(|strip| (prefix(strip), String::new()))
                .or_else(|| replace.map(|(from, to)| (prefix(from), prefix(to)))),
            add: config.add_prefix.as_deref().map(prefix).unwrap_or_default(),
            host: config.host.as_ref().and_then(|host| host.parse().ok()),
        }
    }

    /// Writes the path that a request has instead, where it is to have another one.
    fn rewrite(&self, path: &str, instead: &mut String) {
        let replaced = self
            .replace
            .as_ref()
            .and_then(|(from, to)| Some((to.as_str(), below(from, path)?)));
        let (front, rest) = replaced.unwrap_or(("", path));
        if replaced.is_none() && self.add.is_empty() {
            return;
        }
        instead.push_str(&self.add);
        instead.push_str(front);
        instead.push_str(rest);
        if instead.is_empty() {
            instead.push('/');
        }
    }
}

impl Node for RewriteNode {
    /// The path instead; it keeps its memory.
    type State = String;

    fn on_request(&self, head: &mut dyn RequestHead, instead: &mut String, cx: &mut Cx) -> Flow {
        self.rewrite(head.path(), instead);
        let mut done = Ok(());
        if !instead.is_empty() && instead != head.path() {
            done = head.set_path(instead);
        }
        if let Some(host) = &self.host {
            done = done.and_then(|()| head.set_authority(host.clone()));
        }
        match done {
            Ok(()) => Flow::Next,
            Err(error) => not_editable(cx, "rewrite", &error),
        }
    }
}
