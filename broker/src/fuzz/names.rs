//! Names: a topic, then patterns, a line each. What they mean is told by a model that is too simple to be wrong.

use fanfare_protocol::limits::{MAX_TOPIC_BYTES, MAX_TOPIC_SEGMENTS};
use fanfare_protocol::{Pattern, Topic};

use super::Outcome;
use crate::auth::Grants;
use crate::index::TopicIndex;

/// Most patterns of an input that are looked at.
const PATTERNS_MAX: usize = 8;
/// Patterns with more segments, or with more different names among two, have too many topics to try them all.
const SEGMENTS_TRIED: usize = 3;
const NAMES_TRIED: usize = 4;
/// Segments of one byte, of which one is in none of the patterns.
const FOREIGN: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

pub(super) fn run(input: &[u8]) -> Outcome {
    let Ok(text) = str::from_utf8(input) else { return Outcome::Refused };
    let mut lines = text.split('\n');
    let topic = topic(lines.next().unwrap_or_default());
    let patterns: Vec<Pattern> = lines.take(PATTERNS_MAX).filter_map(pattern).collect();
    if let Some(topic) = &topic {
        matching(topic, &patterns);
    }
    for one in &patterns {
        for other in &patterns {
            relations(one, other);
        }
        covering(&patterns, one);
    }
    if topic.is_some() && !patterns.is_empty() { Outcome::Taken } else { Outcome::Refused }
}

fn is_plain(segment: &str) -> bool {
    !segment.is_empty() && !segment.chars().any(|c| c.is_whitespace() || c.is_control() || "*>".contains(c))
}

fn has_room(segments: &[&str]) -> bool {
    segments.len() <= MAX_TOPIC_SEGMENTS && segments.join(".").len() <= MAX_TOPIC_BYTES
}

/// The topic, if the text is one; by the rules as they are written.
fn topic(text: &str) -> Option<Topic> {
    let segments: Vec<&str> = text.split('.').collect();
    let is_one = has_room(&segments) && segments.iter().all(|segment| is_plain(segment));
    let topic = Topic::new(text);
    assert_eq!(topic.is_ok(), is_one, "{text:?} as a topic: {topic:?}");
    topic.ok()
}

fn pattern(text: &str) -> Option<Pattern> {
    let segments: Vec<&str> = text.split('.').collect();
    let (last, others) = segments.split_last()?;
    let is_one = has_room(&segments)
        && (*last == ">" || *last == "*" || is_plain(last))
        && others.iter().all(|segment| *segment == "*" || is_plain(segment));
    let pattern = Pattern::new(text);
    assert_eq!(pattern.is_ok(), is_one, "{text:?} as a pattern: {pattern:?}");
    pattern.ok()
}

/// Whether a pattern means a topic, segment by segment from the left.
fn model(pattern: &str, topic: &str) -> bool {
    fn rest(pattern: &[&str], topic: &[&str]) -> bool {
        match pattern {
            [] => topic.is_empty(),
            [">"] => !topic.is_empty(),
            ["*", pattern @ ..] => !topic.is_empty() && rest(pattern, &topic[1..]),
            [name, pattern @ ..] => topic.first() == Some(name) && rest(pattern, &topic[1..]),
        }
    }
    let hidden = topic.starts_with('$') && pattern.starts_with(['*', '>']);
    let (pattern, topic): (Vec<_>, Vec<_>) = (pattern.split('.').collect(), topic.split('.').collect());
    !hidden && rest(&pattern, &topic)
}

/// Each pattern by itself, and all of them in an index.
fn matching(topic: &Topic, patterns: &[Pattern]) {
    let mut index = TopicIndex::default();
    let mut expected = Vec::new();
    for (number, pattern) in patterns.iter().enumerate() {
        let matches = model(pattern.as_str(), topic.as_str());
        assert_eq!(pattern.matches(topic), matches, "{pattern} means {topic}");
        index.insert(pattern, number);
        expected.extend(matches.then_some(number));
    }
    let mut found = Vec::new();
    index.matches(topic, |numbers| found.extend_from_slice(numbers));
    found.sort_unstable();
    assert_eq!(found, expected, "{patterns:?} in an index, asked for {topic}");
}

/// Inclusion and overlap against every topic that could tell two patterns apart.
fn relations(one: &Pattern, other: &Pattern) {
    let Some(topics) = all_topics(one, other) else { return };
    let mean =
        |pattern: &Pattern| topics.iter().map(|topic| model(pattern.as_str(), topic)).collect::<Vec<_>>();
    let (ones, others) = (mean(one), mean(other));
    let mut both = ones.iter().zip(&others);
    let includes = both.clone().all(|(one, other)| *one || !other);
    assert_eq!(one.includes(other), includes, "{one} includes {other}");
    let overlaps = both.any(|(one, other)| *one && *other);
    assert_eq!(one.overlaps(other), overlaps, "{one} overlaps {other}");
}

/// Every topic of the names in two patterns and a foreign one, one segment longer than either.
fn all_topics(one: &Pattern, other: &Pattern) -> Option<Vec<String>> {
    let mut names: Vec<&str> = one.segments().chain(other.segments()).collect();
    let longest = one.segments().count().max(other.segments().count());
    let foreign = foreign(&[one, other])?;
    names.retain(|name| *name != "*" && *name != ">");
    names.push(&foreign);
    names.sort_unstable();
    names.dedup();
    if longest > SEGMENTS_TRIED || names.len() > NAMES_TRIED {
        return None;
    }
    let mut topics = vec![String::new()];
    let mut all = Vec::new();
    for _ in 0..=longest {
        let dot = |topic: &String| if topic.is_empty() { String::new() } else { format!("{topic}.") };
        let longer = |topic: &String| names.iter().map(|name| dot(topic) + name).collect::<Vec<_>>();
        topics = topics.iter().flat_map(longer).collect();
        all.extend_from_slice(&topics);
    }
    all.retain(|topic| topic.len() <= MAX_TOPIC_BYTES);
    Some(all)
}

/// Grants cover a pattern just if they allow the topics of it that are most foreign to them: those with a segment that is
/// in no grant wherever the pattern leaves it open, in every length.
fn covering(granted: &[Pattern], asked: &Pattern) {
    let Some(foreign) = foreign(&granted.iter().chain([asked]).collect::<Vec<_>>()) else { return };
    // All but the first: a pattern covers itself.
    let granted = granted.get(1..).unwrap_or_default();
    let grants: Grants = granted.iter().cloned().collect();
    let filled = asked.as_str().split('.').map(|segment| if segment == "*" { &foreign } else { segment });
    let filled: Vec<&str> = filled.collect();
    let topics: Vec<String> = match filled.split_last() {
        Some((&">", before)) => (before.len() + 1..=MAX_TOPIC_SEGMENTS)
            .map(|length| [before, &vec![&*foreign; length - before.len()]].concat().join("."))
            .filter(|topic| topic.len() <= MAX_TOPIC_BYTES)
            .collect(),
        _ => vec![filled.join(".")],
    };
    let allowed = |topic: &String| granted.iter().any(|pattern| model(pattern.as_str(), topic));
    assert_eq!(grants.cover(asked), topics.iter().all(allowed), "{granted:?} cover {asked}");
}

/// A segment that is in none of these patterns.
fn foreign(patterns: &[&Pattern]) -> Option<String> {
    let is_used =
        |name: &str| patterns.iter().any(|pattern| pattern.segments().any(|segment| segment == name));
    FOREIGN.chars().map(String::from).find(|name| !is_used(name))
}
