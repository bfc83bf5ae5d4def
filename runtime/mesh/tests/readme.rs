//! What the README shows is true: its config is accepted. (Its program is a doc test of the crate.)

use hedgerow::config::{Format, Revision, Source};

#[test]
fn the_config_of_the_readme_is_accepted() {
    let readme = include_str!("../../../README.md");
    let text = readme
        .split("```yaml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    let text = text.expect("the README shows a config");
    let source = Source {
        name: "README.md",
        text,
        format: Format::Yaml,
    };
    let revision = Revision::parse(&source, &|_| None).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!((revision.listeners.len(), revision.upstreams.len()), (1, 2));
}
