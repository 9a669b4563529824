//! Grants: patterns that a caller may use, and whether together they cover all that another pattern means.

use fanfare_protocol::limits::MAX_TOPIC_SEGMENTS;
use fanfare_protocol::{Pattern, Topic};

/// Patterns that are granted for one kind of request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Grants(Vec<Pattern>);

impl Grants {
    /// Whether the topic is among what is granted.
    pub(crate) fn allow(&self, topic: &Topic) -> bool {
        self.0.iter().any(|granted| granted.matches(topic))
    }

    /// Whether every topic that the pattern means is granted.
    ///
    /// This is exact, also where only several grants together cover it, as `a.*` and `a.*.>` cover `a.>`. Segments are
    /// without end in number, so a pattern without `>` is covered only by one grant that includes it: a topic with
    /// segments that no grant names must match some grant, and that one matches all the others of the pattern then. A
    /// pattern with `>` is that with one `*` in its place, two, and so on, up to the longest topic there is.
    pub(crate) fn cover(&self, pattern: &Pattern) -> bool {
        self.cover_up_to(pattern, MAX_TOPIC_SEGMENTS)
    }

    /// The patterns, one by one.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Pattern> {
        self.0.iter()
    }

    fn cover_up_to(&self, pattern: &Pattern, max_segments: usize) -> bool {
        if self.include(pattern) {
            return true;
        }
        let Some(before) = pattern.as_str().strip_suffix('>') else { return false };
        let given = before.matches('.').count();
        (given + 1..=max_segments).all(|segments| {
            let rest = vec!["*"; segments - given].join(".");
            // Too long for a pattern is too long for every topic that it would mean.
            Pattern::new(&format!("{before}{rest}")).map_or(true, |longer| self.include(&longer))
        })
    }

    fn include(&self, pattern: &Pattern) -> bool {
        self.0.iter().any(|granted| granted.includes(pattern))
    }
}

impl FromIterator<Pattern> for Grants {
    fn from_iter<I: IntoIterator<Item = Pattern>>(patterns: I) -> Self {
        Self(patterns.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MAX_SEGMENTS: usize = 4;

    fn grants(patterns: &[&str]) -> Grants {
        patterns.iter().map(|pattern| Pattern::new(pattern).unwrap()).collect()
    }

    fn covers(patterns: &[&str], asked: &str) -> bool {
        grants(patterns).cover(&Pattern::new(asked).unwrap())
    }

    /// Every topic of these segments, up to a length. `z` is in no pattern, and stands for all other segments.
    fn all_topics() -> Vec<Topic> {
        let mut names = vec![String::new()];
        let mut topics = Vec::new();
        for _ in 0..MAX_SEGMENTS {
            let longer = |name: &String| {
                let begin = if name.is_empty() { String::new() } else { format!("{name}.") };
                ["a", "b", "$s", "z"].map(|segment| format!("{begin}{segment}"))
            };
            names = names.iter().flat_map(longer).collect();
            topics.extend(names.iter().map(|name| Topic::new(name).unwrap()));
        }
        topics
    }

    fn pattern() -> impl Strategy<Value = Pattern> {
        let segment = prop_oneof![Just("a"), Just("b"), Just("$s"), Just("*"), Just("*")];
        (proptest::collection::vec(segment, 1..=MAX_SEGMENTS), any::<bool>()).prop_map(
            |(mut segments, tail)| {
                if tail {
                    segments.pop();
                    segments.push(">");
                }
                Pattern::new(&segments.join(".")).unwrap()
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// Against brute force: covered is just what has each of its topics granted.
        #[test]
        fn a_pattern_is_covered_if_and_only_if_each_of_its_topics_is_granted(
            granted in proptest::collection::vec(pattern(), 0..6),
            asked in pattern(),
        ) {
            let grants: Grants = granted.into_iter().collect();
            let topics = all_topics();
            let each = topics.iter().filter(|topic| asked.matches(topic)).all(|topic| grants.allow(topic));
            prop_assert_eq!(grants.cover_up_to(&asked, MAX_SEGMENTS), each);
        }

        /// Whatever is covered at full length grants nothing that a topic of its own would not be granted.
        #[test]
        fn what_is_covered_never_means_a_topic_that_is_not_granted(
            granted in proptest::collection::vec(pattern(), 0..6),
            asked in pattern(),
        ) {
            let grants: Grants = granted.into_iter().collect();
            if grants.cover(&asked) {
                for topic in all_topics().iter().filter(|topic| asked.matches(topic)) {
                    prop_assert!(grants.allow(topic), "{topic}");
                }
            }
        }
    }

    #[test]
    fn several_grants_together_cover_what_none_of_them_includes() {
        assert!(covers(&["a.*", "a.*.>"], "a.>"));
        assert!(covers(&["a.>"], "a.*.b"));
        assert!(!covers(&["a.*", "a.*.*"], "a.>"));
        assert!(!covers(&["a.b", "a.c"], "a.*"));
        assert!(!covers(&["rooms.1", "rooms.2"], "rooms.>"));
        assert!(!covers(&[], "a"));
    }

    #[test]
    fn a_wildcard_never_covers_topics_of_the_broker() {
        assert!(!covers(&[">"], "$sys.>"));
        assert!(!covers(&["*.>"], "$sys.a"));
        assert!(covers(&["$sys.>"], "$sys.sessions.*"));
        assert!(!covers(&["$sys.>"], ">"));
    }

    #[test]
    fn a_pattern_as_long_as_a_topic_may_be_is_covered_by_its_stars() {
        let long = vec!["s"; MAX_TOPIC_SEGMENTS - 1].join(".");
        assert!(covers(&[&format!("{long}.*")], &format!("{long}.>")));
    }
}
