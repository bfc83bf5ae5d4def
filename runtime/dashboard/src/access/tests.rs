//! Names, origins and tokens.
#![allow(clippy::unwrap_used)]

use actix_web::http::uri::Authority;

use super::authority::{Guests, same_origin};
use super::token::Token;

fn know(guests: &Guests, authority: &str) -> bool {
    guests.know(&authority.parse::<Authority>().unwrap())
}

#[test]
fn loopback_is_always_known_and_a_name_is_not() {
    let guests = Guests::default();
    for known in [
        "localhost",
        "LOCALHOST:9900",
        "127.0.0.1:9900",
        "127.8.9.1",
        "[::1]:80",
        "[::ffff:127.0.0.1]",
    ] {
        assert!(know(&guests, known), "{known}");
    }
    for foreign in [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "10.0.0.1",
        "0.0.0.0",
        "localhost@evil.example",
        "evil.example@localhost",
        "[::2]",
    ] {
        assert!(!know(&guests, foreign), "{foreign}");
    }
}

#[test]
fn the_bound_address_and_given_names_are_known() {
    let guests = Guests {
        addresses: vec!["10.0.0.1".parse().unwrap()],
        names: vec!["shop.example".into()],
    };
    assert!(know(&guests, "10.0.0.1:9900") && know(&guests, "Shop.example"));
    assert!(!know(&guests, "10.0.0.2:9900") && !know(&guests, "a.shop.example"));
}

#[test]
fn bound_to_all_addresses_any_address_is_known_but_still_no_name() {
    let guests = Guests {
        addresses: vec!["0.0.0.0".parse().unwrap()],
        names: vec![],
    };
    assert!(know(&guests, "10.0.0.2") && !know(&guests, "evil.example"));
}

#[test]
fn an_origin_is_our_own_with_the_same_host_and_port_only() {
    let ours: Authority = "127.0.0.1:9900".parse().unwrap();
    assert!(same_origin("http://127.0.0.1:9900", &ours));
    for foreign in [
        "http://127.0.0.1:9901",
        "http://127.0.0.1",
        "http://localhost:9900",
        "http://evil.example:9900",
        "null",
        "",
        "file://127.0.0.1:9900",
    ] {
        assert!(!same_origin(foreign, &ours), "{foreign}");
    }
    assert!(same_origin(
        "https://shop.example",
        &"shop.example".parse().unwrap()
    ));
    assert!(same_origin(
        "https://shop.example",
        &"shop.example:443".parse().unwrap()
    ));
}

#[test]
fn only_the_whole_token_under_the_bearer_scheme_is_the_token() {
    let token = Token::new("abc").unwrap();
    assert!(token.is_in(b"Bearer abc") && token.is_in(b"bearer abc"));
    for wrong in [
        "",
        "abc",
        "Bearer",
        "Bearer ",
        "Bearer ab",
        "Bearer abcabc",
        "Bearer abd",
        "Basic abc",
    ] {
        assert!(!token.is_in(wrong.as_bytes()), "{wrong}");
    }
    assert!(Token::new("").is_none());
}
