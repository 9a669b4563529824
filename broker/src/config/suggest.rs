//! Suggestions: which known name a mistyped one most likely means.

/// The known name that is nearest to `word`, if one is near enough to be meant.
pub(super) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    // Longer words are no settings of ours, and the distance costs the product of the lengths.
    const WORD_CHARS_MAX: usize = 64;
    let plain = |text: &str| text.to_lowercase().replace('-', "_").chars().collect::<Vec<_>>();
    let word = plain(word);
    if word.len() > WORD_CHARS_MAX {
        return None;
    }
    let near = |name: &str| {
        let name = plain(name);
        let distance = distance(&word, &name);
        (distance <= 1 + name.len() / 4).then_some(distance)
    };
    known
        .into_iter()
        .filter_map(|name| near(name).map(|distance| (distance, name)))
        .min()
        .map(|(_, name)| name)
}

/// How many characters must be put in, taken out or changed to make one word of the other.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let changed = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_finds_the_name_that_is_meant() {
        let known = ["heartbeat", "hello_timeout", "handshake_timeout", "listen"];
        let cases = [
            ("heart_beat", Some("heartbeat")),
            ("HelloTimeout", Some("hello_timeout")),
            ("hello-timeout", Some("hello_timeout")),
            ("lsiten", Some("listen")),
            ("colour", None),
            ("", None),
        ];
        for (word, expected) in cases {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
    }

    #[test]
    fn the_distance_counts_single_changes() {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        for (a, b, expected) in [("", "abc", 3), ("abc", "abc", 0), ("kitten", "sitting", 3)] {
            assert_eq!(distance(&chars(a), &chars(b)), expected, "{a} {b}");
        }
    }
}
