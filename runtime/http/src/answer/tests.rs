#![allow(clippy::unwrap_used)]

use super::*;

fn refusal(observed: &str) -> Refusal {
    Refusal::new("edge", "route", "2 rules", observed)
}

fn no_route(observed: &str) -> Denied {
    Turned::NoRoute(Box::new(refusal(observed))).into()
}

fn refused(answer: &Response<AnswerBody>) -> &str {
    answer.headers().get(REFUSED).unwrap().to_str().unwrap()
}

#[test]
fn what_was_observed_can_neither_end_the_line_nor_add_a_field() {
    let cases = [
        ("/a", "/a"),
        ("/a\r\nx: y", "/a%0D%0Ax: y"),
        ("/a; rule=b", "/a%3B rule=b"),
        ("/ü", "/%C3%BC"),
        ("\u{1b}[1m\0\u{7f}", "%1B[1m%00%7F"),
        ("100%", "100%"),
    ];
    for (observed, shown) in cases {
        let answer = of(&no_route(observed), Expose::Full);
        assert_eq!(
            refused(&answer),
            format!("edge; rule=route; limit=2 rules; observed={shown}")
        );
    }
}

#[test]
fn a_long_value_is_cut() {
    let answer = of(&no_route(&"a".repeat(100_000)), Expose::Full);
    assert!(refused(&answer).len() < 320, "{}", refused(&answer).len());
}

#[test]
fn a_known_time_is_told_in_whole_seconds_rounded_up_and_never_as_zero() {
    let cases = [(0, 1), (1, 1), (999, 1), (1_000, 1), (1_001, 2), (29_500, 30)];
    for (millis, seconds) in cases {
        let refusal = refusal("open").retry_after(Duration::from_millis(millis));
        let answer = of(&Denied::NotAdmitted(refusal), Expose::Full);
        assert_eq!(
            answer.headers().get(RETRY_AFTER).unwrap(),
            &HeaderValue::from(seconds)
        );
    }
    let answer = of(&Denied::NotAdmitted(refusal("open")), Expose::Full);
    assert!(!answer.headers().contains_key(RETRY_AFTER));
}

#[test]
fn as_much_is_told_as_is_exposed_and_when_to_come_back_in_any_case() {
    let refusal = Refusal::new(
        "payments/endpoint/10.0.0.7:9001",
        "operator",
        "closed",
        "mallory at 10.0.0.9",
    );
    let denied = Denied::NotAdmitted(refusal.retry_after(Duration::from_secs(2)));
    let cases = [
        (
            Expose::Code,
            Some("rule=operator"),
            "503 Service Unavailable; rule=operator\n",
        ),
        (Expose::Nothing, None, "503 Service Unavailable\n"),
    ];
    for (expose, line, body) in cases {
        let told = words(&denied, expose);
        let refused = told.headers.get(REFUSED).map(|line| line.to_str().unwrap());
        assert_eq!((refused, told.text.as_str()), (line, body));
        assert_eq!(told.headers.get(RETRY_AFTER).unwrap(), "2");
    }
}
