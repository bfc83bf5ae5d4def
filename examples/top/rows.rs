//! From what the admin side shows to rows, pure.

use serde_json::{Value, json};

use crate::fetch::{Order, Snapshot};

/// What can be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    Tree,
    Breakers,
    Chains,
    Upstreams,
    Pools,
    Events,
}

/// One line, and what can be ordered of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) cells: Vec<String>,
    pub(crate) mood: Mood,
    pub(crate) orders: Vec<(String, Order)>,
}

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Well,
    Odd,
    Bad,
}

impl View {
    /// All of them, in the order of their keys.
    pub(crate) const ALL: [Self; 6] = [
        Self::Tree,
        Self::Breakers,
        Self::Chains,
        Self::Upstreams,
        Self::Pools,
        Self::Events,
    ];

    /// As it is written.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tree => "tree",
            Self::Breakers => "breakers",
            Self::Chains => "chains",
            Self::Upstreams => "upstreams",
            Self::Pools => "pools",
            Self::Events => "events",
        }
    }

    /// The names of its columns. The first one tells rows apart.
    pub(crate) fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Tree => &[
                "path",
                "kind",
                "state",
                "restarts",
                "mailbox",
                "msg/s",
                "last exit",
            ],
            Self::Breakers => &[
                "id",
                "state",
                "calls",
                "failures",
                "rate",
                "half-open at",
                "last move",
            ],
            Self::Chains => &[
                "node", "kind", "state", "calls", "refused", "errors", "panics", "p50 us", "p99 us",
            ],
            Self::Upstreams => &[
                "endpoint",
                "state",
                "left out",
                "in flight",
                "ewma ms",
                "ok",
                "failed",
                "idle",
            ],
            Self::Pools => &[
                "pool", "leases", "most", "waiting", "p95 ms", "errors", "broken", "overdue",
            ],
            Self::Events => &["seq", "at", "kind", "path", "cause"],
        }
    }

    /// Its rows, in the order of the API; events the newest first.
    pub(crate) fn rows(self, snapshot: &Snapshot) -> Vec<Row> {
        match self {
            Self::Tree => {
                let mut rows = Vec::new();
                actors(&snapshot.tree, &mut rows);
                rows
            }
            Self::Breakers => each(&snapshot.breakers).map(breaker).collect(),
            Self::Chains => each(&snapshot.chains).flat_map(nodes).collect(),
            Self::Upstreams => each(&snapshot.upstreams).flat_map(endpoints).collect(),
            Self::Pools => each(&snapshot.pools).map(pool).collect(),
            Self::Events => each(&snapshot.events).rev().map(event).collect(),
        }
    }
}

fn each(list: &Value) -> std::slice::Iter<'_, Value> {
    list.as_array().map(Vec::as_slice).unwrap_or_default().iter()
}

/// A value in a cell; what is not there is a dash.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_f64() {
            Some(fraction) if number.is_f64() => format!("{fraction:.1}"),
            _ => number.to_string(),
        },
        Value::Array(items) if items.is_empty() => "-".to_owned(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

fn percent(value: &Value) -> String {
    value
        .as_f64()
        .map_or_else(|| "-".to_owned(), |share| format!("{:.1}%", share * 100.0))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn actors(actor: &Value, rows: &mut Vec<Row>) {
    if actor.is_null() {
        return;
    }
    let (path, mailbox) = (text(&actor["path"]), &actor["mailbox"]);
    let exit = &actor["lastExit"];
    let last = match (exit["reason"].as_str(), exit["message"].as_str()) {
        (Some(reason), Some(message)) => format!("{reason}: {message}"),
        (Some(reason), None) => reason.to_owned(),
        (None, _) => "-".to_owned(),
    };
    let actions = each(&actor["actions"]).filter_map(Value::as_str);
    rows.push(Row {
        cells: vec![
            path.to_owned(),
            cell(&actor["kind"]),
            cell(&actor["state"]),
            cell(&actor["restarts"]),
            format!("{}/{}", cell(&mailbox["depth"]), cell(&mailbox["capacity"])),
            cell(&mailbox["ratePerS"]),
            last,
        ],
        mood: match text(&actor["state"]) {
            "running" if actor["blocked"].is_null() => Mood::Well,
            "failed" => Mood::Bad,
            _ => Mood::Odd,
        },
        orders: actions
            .map(|action| {
                (
                    action.to_owned(),
                    Order::of(format!("/api/actors/{path}"), action),
                )
            })
            .collect(),
    });
    for child in each(&actor["children"]) {
        actors(child, rows);
    }
}

fn breaker(breaker: &Value) -> Row {
    let (id, window) = (text(&breaker["id"]), &breaker["window"]);
    let orders = ["forceOpen", "close", "disable", "metricsOnly", "release"];
    Row {
        cells: vec![
            id.to_owned(),
            cell(&breaker["state"]),
            cell(&window["calls"]),
            cell(&window["failures"]),
            percent(&window["failureRate"]),
            cell(&breaker["halfOpenAt"]),
            cell(&breaker["lastTransition"]["cause"]),
        ],
        mood: mood_of_gate(&breaker["state"]),
        orders: orders
            .map(|action| {
                (
                    action.to_owned(),
                    Order::of(format!("/api/breakers/{id}"), action),
                )
            })
            .into(),
    }
}

fn mood_of_gate(state: &Value) -> Mood {
    match text(state) {
        "closed" => Mood::Well,
        "open" | "forcedOpen" => Mood::Bad,
        _ => Mood::Odd,
    }
}

fn nodes(chain: &Value) -> impl Iterator<Item = Row> {
    each(&chain["nodes"]).map(move |node| {
        let (id, name) = (text(&chain["id"]), text(&node["name"]));
        let micros = |nanos: &Value| {
            nanos
                .as_f64()
                .map_or_else(|| "-".into(), |ns| format!("{:.1}", ns / 1e3))
        };
        let order = |action: &str| Order {
            target: format!("/api/chains/{id}"),
            body: json!({ "action": action, "name": name }),
        };
        Row {
            cells: vec![
                format!("{id}/{name}"),
                cell(&node["kind"]),
                format!("{} {}", text(&node["state"]), text(&node["standing"])),
                cell(&node["calls"]),
                cell(&node["refused"]),
                cell(&node["errors"]),
                cell(&node["panics"]),
                micros(&node["p50Ns"]),
                micros(&node["p99Ns"]),
            ],
            mood: match (text(&node["state"]), text(&node["standing"])) {
                ("enabled", "served") => Mood::Well,
                ("enabled", _) => Mood::Bad,
                _ => Mood::Odd,
            },
            orders: ["enable", "disable", "remove"]
                .map(|action| (action.to_owned(), order(action)))
                .into(),
        }
    })
}

fn endpoints(upstream: &Value) -> impl Iterator<Item = Row> {
    each(&upstream["endpoints"]).map(move |endpoint| {
        let is_left_out = each(&endpoint["excluded"]).len() > 0;
        let gate = mood_of_gate(&endpoint["state"]);
        Row {
            cells: vec![
                format!("{}/{}", text(&upstream["id"]), text(&endpoint["addr"])),
                cell(&endpoint["state"]),
                cell(&endpoint["excluded"]),
                cell(&endpoint["inFlight"]),
                cell(&endpoint["ewmaMs"]),
                cell(&endpoint["successes"]),
                cell(&endpoint["failures"]),
                cell(&endpoint["idle"]),
            ],
            mood: if gate == Mood::Well && is_left_out {
                Mood::Odd
            } else {
                gate
            },
            orders: Vec::new(),
        }
    })
}

fn pool(pool: &Value) -> Row {
    let measured = &pool["measured"];
    let is_broken = each(&pool["broken"]).len() > 0 || pool["overdue"].as_u64() > Some(0);
    Row {
        cells: vec![
            cell(&pool["id"]),
            cell(&pool["leases"]),
            cell(&pool["maxLeases"]),
            cell(&pool["waiting"]),
            cell(&measured["p95LatencyMs"]),
            percent(&measured["errorRate"]),
            cell(&pool["broken"]),
            cell(&pool["overdue"]),
        ],
        mood: if is_broken { Mood::Bad } else { Mood::Well },
        orders: Vec::new(),
    }
}

fn event(event: &Value) -> Row {
    Row {
        cells: ["seq", "at", "kind", "path", "cause"]
            .map(|key| cell(&event[key]))
            .into(),
        mood: match text(&event["kind"]) {
            kind if kind.contains("Failed") || kind.contains("Exited") => Mood::Odd,
            _ => Mood::Well,
        },
        orders: Vec::new(),
    }
}
