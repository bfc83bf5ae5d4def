//! Which upstream a request is for.

use std::fmt::{self, Write as _};

use super::split::{Split, Sticky};

/// Rules that choose the upstream; the first that matches wins.
///
/// ```
/// use hedgerow_config::{Route, RouteRule};
///
/// let route = Route::new()
///     .rule("/pay", "payments")
///     .with(RouteRule::split("/", [("web", 95), ("web-next", 5)]).method("GET"))
///     .rule("/", "web");
/// assert_eq!(route.rules.len(), 3);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Route {
    /// The rules, in order.
    pub rules: Vec<RouteRule>,
}

/// One rule of a route. It matches a request that is as it says in everything that it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteRule {
    /// The path, in the [normal form](crate::normal_path) that requests have (`path`, `exact`).
    pub path: String,
    /// What it matches beside that path itself. Default: everything below it.
    pub reach: Reach,
    /// The methods, in capitals (`methods`). Default: any.
    pub methods: Vec<String>,
    /// Names of headers, and what each of them must be (`headers`). Of one that comes more than once the first counts.
    /// Default: any.
    pub headers: Vec<(String, HeaderMatch)>,
    /// The host that is asked, in any case of letters and without its port; `*.shop.example` is any below that one (`host`).
    /// Default: any.
    pub host: Option<String>,
    /// Where it leads.
    pub to: Destination,
}

/// What a rule matches beside its path itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Reach {
    /// Everything below it, by whole segments: `/pay` matches `/pay` and `/pay/1`, not `/payload` (`path`).
    #[default]
    Below,
    /// Nothing (`exact`).
    Exact,
}

/// What a header must be.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum HeaderMatch {
    /// There (`present`).
    Present,
    /// There, with exactly this value.
    Is(String),
}

/// Where a rule leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// To the upstream with this name (`upstream`).
    Upstream(String),
    /// To one of several (`split`).
    Split(Split),
}

impl Route {
    /// One without rules yet; it needs at least one.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, and what is at or below this path goes to the upstream with this name, where no rule before says otherwise.
    #[must_use]
    pub fn rule(self, path: impl Into<String>, upstream: impl Into<String>) -> Self {
        self.with(RouteRule::new(path, upstream))
    }

    /// The same, with one more rule behind the others.
    #[must_use]
    pub fn with(mut self, rule: RouteRule) -> Self {
        self.rules.push(rule);
        self
    }

    /// All places that it leads to, in order: of each rule, those of its [`upstreams`](RouteRule::upstreams). Their order is
    /// what leads are numbered by.
    pub fn leads(&self) -> impl Iterator<Item = (&RouteRule, &str)> {
        let of_rule = |rule| RouteRule::upstreams(rule).map(move |upstream| (rule, upstream));
        self.rules.iter().flat_map(of_rule)
    }
}

impl RouteRule {
    /// What is at or below this path goes to the upstream with this name.
    pub fn new(path: impl Into<String>, upstream: impl Into<String>) -> Self {
        Self::to(path, Destination::Upstream(upstream.into()))
    }

    /// What is at or below this path goes to these upstreams, as often as their weights say.
    pub fn split<N: Into<String>>(
        path: impl Into<String>,
        targets: impl IntoIterator<Item = (N, u32)>,
    ) -> Self {
        Self::to(path, Destination::Split(Split::new(targets)))
    }

    /// What is at or below this path goes there.
    pub(crate) fn to(path: impl Into<String>, to: Destination) -> Self {
        Self {
            path: path.into(),
            reach: Reach::default(),
            methods: Vec::new(),
            headers: Vec::new(),
            host: None,
            to,
        }
    }

    /// The same, for its path alone and nothing below it.
    #[must_use]
    pub fn exact(mut self) -> Self {
        self.reach = Reach::Exact;
        self
    }

    /// The same, for this method, beside those that it is for already.
    #[must_use]
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.methods.push(method.into());
        self
    }

    /// The same, for requests with this header alone.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, is: HeaderMatch) -> Self {
        self.headers.push((name.into(), is));
        self
    }

    /// The same, for requests to this host alone; `*.shop.example` is any below that one.
    #[must_use]
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// The same, with what requests of one kind go to the same upstream of its split by. Without a split it means nothing.
    #[must_use]
    pub fn sticky(mut self, sticky: Sticky) -> Self {
        if let Destination::Split(split) = &mut self.to {
            split.sticky = Some(sticky);
        }
        self
    }

    /// The names of the upstreams that it leads to, in order.
    pub fn upstreams(&self) -> impl Iterator<Item = &str> {
        let (one, several) = match &self.to {
            Destination::Upstream(name) => (Some(name), &[][..]),
            Destination::Split(split) => (None, split.targets.as_slice()),
        };
        let several = several.iter().map(|target| &target.upstream);
        one.into_iter().chain(several).map(String::as_str)
    }

    /// Whether it asks nothing of a request but its path.
    pub(crate) fn asks_for_a_path_alone(&self) -> bool {
        self.methods.is_empty() && self.headers.is_empty() && self.host.is_none()
    }
}

/// What it matches, as breakers for each route are called by it: the path, and in front of it what else is asked for, as in
/// `GET,HEAD shop.example=/pay x-beta=1`. An exact path has a `=` in front.
impl fmt::Display for RouteRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            reach,
            methods,
            headers,
            host,
            to: _,
        } = self;
        if !methods.is_empty() {
            write!(f, "{} ", methods.join(","))?;
        }
        f.write_str(host.as_deref().unwrap_or_default())?;
        if *reach == Reach::Exact {
            f.write_char('=')?;
        }
        f.write_str(path)?;
        for (name, is) in headers {
            match is {
                HeaderMatch::Present => write!(f, " {name}")?,
                HeaderMatch::Is(value) => write!(f, " {name}={value}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leads_come_in_the_order_of_rules_and_of_the_targets_within() {
        let route = Route::new()
            .rule("/a", "one")
            .with(RouteRule::split("/b", [("two", 1), ("three", 0)]))
            .rule("/", "one");
        let leads: Vec<_> = route
            .leads()
            .map(|(rule, name)| (rule.path.as_str(), name))
            .collect();
        assert_eq!(
            leads,
            [("/a", "one"), ("/b", "two"), ("/b", "three"), ("/", "one")]
        );
    }

    #[test]
    fn a_rule_is_called_by_all_that_it_asks_for() {
        let rule = RouteRule::new("/pay", "web");
        assert_eq!(rule.to_string(), "/pay");
        let rule = rule
            .exact()
            .method("GET")
            .method("HEAD")
            .host("shop.example")
            .header("x-a", HeaderMatch::Present)
            .header("x-b", HeaderMatch::Is("1".to_owned()));
        assert_eq!(rule.to_string(), "GET,HEAD shop.example=/pay x-a x-b=1");
    }
}
