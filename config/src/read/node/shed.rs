//! `kind: shed`.

use super::super::{Field, Keys, Section};
use crate::error::Problems;
use crate::{Believe, Shed};

const KEYS: Keys = Keys::of(&[
    "name",
    "kind",
    "panicBudget",
    "priority",
    "levels",
    "default",
    "believe",
    "when",
]);

const WHEN: Keys = Keys::of(&["inFlight", "from", "fromPct", "latency", "latencyMs"]);

const BELIEVE: Keys = Keys::of(&["trustedHops", "everyone"]);

pub(super) fn read(section: &Section<'_>, problems: &mut Problems) -> Shed {
    section.check_keys(&KEYS, problems);
    let mut shed = Shed::new();
    shed.header = section
        .field("priority")
        .and_then(|field| field.header_name("header:x-priority", problems));
    if let Some(field) = section.field("levels") {
        match levels(&field, problems) {
            Some(levels) => shed.levels = levels,
            // Which of them is the default cannot be said.
            None => problems.hide(&section.path().key("default")),
        }
    }
    shed.default = section
        .field("default")
        .and_then(|field| field.text("the name of a level", "critical", problems))
        .map(str::to_owned);
    if section.choice("believe", &BELIEVE, problems) == Some("everyone") {
        shed.believe = Believe::Everyone;
    }
    let example = "when: { inFlight: 200, latency: 500ms }";
    match section.require("when", example, problems) {
        Some(field) => when(&field, &mut shed, problems),
        None => problems.hide(&section.path().key("when")),
    }
    shed
}

fn levels(field: &Field<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    let example = "write for example `[ critical, normal, bulk ]`";
    let items = field.items("a list of levels, the most important first", example, problems)?;
    let level = |item: &Field<'_>| {
        item.text("the name of a level", "critical", problems)
            .map(str::to_owned)
    };
    items.iter().map(level).collect()
}

fn when(field: &Field<'_>, shed: &mut Shed, problems: &mut Problems) {
    let Some(section) = Section::open(field, &WHEN, "{ inFlight: 200, latency: 500ms }", problems) else {
        problems.hide(&field.path);
        return;
    };
    shed.in_flight = section.count("inFlight", problems);
    if let Some(from) = section.share("from", problems) {
        shed.from = from;
    }
    shed.latency = section.time("latency", problems);
    let is_said = ["inFlight", "latency", "latencyMs"].map(|key| section.field(key).is_some());
    if is_said.contains(&true) && shed.in_flight.is_none() && shed.latency.is_none() {
        // What it says could not be read, and has been reported.
        problems.hide(&field.path);
    }
}
