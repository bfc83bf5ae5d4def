//! The rules at the door, in the order in which they are asked.

use std::net::SocketAddr;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, ORIGIN, WWW_AUTHENTICATE,
};
use actix_web::http::uri::Authority;
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, ResponseError as _};

use super::Token;
use super::authority::{Guests, same_origin};
use crate::problem::NotDone;

/// Lets the request in, or says why not.
pub(crate) fn check(guests: &Guests, token: Option<&Token>, request: &HttpRequest) -> Result<(), NotDone> {
    let authority = authority(request)?;
    if !guests.know(&authority) {
        return Err(NotDone::new(
            StatusCode::FORBIDDEN,
            "unknown host",
            format!(
                "the request was made to `{authority}`, which is not a name of this listener: use its address"
            ),
        ));
    }
    for origin in request.headers().get_all(ORIGIN) {
        let own = origin
            .to_str()
            .is_ok_and(|origin| same_origin(origin, &authority));
        if !own {
            return Err(NotDone::new(
                StatusCode::FORBIDDEN,
                "foreign origin",
                "the request comes from a page of another origin: only the page of this listener may make it",
            ));
        }
    }
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(());
    }
    may_mutate(token, request.peer_addr(), request.headers())
}

/// Lets an order through that is sent as JSON: a form of another page cannot send that without being asked for leave first.
pub(crate) async fn json_alone(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match is_json(request.headers()) {
        Ok(()) => Ok(next.call(request).await?.map_into_boxed_body()),
        Err(refusal) => Ok(request.into_response(refusal.error_response())),
    }
}

/// Whom the request was made to. Never taken from a forwarding header: those are the client's to write.
fn authority(request: &HttpRequest) -> Result<Authority, NotDone> {
    let mut hosts = request.headers().get_all(HOST);
    let host = match (hosts.next(), hosts.next()) {
        (None, None) => None,
        (Some(host), None) => Some(host.to_str().ok().and_then(|host| host.parse::<Authority>().ok())),
        _ => Some(None),
    };
    let target = request.uri().authority().cloned();
    match (target, host) {
        (None, Some(Some(host))) => Ok(host),
        (Some(target), None) => Ok(target),
        (Some(target), Some(Some(host))) if target == host => Ok(target),
        _ => Err(NotDone::new(
            StatusCode::FORBIDDEN,
            "unknown host",
            "the request does not say plainly whom it was made to: send one `Host` header",
        )),
    }
}

fn may_mutate(token: Option<&Token>, peer: Option<SocketAddr>, headers: &HeaderMap) -> Result<(), NotDone> {
    let Some(token) = token else {
        let near = peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback());
        return if near {
            Ok(())
        } else {
            Err(NotDone::new(
                StatusCode::FORBIDDEN,
                "no token is set",
                "without a token only loopback may change things: set one and send it",
            ))
        };
    };
    let offered = single(headers, &AUTHORIZATION).unwrap_or_default();
    if token.is_in(offered) {
        return Ok(());
    }
    let detail =
        "this listener takes changes with `Authorization: Bearer TOKEN` only; the token was missing or wrong";
    Err(NotDone::new(StatusCode::UNAUTHORIZED, "token needed", detail).with(WWW_AUTHENTICATE, "Bearer"))
}

fn is_json(headers: &HeaderMap) -> Result<(), NotDone> {
    let media_type = single(headers, &CONTENT_TYPE)
        .and_then(|value| value.split(|byte| *byte == b';').next())
        .unwrap_or_default();
    if media_type.trim_ascii().eq_ignore_ascii_case(b"application/json") {
        return Ok(());
    }
    Err(NotDone::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "not JSON",
        "send the body as `content-type: application/json`",
    ))
}

/// The header's value, where it was sent once.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a [u8]> {
    let mut values = headers.get_all(name);
    let value = values.next()?;
    values.next().is_none().then(|| value.as_bytes())
}
