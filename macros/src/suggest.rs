//! Which known word was meant?

use crate::symbol::Symbol;

/// The known word nearest to the one written, when it is near enough to be a slip.
pub(crate) fn nearest(written: &str, known: &[Symbol]) -> Option<Symbol> {
    known
        .iter()
        .copied()
        .filter(|symbol| is_near(written, symbol.0))
        .min_by_key(|symbol| distance(written, symbol.0))
}

/// Whether one word is a slip of the other.
pub(crate) fn is_near(written: &str, known: &str) -> bool {
    let distance = distance(written, known);
    distance > 0 && distance <= allowance(written, known)
}

/// What an error says is allowed: ``expected one of `a`, `b` ``.
pub(crate) fn expected(known: &[Symbol]) -> String {
    let words: Vec<_> = known.iter().map(|symbol| format!("`{symbol}`")).collect();
    one_of(&words)
}

/// As [`expected`], for words that depend on the user.
pub(crate) fn one_of(words: &[String]) -> String {
    match words {
        [only] => format!("expected {only}"),
        several => format!("expected one of {}", several.join(", ")),
    }
}

/// The help line that follows an error about an unknown word, empty when nothing is near.
pub(crate) fn help(kind: &str, written: &str, known: &[Symbol]) -> String {
    let begins_alike = || {
        known
            .iter()
            .copied()
            .find(|symbol| begins_alike(written, symbol.0))
    };
    match nearest(written, known).or_else(begins_alike) {
        Some(near) => format!("\nhelp: {kind} with a similar name exists: `{near}`"),
        None => String::new(),
    }
}

/// Whether the words share all of the shorter one but its last letter, and four letters at least: `retries`, `retry`.
fn begins_alike(written: &str, known: &str) -> bool {
    let pairs = written.chars().zip(known.chars());
    let shared = pairs.take_while(|(left, right)| left == right).count();
    let shorter = written.chars().count().min(known.chars().count());
    written != known && shared >= 4 && shared + 1 >= shorter
}

/// One slip in a short word, two in a longer one.
fn allowance(written: &str, known: &str) -> usize {
    if written.chars().count().min(known.chars().count()) < 6 {
        1
    } else {
        2
    }
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
            let dropped = rows[row - 1][column] + 1;
            let inserted = current[column - 1] + 1;
            let mut cheapest = replaced.min(dropped).min(inserted);
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
    use super::{distance, help, nearest};
    use crate::symbol::{IN_SERVICE, ON_METHODS};

    #[test]
    fn counts_one_for_a_swap_of_neighbours() {
        assert_eq!(distance("tiemout", "timeout"), 1);
        assert_eq!(distance("", "get"), 3);
        assert_eq!(distance("get", "get"), 0);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn names_the_word_that_was_meant() {
        let near = |written| nearest(written, ON_METHODS).map(|symbol| symbol.0);
        assert_eq!(near("timout"), Some("timeout"));
        assert_eq!(near("gte"), Some("get"));
        assert_eq!(near("idempotant"), Some("idempotent"));
        assert_eq!(near("enveloppe"), Some("envelope"));
        assert_eq!(near("pubish"), Some("publish"));
    }

    #[test]
    fn names_the_word_that_begins_alike() {
        let help = |written| help("an argument", written, IN_SERVICE);
        assert!(help("retries").ends_with("exists: `retry`"));
        assert!(help("envelopes_of").ends_with("exists: `envelope`"));
        for word in ["ret", "head", "prelude", "timer", "envelop\u{e9}d"] {
            assert!(!help(word).contains("retry"), "{word}");
        }
    }

    #[test]
    fn leaves_distant_words_alone() {
        let near = |written| nearest(written, ON_METHODS).map(|symbol| symbol.0);
        for word in [
            "cache",
            "collapse",
            "hedge",
            "fallback",
            "websocket",
            "instrument",
            "é",
            "",
        ] {
            assert_eq!(near(word), None, "{word}");
        }
        assert_eq!(
            nearest("prefix", IN_SERVICE),
            None,
            "the word itself is not a slip"
        );
    }
}
