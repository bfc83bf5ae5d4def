//! `cors`: requests from pages of other origins (the [CORS protocol](https://fetch.spec.whatwg.org/#http-cors-protocol)).

use hedgerow_config::Cors;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderName, HeaderValue, StatusCode};

use crate::chain::{Attributes, Cx, Flow, Node, NodeSpec, Reply, ReplyHead, RequestHead};

const ANY: HeaderValue = HeaderValue::from_static("*");
const TRUE: HeaderValue = HeaderValue::from_static("true");
const BY_ORIGIN: HeaderValue = HeaderValue::from_static("origin");
/// What the answer to a preflight depends on.
const BY_PREFLIGHT: HeaderValue =
    HeaderValue::from_static("origin, access-control-request-method, access-control-request-headers");

pub(super) fn spec(name: &str, config: &Cors) -> NodeSpec {
    let config = config.clone();
    NodeSpec::new(name, "cors", move || CorsNode::new(&config))
}

struct CorsNode {
    origins: Origins,
    /// Of every answer to an origin that is allowed.
    always: Vec<(HeaderName, HeaderValue)>,
    /// Of the answer to a request itself.
    of_reply: Vec<(HeaderName, HeaderValue)>,
    /// Of the answer to a preflight.
    of_preflight: Vec<(HeaderName, HeaderValue)>,
}

enum Origins {
    Any,
    These {
        exact: Vec<HeaderValue>,
        /// What stands before and behind the labels that may be any.
        below: Vec<(String, String)>,
    },
}

impl Origins {
    fn new(origins: &[String]) -> Self {
        if origins.iter().any(|origin| origin == "*") {
            return Self::Any;
        }
        let (mut exact, mut below) = (Vec::new(), Vec::new());
        for origin in origins {
            match origin.split_once('*') {
                Some((scheme, domain)) => below.push((scheme.to_owned(), domain.to_owned())),
                // What a config cannot say is left out: it has been checked.
                None => exact.extend(HeaderValue::from_str(origin)),
            }
        }
        Self::These { exact, below }
    }

    /// What is said to an origin, where it is allowed.
    fn answer(&self, origin: &[u8]) -> Option<HeaderValue> {
        let (exact, below) = match self {
            Self::Any => return Some(ANY),
            Self::These { exact, below } => (exact, below),
        };
        if let Some(known) = exact.iter().find(|known| known.as_bytes() == origin) {
            return Some(known.clone());
        }
        let is_below = |(scheme, domain): &(String, String)| {
            let labels = origin
                .strip_prefix(scheme.as_bytes())
                .and_then(|host| host.strip_suffix(domain.as_bytes()));
            labels.is_some_and(are_labels)
        };
        let is_allowed = below.iter().any(is_below);
        is_allowed.then(|| HeaderValue::from_bytes(origin).ok()).flatten()
    }
}

/// Labels of a host: what could end one, such as `/`, `:` or `@`, is in none.
fn are_labels(labels: &[u8]) -> bool {
    let is_of_label = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    labels
        .split(|byte| *byte == b'.')
        .all(|label| !label.is_empty() && label.iter().all(is_of_label))
}

impl CorsNode {
    fn new(config: &Cors) -> Self {
        let list = |name: HeaderName, items: &[String]| {
            let joined = HeaderValue::try_from(items.join(", ")).ok();
            joined.filter(|_| !items.is_empty()).map(|list| (name, list))
        };
        let max_age = config
            .max_age
            .map(|age| (ACCESS_CONTROL_MAX_AGE, HeaderValue::from(age.as_secs())));
        let methods = list(ACCESS_CONTROL_ALLOW_METHODS, &config.methods);
        let headers = list(ACCESS_CONTROL_ALLOW_HEADERS, &config.headers);
        let exposed = list(ACCESS_CONTROL_EXPOSE_HEADERS, &config.expose_headers);
        let credentials = (ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
        Self {
            origins: Origins::new(&config.origins),
            always: config.credentials.then_some(credentials).into_iter().collect(),
            of_reply: exposed.into_iter().collect(),
            of_preflight: [methods, headers, max_age].into_iter().flatten().collect(),
        }
    }

    fn preflight(&self, allowed: Option<HeaderValue>) -> Reply {
        let mut reply = Reply::new(StatusCode::NO_CONTENT).header(VARY, BY_PREFLIGHT);
        if let Some(origin) = allowed {
            reply.set_header(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            for (name, value) in self.always.iter().chain(&self.of_preflight) {
                reply.set_header(name.clone(), value.clone());
            }
        }
        reply
    }

    /// Whether answers differ from origin to origin.
    fn varies(&self) -> bool {
        matches!(self.origins, Origins::These { .. })
    }

    fn answers<'n>(
        &'n self,
        origin: &HeaderValue,
    ) -> impl Iterator<Item = (HeaderName, HeaderValue)> + use<'n> {
        let own = (ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        std::iter::once(own).chain(self.always.iter().chain(&self.of_reply).cloned())
    }
}

impl Node for CorsNode {
    /// What the reply says to the origin, where that is allowed.
    type State = Option<HeaderValue>;

    fn on_request(&self, head: &mut dyn RequestHead, allowed: &mut Self::State, cx: &mut Cx) -> Flow {
        let one = !head.is_repeated(&ORIGIN);
        let origin = head.header(&ORIGIN).filter(|_| one);
        *allowed = origin.and_then(|origin| self.origins.answer(origin));
        let is_preflight = head.method() == "OPTIONS"
            && head.header(&ORIGIN).is_some()
            && head.header(&ACCESS_CONTROL_REQUEST_METHOD).is_some();
        if is_preflight {
            return cx.reply(self.preflight(allowed.take()));
        }
        if let Some(origin) = allowed {
            // A page cannot read a refusal either that does not say so.
            for (name, value) in self.answers(origin) {
                head.set_refusal_header(name, value);
            }
            if self.varies() {
                head.set_refusal_header(VARY, BY_ORIGIN);
            }
        }
        Flow::Next
    }

    fn on_reply(&self, head: &mut dyn ReplyHead, allowed: &mut Self::State, _: &mut Attributes) {
        if self.varies() {
            head.append_header(VARY, BY_ORIGIN);
        }
        match allowed.take() {
            Some(origin) => {
                for (name, value) in self.answers(&origin) {
                    head.set_header(name, value);
                }
                if self.always.is_empty() {
                    head.remove_header(&ACCESS_CONTROL_ALLOW_CREDENTIALS);
                }
            }
            // Whom this node does not allow, nobody behind it does.
            None => {
                head.remove_header(&ACCESS_CONTROL_ALLOW_ORIGIN);
                head.remove_header(&ACCESS_CONTROL_ALLOW_CREDENTIALS);
            }
        }
    }
}
