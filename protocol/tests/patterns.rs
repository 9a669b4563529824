//! Patterns against a model that is too simple to be wrong, over few names so that they often meet.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod seeds;

use fanfare_protocol::{Pattern, Topic};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Names that the topics here are made of; one begins like the broker's own.
const NAMES: [&str; 3] = ["a", "b", "$s"];

fn topic() -> impl Strategy<Value = String> {
    vec(select(&NAMES[..]), 1..=4).prop_map(|names| names.join("."))
}

fn pattern() -> impl Strategy<Value = String> {
    let parts = vec(select(vec!["a", "b", "$s", "*", "*"]), 0..=3);
    (parts, any::<bool>()).prop_filter_map("a pattern has a segment", |(mut parts, tail)| {
        parts.extend(tail.then_some(">"));
        (!parts.is_empty()).then(|| parts.join("."))
    })
}

/// Whether a pattern means a topic, straight from the words: segment by segment, from the left.
fn model(pattern: &str, topic: &str) -> bool {
    fn rest(pattern: &[&str], topic: &[&str]) -> bool {
        match pattern {
            [] => topic.is_empty(),
            [">"] => !topic.is_empty(),
            ["*", pattern @ ..] => !topic.is_empty() && rest(pattern, &topic[1..]),
            [name, pattern @ ..] => topic.first() == Some(name) && rest(pattern, &topic[1..]),
        }
    }
    let (pattern, topic): (Vec<_>, Vec<_>) = (pattern.split('.').collect(), topic.split('.').collect());
    let hidden = topic[0].starts_with('$') && (pattern[0] == "*" || pattern[0] == ">");
    !hidden && rest(&pattern, &topic)
}

/// Every topic of up to so many segments. Patterns of up to 4 segments that overlap do so in one of up to 5.
fn all_topics(max_segments: usize) -> Vec<String> {
    let mut topics: Vec<String> = NAMES.map(str::to_owned).to_vec();
    let mut longest = topics.clone();
    for _ in 1..max_segments {
        longest = longest.iter().flat_map(|topic| NAMES.map(|name| format!("{topic}.{name}"))).collect();
        topics.extend_from_slice(&longest);
    }
    topics
}

proptest! {
    #![proptest_config(seeds::cases(3_000))]

    #[test]
    fn a_pattern_means_what_the_model_says((pattern, topic) in (pattern(), topic())) {
        let matches = Pattern::new(&pattern).unwrap().matches(&Topic::new(&topic).unwrap());
        prop_assert_eq!(matches, model(&pattern, &topic));
    }

    #[test]
    fn a_topic_is_the_pattern_that_means_just_it((topic, other) in (topic(), topic())) {
        let pattern = Pattern::from(&Topic::new(&topic).unwrap());
        prop_assert_eq!(&pattern, &Pattern::new(&topic).unwrap());
        prop_assert_eq!(pattern.matches(&Topic::new(&other).unwrap()), topic == other);
        prop_assert_eq!(pattern.as_topic(), Some(Topic::new(&topic).unwrap()));
    }
}

proptest! {
    #![proptest_config(seeds::cases(500))]

    #[test]
    fn patterns_overlap_just_if_some_topic_matches_both((a, b) in (pattern(), pattern())) {
        let both = all_topics(5).iter().any(|topic| model(&a, topic) && model(&b, topic));
        let overlap = Pattern::new(&a).unwrap().overlaps(&Pattern::new(&b).unwrap());
        prop_assert_eq!(overlap, both);
    }

    #[test]
    fn a_pattern_includes_another_just_if_it_means_all_of_its_topics((a, b) in (pattern(), pattern())) {
        let all = all_topics(5).iter().all(|topic| model(&a, topic) || !model(&b, topic));
        let includes = Pattern::new(&a).unwrap().includes(&Pattern::new(&b).unwrap());
        prop_assert_eq!(includes, all);
    }
}
