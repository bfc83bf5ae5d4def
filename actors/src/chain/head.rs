//! The heads of requests and replies, whatever protocol brought them.

use std::net::SocketAddr;

use http::{HeaderName, HeaderValue, StatusCode};

/// The head of a request, whatever protocol brought it. An adapter says what it can of it: what has a default here is
/// not there, or cannot be changed, unless the adapter knows better.
///
/// Headers that say where the message ends or how its connection goes on (`content-length`, `transfer-encoding`,
/// `connection`, ...) are the adapter's: no node can change them.
pub trait RequestHead {
    /// The method, as it came: `GET`.
    fn method(&self) -> &str;

    /// The path, without its query.
    fn path(&self) -> &str;

    /// What follows the `?`, where something does.
    fn query(&self) -> Option<&str> {
        None
    }

    /// Whom the request is meant for: `shop.example:8080`.
    fn authority(&self) -> Option<&str> {
        None
    }

    /// The version of its protocol, as the conventions of OpenTelemetry write it: `1.1`, `2`.
    fn protocol_version(&self) -> Option<&'static str> {
        None
    }

    /// Whether whoever is called is told by the adapter where in its trace the request is. By default it is told by the chain,
    /// in the header `traceparent`, where the request is recorded.
    fn tells_trace_itself(&self) -> bool {
        false
    }

    /// Who sent it, as the transport says.
    fn peer(&self) -> Option<SocketAddr> {
        None
    }

    /// On whose behalf it is made, where somebody says so who may.
    fn tenant(&self) -> Option<&str> {
        None
    }

    /// Whether who sent it is one that is believed what it says of its clients.
    fn is_from_trusted_hop(&self) -> bool {
        false
    }

    /// The first value of a header.
    fn header(&self, _name: &HeaderName) -> Option<&[u8]> {
        None
    }

    /// Shows every value of a header, in order. An adapter that knows more than the first says so.
    fn each_header(&self, name: &HeaderName, look: &mut dyn FnMut(&[u8])) {
        if let Some(value) = self.header(name) {
            look(value);
        }
    }

    /// Whether a header came more than once.
    fn is_repeated(&self, name: &HeaderName) -> bool {
        let mut values = 0_u32;
        self.each_header(name, &mut |_| values += 1);
        values > 1
    }

    /// The id of the request, where the adapter has given it one.
    fn request_id(&self) -> Option<KnownId<'_>> {
        None
    }

    /// Gives the request this id, which goes in this header: to whoever is called and, where the adapter knows of ids, with
    /// the answer, whatever that is.
    ///
    /// # Errors
    /// Where the adapter's requests have no headers that can be changed.
    fn set_request_id(&mut self, name: HeaderName, id: HeaderValue) -> Result<(), NotEditable> {
        self.set_header(name, id)
    }

    /// Gives a header this one value, in place of all that it has.
    ///
    /// # Errors
    /// Where the adapter's requests have no headers that can be changed.
    fn set_header(&mut self, name: HeaderName, _value: HeaderValue) -> Result<(), NotEditable> {
        Err(NotEditable::new(format!("the header {name}")))
    }

    /// Gives a header this value beside those that it has.
    ///
    /// # Errors
    /// Where the adapter's requests have no headers that can be changed.
    fn append_header(&mut self, name: HeaderName, _value: HeaderValue) -> Result<(), NotEditable> {
        Err(NotEditable::new(format!("the header {name}")))
    }

    /// Has the answer bear this header where the request is refused or fails: no node sees such an answer. Where the adapter
    /// has no such answers nothing happens.
    fn set_refusal_header(&mut self, _name: HeaderName, _value: HeaderValue) {}

    /// Takes a header away, with all its values.
    ///
    /// # Errors
    /// Where the adapter's requests have no headers that can be changed.
    fn remove_header(&mut self, name: &HeaderName) -> Result<(), NotEditable> {
        Err(NotEditable::new(format!("the header {name}")))
    }

    /// Gives the request another path. Its query stays. An adapter that has a normal form of paths gives it that: what the
    /// nodes behind see, what is routed and what goes on is one path.
    ///
    /// # Errors
    /// Where the path cannot be changed, or no request can have this one.
    fn set_path(&mut self, _path: &str) -> Result<(), NotEditable> {
        Err(NotEditable::new("the path"))
    }

    /// Says that the request is meant for somebody else: a host, and a port where one is said.
    ///
    /// # Errors
    /// Where that cannot be changed.
    fn set_authority(&mut self, _authority: HeaderValue) -> Result<(), NotEditable> {
        Err(NotEditable::new("the host"))
    }
}

/// The id of a request, as its adapter knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownId<'h> {
    /// It came with the request.
    Kept(&'h HeaderValue),
    /// The adapter has made it.
    Made(&'h HeaderValue),
}

impl<'h> KnownId<'h> {
    /// The id.
    pub fn value(self) -> &'h HeaderValue {
        match self {
            Self::Kept(id) | Self::Made(id) => id,
        }
    }
}

/// The head of a reply, whatever protocol takes it away. Headers that say where the message ends or how its connection goes
/// on are the adapter's: what a node does to them changes nothing.
pub trait ReplyHead {
    /// The status.
    fn status(&self) -> StatusCode;

    /// Gives it another status.
    fn set_status(&mut self, status: StatusCode);

    /// The first value of a header.
    fn header(&self, name: &HeaderName) -> Option<&[u8]>;

    /// Gives a header this one value, in place of all that it has.
    fn set_header(&mut self, name: HeaderName, value: HeaderValue);

    /// Gives a header this value beside those that it has.
    fn append_header(&mut self, name: HeaderName, value: HeaderValue);

    /// Takes a header away, with all its values.
    fn remove_header(&mut self, name: &HeaderName);
}

/// Something of a request cannot be changed, because of the protocol or the adapter that brought it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} of this request cannot be changed: put the node into a chain whose adapter allows it")]
pub struct NotEditable {
    what: String,
}

impl NotEditable {
    /// What cannot be changed: `the path`.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into() }
    }
}
