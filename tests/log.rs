//! What strangers send, in the gateway's log.
#![allow(clippy::unwrap_used)]

use hedgerow_tests::client::request;
use hedgerow_tests::config::Config;
use hedgerow_tests::patience::until;
use hedgerow_tests::{Connection, Endpoint, Gateway, Mood, Place};

/// What would write a line of its own, or move a terminal's cursor, where it is logged as it is: as bytes of a field's value,
/// and percent-encoded.
const CONTROLS: [(&[u8], &str); 10] = [
    (b"\r\n", "%0D%0A"),
    (b"\n", "%0a"),
    (b"\r", "%0d"),
    (b"\x1b[2J", "%1b%5b2J"),
    (b"\0", "%00"),
    (b"\x08", "%08"),
    (b"\t", "%09"),
    (b"\x7f", "%7f"),
    // What terminals take for ESC [ in UTF-8, and alone.
    (b"\xc2\x9b2J", "%c2%9b2J"),
    (b"\x9b2J", "%9b2J"),
];

/// Turns the direction in which a line is read.
const OVERRIDE: &str = "\u{202e}";

const FORGED: &str = "FORGED";

fn config(endpoint: &Endpoint) -> Config {
    Config::to("/", "payments", &[endpoint.addr()])
        .keys("breaker: { per: tenant, openFor: 1h, consecutiveFailures: 1 }")
        .listener("tenant: \"header:X-Tenant\"")
}

/// A request with these bytes in a place of it.
fn requests(raw: &[u8], encoded: &str) -> Vec<Vec<u8>> {
    let raw = [b"a", raw, FORGED.as_bytes()].concat();
    let field = |name: &str| {
        [
            b"GET / HTTP/1.1\r\nhost: shop\r\n",
            name.as_bytes(),
            b": ",
            &raw,
            b"\r\n\r\n",
        ]
        .concat()
    };
    let line = |line: &str| format!("{line} HTTP/1.1\r\nhost: shop\r\n\r\n").into_bytes();
    let mut requests = vec![
        line(&format!("GET /a{encoded}{FORGED}")),
        line(&format!("GET /?a{encoded}{FORGED}")),
        line(&format!("GET http://a{encoded}{FORGED}/")),
        [b"GET /", &raw[..], b" HTTP/1.1\r\nhost: shop\r\n\r\n"].concat(),
        [b"GET /?", &raw[..], b" HTTP/1.1\r\nhost: shop\r\n\r\n"].concat(),
        [&raw[..], b" / HTTP/1.1\r\nhost: shop\r\n\r\n"].concat(),
        [b"GET / HTTP/1.1\r\nhost: ", &raw[..], b"\r\n\r\n"].concat(),
        [b"GET / HTTP/1.1\r\nhost: shop\r\n", &raw[..], b": a\r\n\r\n"].concat(),
    ];
    let names = [
        "x-tenant",
        "x-request-id",
        "x-other",
        "user-agent",
        "x-forwarded-for",
        "expect",
        "transfer-encoding",
    ];
    requests.extend(names.map(field));
    requests
        .push(format!("GET / HTTP/1.1\r\nhost: shop\r\nx-tenant: a{encoded}{FORGED}\r\n\r\n").into_bytes());
    requests
}

/// Sends it, and reads what comes of it to the end.
fn send(to: std::net::SocketAddr, bytes: &[u8]) {
    let mut connection = Connection::open(to).unwrap();
    // Closed for sending, it is answered also where the head has no end. Refused, it may be closed before.
    let _ = connection.write(bytes);
    let _ = connection.writer().shutdown(std::net::Shutdown::Write);
    while connection.answer().is_ok() {}
}

#[test]
fn k11_what_strangers_send_writes_neither_lines_nor_control_characters_of_its_own_into_the_log() {
    let (place, payments) = (Place::new(), Endpoint::start("payments"));
    payments.set(Mood::Answer(500));
    place.file("mesh.yaml", &config(&payments));
    let gateway = Gateway::start(&place, &["--config", "mesh.yaml"], &[("RUST_LOG", "trace")]);
    let override_ = (OVERRIDE.as_bytes(), "%e2%80%ae");
    for (raw, encoded) in CONTROLS.into_iter().chain([override_]) {
        for request in requests(raw, encoded) {
            send(gateway.addr(), &request);
            send(gateway.admin(), &request);
        }
        // Names that the admin side looks up.
        for target in ["actors/", "breakers/payments/tenant/"] {
            gateway.act(&format!("/api/{target}a{encoded}{FORGED}"), "restart", &[]);
            gateway.act(
                &format!("/api/{target}payments"),
                &format!("a{FORGED}\r\n\u{1b}[2J"),
                &[],
            );
        }
    }
    // What is told last is behind all that was told of the others.
    request(gateway.addr(), "GET", "/", &[("x-tenant", "last")], b"").unwrap();
    let log = until(
        "the breaker of the last tenant",
        || gateway.log(),
        |log| log.contains("/keys/last cause=closed to open"),
    );
    assert!(
        log.contains(FORGED),
        "nothing of what was sent is logged: there is nothing to see\n{log}"
    );
    for line in log.lines() {
        assert!(line.starts_with("20"), "a line of a stranger's: {line:?}");
    }
    let odd = |sign: &char| (sign.is_control() && *sign != '\n') || OVERRIDE.contains(*sign);
    let found: Vec<&str> = log
        .lines()
        .filter(|line| line.chars().any(|sign| odd(&sign)))
        .collect();
    assert_eq!(found, [""; 0]);
}
