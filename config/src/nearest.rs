//! Finds what was probably meant.

/// Names that are this far away are still suggested; more edits than this and two names have little in common.
const MOST_EDITS: usize = 3;

/// Candidates that are looked at; keeps a hostile document from costing the square of its size.
const MOST_CANDIDATES: usize = 1_000;

/// The candidate nearest to `name` by edits (insert, remove, replace, swap neighbours; case counts for nothing), if one is near:
/// at most a third of the letters, at least one and at most three edits. The first of equals wins.
pub fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let name: Vec<char> = folded(name);
    let limit = (name.len() / 3).clamp(1, MOST_EDITS);
    candidates
        .into_iter()
        .take(MOST_CANDIDATES)
        .filter_map(|candidate| edits(&name, &folded(candidate), limit).map(|edits| (edits, candidate)))
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

fn folded(name: &str) -> Vec<char> {
    // Longer than any legal name: never near one.
    name.chars().take(128).flat_map(char::to_lowercase).collect()
}

/// The distance of optimal string alignment (Levenshtein's, where two neighbours that changed places count once),
/// by rows as Wagner and Fischer (1974), given up as soon as it must exceed `limit`.
fn edits(from: &[char], to: &[char], limit: usize) -> Option<usize> {
    if from.len().abs_diff(to.len()) > limit {
        return None;
    }
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for i in 0..from.len() {
        let mut row = vec![i + 1];
        for j in 0..to.len() {
            let replaced = last[j] + usize::from(from[i] != to[j]);
            let mut least = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && from[i] == to[j - 1] && from[i - 1] == to[j] {
                least = least.min(before_last[j - 1] + 1);
            }
            row.push(least);
        }
        // A swap reaches back two rows, so that both must have grown beyond the limit.
        if row.iter().chain(&last).all(|edits| *edits > limit) {
            return None;
        }
        before_last = last;
        last = row;
    }
    last.last().copied().filter(|edits| *edits <= limit)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearest_name_wins_and_far_names_are_not_suggested() {
        let known = ["timeout", "connectTimeout", "endpoints", "breaker"];
        assert_eq!(nearest("timout", known), Some("timeout"));
        assert_eq!(nearest("connecttimeout", known), Some("connectTimeout"));
        assert_eq!(nearest("endpoint", known), Some("endpoints"));
        assert_eq!(nearest("braeker", known), Some("breaker"));
        assert_eq!(nearest("zebra", known), None);
        assert_eq!(nearest("", known), None);
    }

    #[test]
    fn a_short_name_may_differ_by_one_letter_only() {
        assert_eq!(nearest("wab", ["web"]), Some("web"));
        assert_eq!(nearest("egde", ["edge"]), Some("edge"));
        assert_eq!(nearest("wob", ["cat"]), None);
    }
}
