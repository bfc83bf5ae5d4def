#![allow(clippy::unwrap_used)]

use std::time::Duration;

use super::*;

fn environment<'v>(variables: &'v [(&str, &str)]) -> impl Fn(&str) -> Option<String> + 'v {
    |name| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    }
}

fn settled(asked: Option<Telemetry>, variables: &[(&str, &str)]) -> Option<Told> {
    settle(asked, &environment(variables)).unwrap()
}

fn said(told: &Told) -> Vec<(&str, &str)> {
    let resource = told.settings.resource.iter();
    resource
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

#[test]
fn without_a_collector_nothing_is_exported() {
    assert_eq!(settled(None, &[]), None);
    assert_eq!(
        settled(Some(Telemetry::default()), &[("OTEL_EXPORTER_OTLP_ENDPOINT", "")]),
        None
    );
}

#[test]
fn the_environment_is_asked_where_the_file_is_silent() {
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318"),
        ("OTEL_SERVICE_NAME", "checkout"),
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            "service.name=other, stage=a%2Cb%20c,none,host.name=h%zz",
        ),
    ];
    let told = settled(None, &variables).unwrap();
    assert_eq!(told.settings.collector, "http://collector:4318");
    assert_eq!(
        said(&told),
        [
            ("service.name", "checkout"),
            ("stage", "a,b c"),
            ("host.name", "h%zz")
        ]
    );

    let asked = Telemetry {
        service: Some("till".to_owned()),
        resource: vec![("stage".to_owned(), "test".to_owned())],
        ..Telemetry::to("http://127.0.0.1:1")
    };
    let told = settled(Some(asked), &variables).unwrap();
    assert_eq!(told.settings.collector, "http://127.0.0.1:1");
    assert_eq!(
        said(&told),
        [("stage", "test"), ("service.name", "till"), ("host.name", "h%zz")]
    );
    assert_eq!(
        said(&settled(None, &variables[..1]).unwrap()),
        [("service.name", "hedgerow")]
    );
}

#[test]
fn the_environment_turns_all_of_it_off() {
    let asked = Some(Telemetry::to("http://127.0.0.1:4318"));
    assert_eq!(settled(asked, &[("OTEL_SDK_DISABLED", "TRUE")]), None);
}

#[test]
fn a_collector_that_nothing_can_be_sent_to_is_refused_with_who_named_it() {
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector:4318")];
    let error = settle(None, &environment(&variables)).unwrap_err().to_string();
    assert!(
        error.contains("OTEL_EXPORTER_OTLP_ENDPOINT") && error.contains("https://collector"),
        "{error}"
    );
    let error = settle(Some(Telemetry::to("collector")), &environment(&[])).unwrap_err();
    assert!(
        error.to_string().contains("the declared telemetry") && error.is_usage(),
        "{error}"
    );
}

#[test]
fn only_what_is_asked_for_is_exported() {
    let asked = Telemetry {
        export: vec![Signal::Logs],
        queue: 7,
        access_log: false,
        ..Telemetry::to("http://127.0.0.1:4318")
    };
    let told = settled(Some(asked), &[]).unwrap();
    assert_eq!(
        (told.settings.metrics, told.settings.logs, told.sampling),
        (None, Some(7), None)
    );

    let told = settled(Some(Telemetry::to("http://127.0.0.1:4318")), &[]).unwrap();
    let sampling = Sampling::share(0.1)
        .slow(Duration::from_secs(1))
        .most_per_thread(2_048);
    assert_eq!(
        (told.settings.metrics, told.sampling),
        (Some(Duration::from_secs(60)), Some(sampling))
    );
}
