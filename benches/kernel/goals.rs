//! What the kernel is meant to reach, said beside what it does.

/// Prints whether `value` is at most `bound`. A goal that is missed ends nothing: times decide no test.
pub(crate) fn at_most(what: &str, value: f64, bound: f64) {
    let verdict = if value <= bound { "reached" } else { "MISSED" };
    println!("goal: {what} at most {bound}; here {value:.2}: {verdict}");
}

/// Prints whether `value` is under each of `others`.
pub(crate) fn under<'a>(what: &str, value: f64, others: impl IntoIterator<Item = (&'a str, f64)>) {
    for (name, other) in others {
        let verdict = if value < other { "reached" } else { "MISSED" };
        println!("goal: {what} under {name}; here {value:.2} to {other:.2}: {verdict}");
    }
}
