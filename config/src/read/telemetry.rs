//! What is told to a collector.

use super::{Field, Section, keys};
use crate::error::Problems;
use crate::{Signal, Telemetry};

const EXAMPLE: &str = "{ otlp: \"http://127.0.0.1:4318\", sample: 0.1 }";

/// What the section says, the defaults for the rest.
pub(super) fn telemetry(field: &Field<'_>, problems: &mut Problems) -> Telemetry {
    let mut telemetry = Telemetry::default();
    let Some(section) = Section::open(field, &keys::TELEMETRY, EXAMPLE, problems) else {
        return telemetry;
    };
    let mut text = |key, expected, example| section.field(key)?.text(expected, example, problems);
    let otlp = text("otlp", "the address of a collector", "\"http://127.0.0.1:4318\"");
    let service = text("service", "the name of the program", "checkout");
    telemetry.otlp = otlp.map(str::to_owned);
    telemetry.service = service.map(str::to_owned);
    if let Some(share) = section.share("sample", problems) {
        telemetry.sample = share;
    }
    if let Some(slow) = section.time_or_off("slow", problems) {
        telemetry.slow = slow.on();
    }
    if let Some(flag) = section.field("accessLog").and_then(|field| field.flag(problems)) {
        telemetry.access_log = flag;
    }
    if let Some(field) = section.field("resource") {
        telemetry.resource = resource(&field, problems);
    }
    if let Some(field) = section.field("export") {
        let advice = "write for example `[ metrics, traces ]`";
        let items = field.items("a list of what is exported", advice, problems);
        let names = items.iter().flatten();
        let signals = names.filter_map(|item| item.choice("export", &keys::SIGNALS, problems));
        let all = Signal::ALL.into_iter().zip(Signal::NAMES);
        telemetry.export = signals
            .filter_map(|name| all.clone().find(|(_, known)| *known == name))
            .map(|(signal, _)| signal)
            .collect();
    }
    if let Some(queue) = section.count("queue", problems) {
        telemetry.queue = queue;
    }
    let times = [
        ("metricsEvery", &mut telemetry.metrics_every),
        ("exportTimeout", &mut telemetry.export_timeout),
        ("flushTime", &mut telemetry.flush_time),
    ];
    for (key, time) in times {
        if let Some(read) = section.time(key, problems) {
            *time = read;
        }
    }
    telemetry
}

fn resource(field: &Field<'_>, problems: &mut Problems) -> Vec<(String, String)> {
    let advice = "write for example `{ deployment.environment.name: production }`";
    let named = field.named("a map of attributes to their values", advice, problems);
    let named = named.into_iter().flatten();
    let read = named.map(|(name, field)| {
        let value = field.text("the value of an attribute", "production", problems);
        (name.to_owned(), value.unwrap_or_default().to_owned())
    });
    read.collect()
}
