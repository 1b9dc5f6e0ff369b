//! Which known word was meant?

/// The known word nearest to the one written, when it is near enough to be a slip.
pub(crate) fn nearest<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    // The distance costs the product of the lengths; a word much longer than any choice is no slip of it.
    let longest = known.iter().map(|word| word.len()).max().unwrap_or(0);
    if written.len() > longest + 4 {
        return None;
    }
    known
        .iter()
        .map(|word| (distance(written, word), *word))
        .filter(|(distance, word)| (1..=allowance(word)).contains(distance))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// The end of an error about an unknown word: empty when nothing is near.
pub(crate) fn did_you_mean(written: &str, known: &[&str]) -> String {
    nearest(written, known).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

/// One slip in a short word, two in a longer one.
fn allowance(word: &str) -> usize {
    if word.len() < 6 { 1 } else { 2 }
}

/// How many letters to insert, drop, replace or swap with a neighbour.
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    let mut rows = vec![(0..=right.len()).collect::<Vec<_>>()];
    for row in 1..=left.len() {
        let mut current = vec![row];
        for column in 1..=right.len() {
            let replaced = rows[row - 1][column - 1] + usize::from(left[row - 1] != right[column - 1]);
            let mut cheapest = replaced
                .min(rows[row - 1][column] + 1)
                .min(current[column - 1] + 1);
            if row > 1
                && column > 1
                && left[row - 1] == right[column - 2]
                && left[row - 2] == right[column - 1]
            {
                cheapest = cheapest.min(rows[row - 2][column - 2] + 1);
            }
            current.push(cheapest);
        }
        rows.push(current);
    }
    rows[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_slip_and_leaves_distant_words_alone() {
        let known = ["timeout", "attempt_timeout", "retry", "url"];
        let check = |written: &str, expected| assert_eq!(nearest(written, &known), expected, "{written}");
        check("timout", Some("timeout"));
        check("tiemout", Some("timeout"));
        check("atempt_timeuot", Some("attempt_timeout"));
        check("urls", Some("url"));
        check("retries", None);
        check("é", None);
        check("", None);
        check("timeout", None);
        check(&"x".repeat(100_000), None);
    }

    #[test]
    fn says_nothing_when_nothing_is_near() {
        assert_eq!(did_you_mean("hedge", &["url"]), "");
        assert_eq!(did_you_mean("ulr", &["url"]), "; did you mean `url`?");
    }
}
