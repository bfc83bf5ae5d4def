//! A request's head as the nodes see it.

use std::net::SocketAddr;

use hedgerow_actors::chain::{NotEditable, RequestHead};
use http::header::HOST;
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, Request, Uri};

use crate::headers;

/// The head of a request, and who sent it.
pub(super) struct Head<'a, B> {
    pub(super) request: &'a mut Request<B>,
    pub(super) peer: Option<SocketAddr>,
}

impl<B> RequestHead for Head<'_, B> {
    fn method(&self) -> &str {
        self.request.method().as_str()
    }

    fn path(&self) -> &str {
        plain(self.request.uri().path())
    }

    fn query(&self) -> Option<&str> {
        self.request.uri().query()
    }

    fn authority(&self) -> Option<&str> {
        let said = self
            .request
            .headers()
            .get(HOST)
            .and_then(|host| host.to_str().ok());
        self.request
            .uri()
            .authority()
            .map(|named| named.as_str())
            .or(said)
    }

    fn protocol_version(&self) -> Option<&'static str> {
        headers::protocol_version(self.request.version())
    }

    fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    fn header(&self, name: &HeaderName) -> Option<&[u8]> {
        self.request.headers().get(name).map(HeaderValue::as_bytes)
    }

    fn each_header(&self, name: &HeaderName, look: &mut dyn FnMut(&[u8])) {
        for value in self.request.headers().get_all(name) {
            look(value.as_bytes());
        }
    }

    fn set_header(&mut self, name: HeaderName, value: HeaderValue) -> Result<(), NotEditable> {
        editable(&name)?;
        self.request.headers_mut().insert(name, value);
        Ok(())
    }

    fn append_header(&mut self, name: HeaderName, value: HeaderValue) -> Result<(), NotEditable> {
        editable(&name)?;
        self.request.headers_mut().append(name, value);
        Ok(())
    }

    fn remove_header(&mut self, name: &HeaderName) -> Result<(), NotEditable> {
        editable(name)?;
        self.request.headers_mut().remove(name);
        Ok(())
    }

    fn set_path(&mut self, path: &str) -> Result<(), NotEditable> {
        let uri = with_path(self.request.uri(), path).ok_or_else(|| no_path(path))?;
        *self.request.uri_mut() = uri;
        Ok(())
    }
}

/// The server as a whole lies where its root does.
pub(super) fn plain(path: &str) -> &str {
    match path {
        "*" => "/",
        path => path,
    }
}

/// Nobody but who writes a message says where it ends.
pub(super) fn editable(name: &HeaderName) -> Result<(), NotEditable> {
    if headers::frames(name) {
        return Err(NotEditable::new(format!("the header {name}")));
    }
    Ok(())
}

#[cold]
pub(super) fn no_path(path: &str) -> NotEditable {
    NotEditable::new(format!("the path to {path:?}, which is none,"))
}

/// The path, which begins with a slash and holds nothing else, with the query.
pub(super) fn target(path: &str, query: Option<&str>) -> Option<String> {
    let is_path = path.starts_with('/') && !path.contains(['?', '#']);
    is_path.then(|| match query {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    })
}

fn with_path(uri: &Uri, path: &str) -> Option<Uri> {
    let target = target(path, uri.query())?;
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(target).ok()?);
    Uri::from_parts(parts).ok()
}
