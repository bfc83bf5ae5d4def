//! Values without parts. Each reader answers `None` when there is nothing to use, having reported why.

use std::time::Duration;

use super::section::Either;
use super::{Field, Keys, Section};
use crate::document::Kind;
use crate::duration::duration;
use crate::error::Problems;
use crate::nearest::nearest;

/// A rule that may be turned off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Setting<T> {
    Off,
    On(T),
}

impl<T> Setting<T> {
    pub(super) fn on(self) -> Option<T> {
        match self {
            Self::Off => None,
            Self::On(value) => Some(value),
        }
    }
}

impl<'t> Section<'t> {
    /// `key` as a time, or `keyMs` as a number of milliseconds.
    pub(super) fn time(&self, key: &str, problems: &mut Problems) -> Option<Duration> {
        match self.either(key, "Ms", problems)? {
            Either::Plain(field) => field.time(problems),
            Either::WithUnit(field) => field.milliseconds(problems),
        }
    }

    /// As [`time`](Self::time), with `off`.
    pub(super) fn time_or_off(&self, key: &str, problems: &mut Problems) -> Option<Setting<Duration>> {
        match self.either(key, "Ms", problems)? {
            Either::Plain(field) | Either::WithUnit(field) if field.is_off() => Some(Setting::Off),
            Either::Plain(field) => field.time(problems).map(Setting::On),
            Either::WithUnit(field) => field.milliseconds(problems).map(Setting::On),
        }
    }

    /// `key` as a share, or `keyPct` as a number of percent.
    pub(super) fn share(&self, key: &str, problems: &mut Problems) -> Option<f64> {
        match self.either(key, "Pct", problems)? {
            Either::Plain(field) => field.share(problems),
            Either::WithUnit(field) => field.percent(problems),
        }
    }

    /// As [`share`](Self::share), with `off`.
    pub(super) fn share_or_off(&self, key: &str, problems: &mut Problems) -> Option<Setting<f64>> {
        match self.either(key, "Pct", problems)? {
            Either::Plain(field) | Either::WithUnit(field) if field.is_off() => Some(Setting::Off),
            Either::Plain(field) => field.share(problems).map(Setting::On),
            Either::WithUnit(field) => field.percent(problems).map(Setting::On),
        }
    }

    /// As [`count`](Self::count), with `off`.
    pub(super) fn count_or_off(&self, key: &str, problems: &mut Problems) -> Option<Setting<u32>> {
        let field = self.field(key)?;
        if field.is_off() {
            Some(Setting::Off)
        } else {
            field.count(problems).map(Setting::On)
        }
    }

    /// `key` as a count.
    pub(super) fn count(&self, key: &str, problems: &mut Problems) -> Option<u32> {
        self.field(key)?.count(problems)
    }

    /// `key` as one of a few words; says whether the word is one that this version acts on.
    pub(super) fn choice(&self, key: &str, words: &Keys, problems: &mut Problems) -> Option<&'t str> {
        self.field(key)?.choice(key, words, problems)
    }
}

impl<'t> Field<'t> {
    /// A text. What looks like a number or a truth value must stand in quotes or come from a variable.
    pub(super) fn text(&self, expected: &str, example: &str, problems: &mut Problems) -> Option<&'t str> {
        match self.scalar() {
            Some(scalar)
                if scalar.kind == Kind::Text || (scalar.substituted && scalar.kind != Kind::Nothing) =>
            {
                Some(&scalar.text)
            }
            Some(scalar) if matches!(scalar.kind, Kind::Number | Kind::Bool) => {
                self.unexpected(
                    expected,
                    format!("if it is meant, write it in quotes: \"{}\"", scalar.text),
                    problems,
                );
                None
            }
            _ => {
                self.unexpected(expected, format!("write for example `{example}`"), problems);
                None
            }
        }
    }

    /// The name of a header behind `header:`, in lower case.
    pub(super) fn header_name(&self, example: &str, problems: &mut Problems) -> Option<String> {
        let name = self
            .scalar()
            .and_then(|scalar| scalar.text.strip_prefix("header:"))
            .filter(|name| crate::header::is_name(name));
        if name.is_none() {
            let expected = "`header:` and the name of a header";
            self.unexpected(expected, format!("write for example `\"{example}\"`"), problems);
        }
        name.map(str::to_ascii_lowercase)
    }

    /// Texts, in order. The example stands in for what cannot be read.
    pub(super) fn texts(
        &self,
        expected: &str,
        expected_each: &str,
        example: &str,
        problems: &mut Problems,
    ) -> Vec<String> {
        let items = self.items(expected, &format!("write for example `[ {example} ]`"), problems);
        let Some(items) = items else {
            return vec![example.to_owned()];
        };
        let texts = items
            .iter()
            .map(|item| item.text(expected_each, example, problems).unwrap_or(example));
        texts.map(str::to_owned).collect()
    }

    /// Headers and their values, in order. Whether they can be such is for the rules to say. Something stands in for what
    /// cannot be read.
    pub(super) fn headers(&self, problems: &mut Problems) -> Vec<(String, String)> {
        let example = "write for example `{ x-served-by: edge }`";
        let named = self.named("a map of headers to their values", example, problems);
        let Some(named) = named else {
            return vec![("x-served-by".to_owned(), String::new())];
        };
        let mut headers = Vec::new();
        for (name, field) in named {
            let value = field.text("the value of a header", "edge", problems);
            headers.push((name.to_owned(), value.unwrap_or_default().to_owned()));
        }
        headers
    }

    /// A whole number with its unit.
    pub(super) fn time(&self, problems: &mut Problems) -> Option<Duration> {
        let expected = "a duration";
        let Some(scalar) = self.scalar() else {
            self.unexpected(
                expected,
                "write for example `250ms`, `2s`, `1m` or `1h`",
                problems,
            );
            return None;
        };
        if self.is_off() {
            self.unexpected(
                expected,
                "it cannot be turned off; leave it out for its default",
                problems,
            );
            return None;
        }
        if scalar.kind == Kind::Number {
            let advice = format!("write the unit, as in `{}ms` or `{}s`", scalar.text, scalar.text);
            self.unexpected(expected, advice, problems);
            return None;
        }
        let time = duration(&scalar.text);
        if time.is_none() {
            self.unexpected(
                expected,
                "write a whole number and its unit: `250ms`, `2s`, `1m` or `1h`",
                problems,
            );
        }
        time
    }

    fn milliseconds(&self, problems: &mut Problems) -> Option<Duration> {
        let number = self.number().and_then(|text| text.parse().ok());
        if number.is_none() {
            self.unexpected(
                "a whole number of milliseconds",
                "write for example `250`",
                problems,
            );
        }
        number.map(Duration::from_millis)
    }

    fn share(&self, problems: &mut Problems) -> Option<f64> {
        let number = self.number().and_then(|text| text.parse().ok());
        if number.is_none() {
            self.unexpected(
                "a number from 0 to 1",
                "write for example `0.5`; percent has a key of its own that ends in `Pct`",
                problems,
            );
        }
        number
    }

    fn percent(&self, problems: &mut Problems) -> Option<f64> {
        let number: Option<f64> = self.number().and_then(|text| text.parse().ok());
        if number.is_none() {
            self.unexpected("a number of percent", "write for example `50`", problems);
        }
        number.map(|percent| percent / 100.0)
    }

    pub(super) fn count(&self, problems: &mut Problems) -> Option<u32> {
        let number = self.number().and_then(|text| text.parse().ok());
        if number.is_none() {
            let advice = if self.is_off() {
                "it cannot be turned off; leave it out for its default"
            } else {
                "write for example `20`"
            };
            self.unexpected("a whole number from 1 to 4294967295", advice, problems);
        }
        number
    }

    /// A count that may be 0.
    pub(super) fn count_from_zero(&self, problems: &mut Problems) -> Option<u32> {
        let number = self.number().and_then(|text| text.parse().ok());
        if number.is_none() {
            let advice = "write for example `1`, or `0` for never";
            self.unexpected("a whole number from 0 on", advice, problems);
        }
        number
    }

    /// A number that need not be whole.
    pub(super) fn decimal(&self, expected: &str, example: &str, problems: &mut Problems) -> Option<f64> {
        let number = self.number().and_then(|text| text.parse().ok());
        if number.is_none() {
            self.unexpected(expected, format!("write for example `{example}`"), problems);
        }
        number
    }

    /// Yes or no.
    pub(super) fn flag(&self, problems: &mut Problems) -> Option<bool> {
        let flag = self
            .scalar()
            .filter(|scalar| scalar.kind == Kind::Bool)
            .and_then(|scalar| scalar.text.to_ascii_lowercase().parse().ok());
        if flag.is_none() {
            self.unexpected("`true` or `false`", "write for example `true`", problems);
        }
        flag
    }

    /// The text of a number.
    fn number(&self) -> Option<&'t str> {
        let scalar = self.scalar()?;
        (scalar.kind == Kind::Number).then_some(scalar.text.as_str())
    }

    /// One of a few words; a planned word is reported as one that this version does not act on.
    pub(super) fn choice(&self, key: &str, words: &Keys, problems: &mut Problems) -> Option<&'t str> {
        let known = words.built().collect::<Vec<_>>().join(", ");
        let text = self.scalar().map_or("", |scalar| scalar.text.as_str());
        if let Some(built) = words.built().find(|word| *word == text) {
            return Some(built);
        }
        if words.planned().any(|word| word == text) {
            self.not_built(format!("{key}: {text}"), format!("use {known}"), problems);
            return None;
        }
        let advice = match nearest(text, words.built().chain(words.planned())) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("write `{}`", words.first()),
        };
        self.unexpected(format!("one of: {known}"), advice, problems);
        None
    }
}
