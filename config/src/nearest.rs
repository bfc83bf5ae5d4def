//! Finds what was probably meant.

/// Names that are this far away are still suggested; more edits than this and two names have little in common.
const MOST_EDITS: usize = 3;

/// Candidates that are looked at; keeps a hostile document from costing the square of its size.
const MOST_CANDIDATES: usize = 1_000;

/// The candidate nearest to `name` by edits (insert, remove, replace; case counts for nothing), if one is near:
/// at most a third of the letters, at least one and at most [`MOST_EDITS`] edits. The first of equals wins.
pub(crate) fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
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

/// Levenshtein's distance by rows (Wagner and Fischer 1974), given up as soon as it must exceed `limit`.
fn edits(from: &[char], to: &[char], limit: usize) -> Option<usize> {
    if from.len().abs_diff(to.len()) > limit {
        return None;
    }
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (done, from_char) in from.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = done + 1;
        let mut least = row[0];
        for (column, to_char) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(from_char != to_char);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
            least = least.min(row[column + 1]);
        }
        if least > limit {
            return None;
        }
    }
    row.last().copied().filter(|edits| *edits <= limit)
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
        assert_eq!(nearest("zebra", known), None);
        assert_eq!(nearest("", known), None);
    }

    #[test]
    fn a_short_name_may_differ_by_one_letter_only() {
        assert_eq!(nearest("wab", ["web"]), Some("web"));
        assert_eq!(nearest("wob", ["cat"]), None);
    }
}
