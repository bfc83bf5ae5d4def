//! Which rules can match a path, of many.

use std::collections::HashMap;

use super::rule::{PathRule, Rule};

/// So many rules are tried one after the other: to look one up by its path costs as much as to try some.
const FEW: usize = 12;

/// The rules by the first segment of their paths; both lists ascend.
pub(super) enum Index {
    /// They are few.
    Each,
    /// Rules for paths with a first segment, and those for all paths.
    BySegment {
        own: HashMap<Box<str>, Box<[usize]>>,
        all: Box<[usize]>,
    },
}

impl Index {
    pub(super) fn of(rules: &[Rule]) -> Self {
        if rules.len() <= FEW {
            return Self::Each;
        }
        Self::by_segment(rules)
    }

    fn by_segment(rules: &[Rule]) -> Self {
        let mut own: HashMap<Box<str>, Vec<usize>> = HashMap::new();
        let mut all = Vec::new();
        for (number, rule) in rules.iter().enumerate() {
            match &rule.path {
                PathRule::Below(path) if path.is_empty() => all.push(number),
                PathRule::Below(path) | PathRule::Exact(path) => {
                    let numbers = own.entry(first_segment(path).into()).or_default();
                    numbers.push(number);
                }
            }
        }
        Self::BySegment {
            own: own
                .into_iter()
                .map(|(segment, numbers)| (segment, numbers.into()))
                .collect(),
            all: all.into(),
        }
    }

    /// The first rule for this path that matches.
    pub(super) fn first<'r>(
        &self,
        rules: &'r [Rule],
        path: &str,
        matches: impl Fn(&Rule) -> bool,
    ) -> Option<&'r Rule> {
        let Self::BySegment { own, all } = self else {
            return rules.iter().find(|rule| matches(rule));
        };
        let mut own = own.get(first_segment(path)).map_or(&[][..], |numbers| numbers);
        let mut all = &all[..];
        loop {
            let next = match (own, all) {
                ([first, rest @ ..], [other, ..]) if first < other => {
                    own = rest;
                    first
                }
                (_, [first, rest @ ..]) => {
                    all = rest;
                    first
                }
                ([first, rest @ ..], []) => {
                    own = rest;
                    first
                }
                ([], []) => return None,
            };
            let rule = &rules[*next];
            if matches(rule) {
                return Some(rule);
            }
        }
    }
}

/// What stands between the first slash of a path and the next.
fn first_segment(path: &str) -> &str {
    let below = path.strip_prefix('/').unwrap_or(path);
    below.split('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use hedgerow_config::RouteRule;
    use proptest::prelude::*;

    use super::*;

    struct Get<'a>(&'a str, &'static str);

    impl crate::chain::RequestHead for Get<'_> {
        fn method(&self) -> &str {
            self.1
        }

        fn path(&self) -> &str {
            self.0
        }
    }

    /// A path of few different segments, so that many are equal.
    fn path() -> impl Strategy<Value = String> {
        prop::collection::vec("[ab]{0,2}", 0..4).prop_map(|segments| format!("/{}", segments.join("/")))
    }

    fn rule() -> impl Strategy<Value = RouteRule> {
        (path(), any::<bool>(), any::<bool>()).prop_map(|(path, exact, post)| {
            let rule = RouteRule::new(path, "web");
            let rule = if exact { rule.exact() } else { rule };
            if post { rule.method("POST") } else { rule }
        })
    }

    proptest! {
        #[test]
        fn the_index_finds_the_rule_that_trying_each_in_order_does(
            rules in prop::collection::vec(rule(), 0..40),
            path in path(),
            post in any::<bool>(),
        ) {
            let rules: Vec<Rule> = rules.iter().zip(0..).map(|(rule, lead)| Rule::new(rule, lead)).collect();
            let head = Get(&path, if post { "POST" } else { "GET" });
            let first = |index: &Index| {
                let found = index.first(&rules, &path, |rule| rule.matches(&path, None, &head));
                found.map(|rule| rule.lead(&head))
            };
            prop_assert_eq!(first(&Index::by_segment(&rules)), first(&Index::Each));
        }
    }
}
