//! The index against the patterns' own word for what they mean.

use proptest::prelude::*;

use super::*;

fn pattern(text: &str) -> Pattern {
    Pattern::new(text).unwrap()
}

fn found(index: &TopicIndex<u32>, topic: &str) -> Vec<u32> {
    let mut found = Vec::new();
    index.matches(&Topic::new(topic).unwrap(), |items| found.extend_from_slice(items));
    found.sort_unstable();
    found
}

#[test]
fn the_name_of_a_topic_that_lasts_is_kept_and_means_the_same() {
    let mut index = TopicIndex::default();
    let shared = index.insert(&pattern("a.b"), 1).pattern;
    let (passing, lasting) = (Topic::new("a.b").unwrap(), Topic::new("a.b").unwrap());
    for (topic, lasts) in [(&passing, false), (&lasting, true), (&lasting, true), (&passing, false)] {
        let mut met = Vec::new();
        index.meet(topic, lasts, |items| met.extend_from_slice(items));
        assert_eq!(met, [1]);
    }
    let again = index.insert(&pattern("a.b"), 2).pattern;
    assert!(again.as_topic().unwrap().is_same(&lasting), "the one that lasts is known, no other");
    assert_eq!(index.remove(&shared, 0), Some(Removed { moved: Some(2), last: false }));
    assert_eq!(index.remove(&again, 0), Some(Removed { moved: None, last: true }));
}

#[test]
fn a_topic_finds_exact_and_wildcard_patterns() {
    let mut index = TopicIndex::default();
    for (item, text) in (0..).zip(["a.b", "a.*", "a.>", ">", "a.b.>", "b"]) {
        index.insert(&pattern(text), item);
    }
    assert_eq!(found(&index, "a.b"), [0, 1, 2, 3]);
}

#[test]
fn a_leading_wildcard_finds_no_internal_topic() {
    let mut index = TopicIndex::default();
    for (item, text) in (0..).zip([">", "*.x", "$sys.>", "$sys.x"]) {
        index.insert(&pattern(text), item);
    }
    assert_eq!(found(&index, "$sys.x"), [2, 3]);
}

#[test]
fn removing_says_which_item_moved_to_the_free_place() {
    let mut index = TopicIndex::default();
    for item in [7, 8, 9] {
        index.insert(&pattern("a.*"), item);
    }
    assert_eq!(index.remove(&pattern("a.*"), 0), Some(Removed { moved: Some(9), last: false }));
    assert_eq!(index.items(&pattern("a.*")), [9, 8]);
    assert_eq!(index.remove(&pattern("a.*"), 1), Some(Removed { moved: None, last: false }));
    assert_eq!(index.remove(&pattern("a.*"), 0), Some(Removed { moved: None, last: true }));
    assert_eq!((index.len(), index.wild.named.len()), (0, 0));
}

fn segment() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b", "$s", "*"])
}

fn pattern_text() -> impl Strategy<Value = String> {
    (prop::collection::vec(segment(), 1..4), any::<bool>()).prop_map(|(segments, tail)| {
        let mut text = segments.join(".");
        if tail {
            text.push_str(".>");
        }
        text
    })
}

proptest! {
    #[test]
    fn the_index_finds_just_what_the_patterns_match(
        patterns in prop::collection::vec(pattern_text(), 1..20),
        removed in prop::collection::vec(any::<bool>(), 20),
        topic in prop::collection::vec(prop::sample::select(vec!["a", "b", "$s"]), 1..5),
    ) {
        let topic = Topic::new(&topic.join(".")).unwrap();
        let mut index = TopicIndex::default();
        let mut left: Vec<(u32, Pattern)> = Vec::new();
        for (item, text) in (0u32..).zip(&patterns) {
            index.insert(&pattern(text), item);
            left.push((item, pattern(text)));
        }
        for (item, removed) in (0u32..).zip(&removed).take(patterns.len()) {
            if *removed {
                let pattern = &left.iter().find(|(i, _)| *i == item).unwrap().1.clone();
                let place = index.items(pattern).iter().position(|i| *i == item).unwrap();
                index.remove(pattern, u32::try_from(place).unwrap());
                left.retain(|(i, _)| *i != item);
            }
        }
        let mut expected: Vec<u32> = left.iter().filter(|(_, p)| p.matches(&topic)).map(|(i, _)| *i).collect();
        expected.sort_unstable();
        prop_assert_eq!(found(&index, topic.as_str()), expected);
        let distinct: std::collections::HashSet<_> = left.iter().map(|(_, p)| p.as_str()).collect();
        prop_assert_eq!(index.len(), distinct.len());
    }
}
