//! What is shown, and what keys do, without a terminal.
#![allow(clippy::unwrap_used)]

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use serde_json::json;

use crate::draw::draw;
use crate::fetch::{Admin, FetchError, Order, Snapshot};
use crate::model::{Key, Link, Mode, Model, Wish};
use crate::plain;
use crate::rows::View;

fn snapshot() -> Snapshot {
    let actor = |path: &str, state: &str, children| {
        json!({
            "path": path, "kind": "actor", "state": state, "restarts": 2, "blocked": null,
            "actions": ["restart", "stop", "start"],
            "lastExit": {"reason": "panic", "message": "told\u{1b}[2J to"},
            "mailbox": {"depth": 1, "capacity": 16, "ratePerS": 0.25}, "children": children,
        })
    };
    let breaker = |id: &str, state: &str, calls| {
        json!({
            "id": id, "state": state, "halfOpenAt": null, "lastTransition": null,
            "window": {"calls": calls, "failures": 5, "failureRate": 0.5},
        })
    };
    Snapshot {
        tree: actor(
            "shop",
            "running",
            json!([actor("shop/till", "failed", json!([]))]),
        ),
        breakers: json!([
            breaker("payments/endpoint/127.0.0.1:9001", "open", 100),
            breaker("web/endpoint/127.0.0.1:9101", "closed", 9),
        ]),
        chains: json!([{"id": "edge", "nodes": [
            {"name": "quota", "kind": "rateLimit", "state": "enabled", "standing": "served", "calls": 7,
             "refused": 2, "errors": 0, "panics": 0, "p50Ns": 1_500, "p99Ns": null},
        ]}]),
        upstreams: json!([{"id": "payments", "endpoints": [
            {"addr": "127.0.0.1:9001", "state": "open", "excluded": ["ejected"], "inFlight": 0, "ewmaMs": 4.25,
             "successes": 1, "failures": 5, "idle": 0},
        ]}]),
        pools: json!([{"id": "payments", "leases": 3, "maxLeases": 200, "waiting": 0, "broken": ["p95Latency"],
             "overdue": 0, "measured": {"p95LatencyMs": 143.36, "errorRate": 0.01}}]),
        events: json!([
            {"seq": 1, "at": "2026-11-22T02:35:28.862Z", "kind": "childStarted", "path": "shop/till", "cause": "incarnation 1"},
            {"seq": 2, "at": "2026-11-22T02:35:29.862Z", "kind": "childExited", "path": "shop/till", "cause": "panic"},
        ]),
    }
}

fn model() -> Model {
    let mut model = Model::new("127.0.0.1:9900");
    model.looked::<FetchError>(Ok(snapshot()));
    model
}

/// The lines of the screen.
fn screen(model: &Model) -> Vec<String> {
    let mut terminal = Terminal::new(TestBackend::new(150, 16)).unwrap();
    terminal.draw(|frame| draw(model, frame)).unwrap();
    let buffer = terminal.backend().buffer();
    let width = usize::from(buffer.area.width);
    let symbols: Vec<&str> = buffer.content.iter().map(|cell| cell.symbol()).collect();
    symbols
        .chunks(width)
        .map(|line| line.concat().trim_end().to_owned())
        .collect()
}

fn type_in(model: &mut Model, text: &str) {
    for letter in text.chars() {
        assert_eq!(model.press(Key::Char(letter)), None);
    }
}

fn first_cells(model: &Model) -> Vec<String> {
    model.rows().into_iter().map(|row| row.cells[0].clone()).collect()
}

#[test]
fn each_view_shows_its_rows_under_its_columns() {
    let mut model = model();
    for (key, expected) in [
        ('1', "shop/till"),
        ('2', "payments/endpoint/127.0.0.1:9001"),
        ('3', "edge/quota"),
        ('4', "payments/127.0.0.1:9001"),
        ('5', "payments"),
        ('6', "incarnation 1"),
    ] {
        model.press(Key::Char(key));
        let screen = screen(&model);
        assert!(screen[2].starts_with(model.view.columns()[0]), "{screen:#?}");
        assert!(
            screen.iter().any(|line| line.contains(expected)),
            "{expected}: {screen:#?}"
        );
    }
    assert_eq!(first_cells(&model), ["2", "1"], "the newest event comes first");
}

#[test]
fn what_came_from_elsewhere_moves_no_cursor() {
    let mut text = Vec::new();
    plain::write(&mut text, &snapshot()).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(
        text.contains("panic: told [2J to") && !text.contains('\u{1b}'),
        "{text}"
    );
    assert!(
        screen(&model())
            .iter()
            .any(|line| line.contains("panic: told [2J to"))
    );
}

#[test]
fn plain_text_has_every_view_that_has_rows() {
    let mut text = Vec::new();
    let mut seen = snapshot();
    seen.pools = json!([]);
    plain::write(&mut text, &seen).unwrap();
    let text = String::from_utf8(text).unwrap();
    let heads: Vec<&str> = text.lines().filter(|line| line.starts_with("== ")).collect();
    assert_eq!(
        heads,
        [
            "== tree ==",
            "== breakers ==",
            "== chains ==",
            "== upstreams ==",
            "== events =="
        ]
    );
    assert!(
        text.contains("\npayments/endpoint/127.0.0.1:9001  open    100"),
        "{text}"
    );
}

#[test]
fn rows_are_sorted_by_what_they_are_worth_and_filtered_by_what_they_say() {
    let mut model = model();
    type_in(&mut model, "2sss");
    assert_eq!(model.sorted_by, Some(2));
    assert_eq!(
        first_cells(&model)[0],
        "web/endpoint/127.0.0.1:9101",
        "9 is less than 100"
    );
    type_in(&mut model, "r");
    assert_eq!(first_cells(&model)[0], "payments/endpoint/127.0.0.1:9001");
    type_in(&mut model, "/WEBq");
    assert_eq!(
        first_cells(&model),
        [""; 0],
        "letters are written while it is written"
    );
    model.press(Key::Backspace);
    model.press(Key::Enter);
    assert_eq!(first_cells(&model), ["web/endpoint/127.0.0.1:9101"]);
    model.press(Key::Escape);
    assert_eq!(first_cells(&model).len(), 2);
}

#[test]
fn an_order_is_given_only_where_it_is_confirmed() {
    let mut model = model();
    type_in(&mut model, "2j");
    assert_eq!(model.press(Key::Enter), None);
    model.press(Key::Down);
    assert!(screen(&model).iter().any(|line| line.contains("> close")));
    model.press(Key::Enter);
    let asked = screen(&model);
    assert!(
        asked
            .iter()
            .any(|line| line.contains("close web/endpoint/127.0.0.1:9101?")),
        "{asked:#?}"
    );
    // Enter once more is no yes.
    assert_eq!(model.press(Key::Enter), None);
    assert_eq!(model.mode, Mode::Looking);
    assert!(model.said.ends_with("was not ordered"), "{}", model.said);
    model.press(Key::Enter);
    model.press(Key::Enter);
    let order = Order::of("/api/breakers/web/endpoint/127.0.0.1:9101".into(), "forceOpen");
    assert_eq!(model.press(Key::Char('y')), Some(Wish::Order(order)));
}

#[test]
fn the_selected_row_stays_selected_when_others_come() {
    let mut model = model();
    type_in(&mut model, "2j");
    let mut more = snapshot();
    let breakers = more.breakers.as_array_mut().unwrap();
    let mut first = breakers[0].clone();
    first["id"] = json!("a/endpoint/127.0.0.1:1");
    breakers.insert(0, first);
    model.looked::<FetchError>(Ok(more));
    let rows = model.rows();
    assert_eq!(rows[model.place(&rows)].cells[0], "web/endpoint/127.0.0.1:9101");
}

#[test]
fn a_lost_admin_side_is_told_while_what_was_known_stays_and_forgotten_when_it_is_back() {
    let mut model = model();
    for tries in 1..=2 {
        model.looked(Err::<Snapshot, _>("nobody answers"));
        let why = "nobody answers".to_owned();
        assert_eq!(model.link, Link::Lost { tries, why });
    }
    let lost = screen(&model);
    assert!(
        lost[1].contains("lost for 2 tries") && lost[1].contains("nobody answers"),
        "{lost:#?}"
    );
    assert!(lost.iter().any(|line| line.contains("shop/till")));
    model.looked::<FetchError>(Ok(snapshot()));
    assert_eq!(screen(&model)[1], "127.0.0.1:9900");
}

#[test]
fn a_screen_that_is_too_small_is_no_reason_to_fall() {
    let mut model = model();
    type_in(&mut model, "1");
    model.press(Key::Enter);
    for (width, height) in [(1, 1), (10, 3), (300, 2)] {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(&model, frame)).unwrap();
    }
}

#[test]
fn an_address_is_a_url_and_what_is_wrong_says_how_to_write_it() {
    for right in [
        "http://127.0.0.1:9900",
        "http://127.0.0.1:9900/",
        "127.0.0.1:9900",
    ] {
        assert_eq!(Admin::at(right, None).unwrap().authority(), "127.0.0.1:9900");
    }
    for wrong in [
        "",
        "nonsense/x",
        "https://127.0.0.1:9900",
        "http://127.0.0.1:9900/api/tree",
    ] {
        let error = Admin::at(wrong, None).unwrap_err();
        assert!(
            error.to_string().ends_with("write it as http://127.0.0.1:9900"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn where_nobody_listens_the_error_says_what_to_do() {
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let admin = Admin::at(&format!("http://{free}"), None).unwrap();
    let error = admin.snapshot().await.unwrap_err();
    assert!(matches!(error, FetchError::Unreached { .. }));
    assert!(
        error.to_string().contains("cargo run --example gateway"),
        "{error}"
    );
}

#[test]
fn every_row_has_a_cell_for_each_column() {
    for view in View::ALL {
        for row in view.rows(&snapshot()) {
            assert_eq!(row.cells.len(), view.columns().len(), "{}", view.name());
        }
    }
}
