//! The rules, and what breaks them.

use std::fmt;
use std::time::Duration;

use crate::KeyPath;

/// A rule that something well formed breaks.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Rule {
    /// A time of 0.
    #[error("expected a time longer than 0, found 0; raise it")]
    ZeroTime,
    /// A time beyond a year.
    #[error("expected at most a year (8760h), found {}; shorten it", shown(.found))]
    TooLong {
        /// The time.
        found: Duration,
    },
    /// A count of 0.
    #[error("expected at least 1, found 0")]
    ZeroCount,
    /// A count beyond what can be done.
    #[error("expected at most {most}, found {found}; lower it")]
    TooMuch {
        /// The count.
        found: u32,
        /// What is possible.
        most: u32,
    },
    /// A window of more calls than are kept.
    #[error(
        "expected at most {most} calls, found {found}; lower it, or write a time: `window: {{ time: 10s }}`"
    )]
    TooManyCalls {
        /// The count.
        found: u32,
        /// The longest window.
        most: u32,
    },
    /// More retries than are made.
    #[error("expected at most {most}, found {found}; lower it: no request is sent again more often")]
    TooManyRetries {
        /// The count.
        found: u32,
        /// The most that there can be.
        most: u32,
    },
    /// A share that must be above 0.
    #[error("expected a share above 0 and at most 1 (1 is 100 percent), found {found}")]
    Rate {
        /// The share.
        found: f64,
    },
    /// A share that may be 0.
    #[error("expected a share from 0 to 1 (1 is 100 percent), found {found}")]
    Share {
        /// The share.
        found: f64,
    },
    /// The longest time is shorter than the first.
    #[error(
        "expected `max` to be at least `initial`, found max {} and initial {}; raise `max` or lower `initial`", shown(.max), shown(.initial)
    )]
    MaxBelowInitial {
        /// The first time.
        initial: Duration,
        /// The longest.
        max: Duration,
    },
    /// A name that cannot be shown or typed well.
    #[error(
        "expected a name of 1 to 100 characters without control characters and without blanks at its ends; rename it"
    )]
    BadName,
    /// Something that must be unique is not.
    #[error("the {what} `{found}` is taken already by `{first}`; change or remove one of them")]
    Duplicate {
        /// What must be unique.
        what: &'static str,
        /// Its value.
        found: String,
        /// Where it stands for the first time.
        first: KeyPath,
    },
    /// A chain without nodes, or whose last node passes the request on to nobody.
    #[error("expected a node of kind `route` at the end of the chain (or a `reply` to everything); add one")]
    NoRoute,
    /// A route that is passed by while it is over its panic budget.
    #[error(
        "expected `failClosed`, found `failOpen`: a request that passes the route by leads nowhere; write `failClosed`, or turn the route's `panicBudget` off"
    )]
    SkippedRoute,
    /// A route without rules.
    #[error("expected at least one rule; write for example `{{ path: /, upstream: web }}`")]
    NoRules,
    /// Faults that nobody asks for and nothing says.
    #[error(
        "expected at least one fault; write for example `delay: 200ms`, or `header: x-inject` and `allow: [delay]`"
    )]
    NoFaults,
    /// Faults that cannot be made of one request.
    #[error("expected at most one delay, and either `abort` or `panic`, found more; remove one of them")]
    TooManyFaults,
    /// A path that no request can have, or that is written in two ways.
    #[error(
        "expected a path that begins with `/`, does not end with `/` (but `/` alone is everything), and has no blank, `?` or `#` in it, found `{found}`; write for example `/pay`"
    )]
    BadPath {
        /// The path.
        found: String,
    },
    /// A path that is not written as requests have it.
    #[error("no request has the path `{found}`: they have the normal form of it; write `{normal}`")]
    NotNormal {
        /// The path.
        found: String,
        /// What requests have in its place.
        normal: String,
    },
    /// A path that is refused before any rule is asked.
    #[error("expected {expected}, found `{found}`: such a request comes to no rule; remove it")]
    Ambiguous {
        /// The path.
        found: String,
        /// What it may have.
        expected: &'static str,
    },
    /// A rule of a route behind one that takes all that it matches.
    #[error(
        "no request comes to this rule: `{by}` takes all of its path; move it in front of that, or remove it"
    )]
    Shadowed {
        /// The rule that takes all.
        by: KeyPath,
    },
    /// A split of which nobody gets anything.
    #[error(
        "expected at least one weight above 0; write for example `[ {{ upstream: web, weight: 95 }}, {{ upstream: next, weight: 5 }} ]`"
    )]
    NoWeight,
    /// An upstream without endpoints.
    #[error("expected at least one endpoint; write for example `[\"127.0.0.1:9001\"]`")]
    NoEndpoints,
    /// An upstream whose endpoints are listed and discovered.
    #[error("the endpoints are discovered, and cannot be listed as well; remove `endpoints` or `discovery`")]
    ListedAndDiscovered,
    /// A floor under the time to live beyond the longest time between two look-ups.
    #[error(
        "expected at most `every` ({}), found {}; lower it or raise `every`", shown(.every), shown(.min_ttl)
    )]
    MinTtlBeyondEvery {
        /// The floor.
        min_ttl: Duration,
        /// The longest time between two look-ups.
        every: Duration,
    },
    /// A value of the right type that cannot be meant.
    #[error("expected {expected}, found `{found}`; {advice}")]
    Odd {
        /// What it may be.
        expected: &'static str,
        /// What it is.
        found: String,
        /// What to do.
        advice: &'static str,
    },
    /// A name that nothing has.
    #[error("there is no {what} `{name}`; {}", advice(.what, .nearest.as_deref()))]
    UnknownName {
        /// What should have the name: chain or upstream.
        what: &'static str,
        /// The name.
        name: String,
        /// The nearest name that exists.
        nearest: Option<String>,
    },
}

/// The time as a document writes it.
pub(super) fn shown(time: &Duration) -> String {
    if *time == Duration::MAX {
        return "more than can be counted".to_owned();
    }
    let units = [(3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    let milliseconds = time.as_millis();
    let fitting = units
        .into_iter()
        .find(|(length, _)| milliseconds.is_multiple_of(*length));
    let (length, unit) = fitting.unwrap_or((1, "ms"));
    format!("{}{unit}", milliseconds / length)
}

fn advice(what: &str, nearest: Option<&str>) -> String {
    match nearest {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("add it below `{what}s`"),
    }
}

/// A broken rule and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// The key that breaks it.
    pub key: KeyPath,
    /// The rule.
    pub rule: Rule,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.rule)
    }
}

impl std::error::Error for Violation {}
