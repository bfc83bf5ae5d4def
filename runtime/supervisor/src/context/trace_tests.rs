#![allow(clippy::unwrap_used)]

use super::Trace;

const ID: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

fn read(value: &str) -> Option<Trace> {
    Trace::from_traceparent(value.as_bytes())
}

#[test]
fn a_traceparent_is_read_and_written_to_the_letter() {
    for flags in ["00", "01", "02", "03"] {
        let value = format!("00-{ID}-{SPAN}-{flags}");
        let trace = read(&value).unwrap();
        assert_eq!(trace.traceparent(), value.as_bytes());
        assert_eq!(trace.is_sampled(), flags.ends_with(['1', '3']));
    }
    // Flags that are not known are kept to oneself, and versions that are not known are read as this one.
    for value in [
        format!("00-{ID}-{SPAN}-ff"),
        format!("cc-{ID}-{SPAN}-03"),
        format!("01-{ID}-{SPAN}-03-what.the-future.brings"),
        format!("fe-{ID}-{SPAN}-03-"),
    ] {
        let written = format!("00-{ID}-{SPAN}-03");
        assert_eq!(read(&value).unwrap().traceparent(), written.as_bytes(), "{value}");
    }
}

#[test]
fn what_is_no_traceparent_is_not_read() {
    let zeros = |count: usize| "0".repeat(count);
    let cases = [
        String::new(),
        "00".to_owned(),
        format!("00-{ID}-{SPAN}"),
        format!("00-{ID}-{SPAN}-"),
        format!("00-{ID}-{SPAN}-0"),
        format!("00-{ID}-{SPAN}-01-"),
        format!("00-{ID}-{SPAN}-01-more"),
        format!("00-{ID}-{SPAN}-011"),
        format!("cc-{ID}-{SPAN}-01.more"),
        format!("cc-{ID}-{SPAN}-011"),
        format!("ff-{ID}-{SPAN}-01"),
        format!("0-{ID}-{SPAN}-01"),
        format!(".0-{ID}-{SPAN}-01"),
        format!("0x-{ID}-{SPAN}-01"),
        format!("00-{}-{SPAN}-01", zeros(32)),
        format!("00-{ID}-{}-01", zeros(16)),
        format!("00-{}-{SPAN}-01", ID.to_uppercase()),
        format!("00-{ID}-{}-01", SPAN.to_uppercase()),
        format!("00-{ID}-{SPAN}-0A"),
        format!("00-{}-{SPAN}-01", &ID[1..]),
        format!("00-{ID}0-{SPAN}-01"),
        format!("00-.{}-{SPAN}-01", &ID[1..]),
        format!("00-{ID}-{}.-01", &SPAN[1..]),
        format!("00_{ID}-{SPAN}-01"),
        format!("00-{ID}_{SPAN}-01"),
        format!("00-{ID}-{SPAN}_01"),
        format!(" 00-{ID}-{SPAN}-01"),
        "\u{e9}".repeat(28),
    ];
    for case in cases {
        assert_eq!(read(&case), None, "{case:?}");
    }
}
