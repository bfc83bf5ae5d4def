//! Heads of actix-web as the nodes see them. It stands on an older `http`: names and values that nodes give are copied.

use std::net::SocketAddr;

use actix_web::HttpResponse;
use actix_web::dev::ServiceRequest;
use actix_web::http::header as theirs;
use actix_web::http::uri::PathAndQuery;
use actix_web::http::{StatusCode as TheirStatus, Uri};
use hedgerow_actors::chain::{HeaderName, HeaderValue, NotEditable, ReplyHead, RequestHead, StatusCode};
use hedgerow_supervisor::catch;

use super::head::{editable, no_path, plain, target};
use crate::headers;

/// The head of a request.
pub(super) struct Head<'a>(pub(super) &'a mut ServiceRequest);

impl RequestHead for Head<'_> {
    fn method(&self) -> &str {
        self.0.method().as_str()
    }

    fn path(&self) -> &str {
        plain(self.0.uri().path())
    }

    fn query(&self) -> Option<&str> {
        self.0.uri().query()
    }

    fn authority(&self) -> Option<&str> {
        let said = self
            .0
            .headers()
            .get(theirs::HOST)
            .and_then(|host| host.to_str().ok());
        self.0.uri().authority().map(|named| named.as_str()).or(said)
    }

    fn peer(&self) -> Option<SocketAddr> {
        self.0.peer_addr()
    }

    fn header(&self, name: &HeaderName) -> Option<&[u8]> {
        first(self.0.headers(), name)
    }

    fn each_header(&self, name: &HeaderName, look: &mut dyn FnMut(&[u8])) {
        for value in self.0.headers().get_all(name.as_str()) {
            look(value.as_bytes());
        }
    }

    fn set_header(&mut self, name: HeaderName, value: HeaderValue) -> Result<(), NotEditable> {
        editable(&name)?;
        let (Some(theirs), Some(value)) = (name_of(&name), value_of(&value)) else {
            return Err(NotEditable::new(format!("the header {name}")));
        };
        exclusively(self.0, "its headers", |request| {
            request.headers_mut().insert(theirs, value);
        })
    }

    fn append_header(&mut self, name: HeaderName, value: HeaderValue) -> Result<(), NotEditable> {
        editable(&name)?;
        let (Some(theirs), Some(value)) = (name_of(&name), value_of(&value)) else {
            return Err(NotEditable::new(format!("the header {name}")));
        };
        exclusively(self.0, "its headers", |request| {
            request.headers_mut().append(theirs, value);
        })
    }

    fn remove_header(&mut self, name: &HeaderName) -> Result<(), NotEditable> {
        editable(name)?;
        exclusively(self.0, "its headers", |request| {
            request.headers_mut().remove(name.as_str());
        })
    }

    fn set_path(&mut self, path: &str) -> Result<(), NotEditable> {
        let uri = with_path(self.0.uri(), path).ok_or_else(|| no_path(path))?;
        exclusively(self.0, "its path", |request| {
            // What routes match is kept beside the head.
            request.match_info_mut().get_mut().update(&uri);
            request.head_mut().uri = uri;
        })
    }
}

/// Where another middleware keeps a clone of the request, actix-web panics over who changes it.
fn exclusively(
    request: &mut ServiceRequest,
    what: &str,
    change: impl FnOnce(&mut ServiceRequest),
) -> Result<(), NotEditable> {
    let shared = |_| {
        NotEditable::new(format!(
            "{what} (a middleware before this one keeps a clone of it)"
        ))
    };
    catch(|| change(request)).map_err(shared)
}

fn with_path(uri: &Uri, path: &str) -> Option<Uri> {
    let target = target(path, uri.query())?;
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(target).ok()?);
    Uri::from_parts(parts).ok()
}

/// The head of a reply.
pub(super) struct Answer<'a, B>(pub(super) &'a mut HttpResponse<B>);

impl<B> ReplyHead for Answer<'_, B> {
    fn status(&self) -> StatusCode {
        // Both know the same statuses.
        StatusCode::from_u16(self.0.status().as_u16()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn set_status(&mut self, status: StatusCode) {
        *self.0.status_mut() = status_of(status);
    }

    fn header(&self, name: &HeaderName) -> Option<&[u8]> {
        first(self.0.headers(), name)
    }

    fn set_header(&mut self, name: HeaderName, value: HeaderValue) {
        if let (false, Some(name), Some(value)) = (headers::frames(&name), name_of(&name), value_of(&value)) {
            self.0.headers_mut().insert(name, value);
        }
    }

    fn append_header(&mut self, name: HeaderName, value: HeaderValue) {
        if let (false, Some(name), Some(value)) = (headers::frames(&name), name_of(&name), value_of(&value)) {
            self.0.headers_mut().append(name, value);
        }
    }

    fn remove_header(&mut self, name: &HeaderName) {
        if !headers::frames(name) {
            self.0.headers_mut().remove(name.as_str());
        }
    }
}

/// To look a name up by its text would copy it.
fn first<'a>(headers: &'a theirs::HeaderMap, name: &HeaderName) -> Option<&'a [u8]> {
    let mut fields = headers.iter();
    let found = fields.find(|(known, _)| known.as_str() == name.as_str());
    found.map(|(_, value)| value.as_bytes())
}

pub(super) fn name_of(name: &HeaderName) -> Option<theirs::HeaderName> {
    theirs::HeaderName::from_bytes(name.as_str().as_bytes()).ok()
}

pub(super) fn value_of(value: &HeaderValue) -> Option<theirs::HeaderValue> {
    theirs::HeaderValue::from_bytes(value.as_bytes()).ok()
}

pub(super) fn status_of(status: StatusCode) -> TheirStatus {
    // Both know the same statuses.
    TheirStatus::from_u16(status.as_u16()).unwrap_or(TheirStatus::INTERNAL_SERVER_ERROR)
}
