//! Topics and patterns of the model, and what a pattern means: from the definition, with no code of the broker.

/// Topics that are published to. The last three are in no stream.
pub(super) const TOPICS: &[&str] =
    &["a.1", "a.2", "a.3", "a.b.1", "a.b.2", "b.1", "b.2", "c", "d.x.y", "e.1", "e.2", "e.f.1"];

/// Patterns that are subscribed to: exact and wildcard, over one stream, several, and none.
pub(super) const PATTERNS: &[&str] = &[
    "a.1",
    "a.2",
    "a.b.1",
    "b.1",
    "c",
    "d.x.y",
    "e.1",
    "e.f.1",
    "nobody.here",
    ">",
    "*",
    "*.*",
    "*.1",
    "a.>",
    "a.*",
    "a.b.*",
    "*.b.>",
    "b.*",
    "d.>",
    "*.x.*",
    "e.>",
    "e.*",
    "$own.>",
];

/// Whether a pattern means a topic: `*` stands for one segment, a final `>` for one or more, and neither, as the
/// first, for one that begins with `$`.
pub(super) fn matches(pattern: &str, topic: &str) -> bool {
    let wild_first = pattern.starts_with('*') || pattern.starts_with('>');
    if wild_first && topic.starts_with('$') {
        return false;
    }
    let pattern: Vec<&str> = pattern.split('.').collect();
    let topic: Vec<&str> = topic.split('.').collect();
    matches_from(&pattern, &topic)
}

fn matches_from(pattern: &[&str], topic: &[&str]) -> bool {
    match (pattern.first(), topic.first()) {
        (None, None) | (Some(&">"), Some(_)) => true,
        (Some(&part), Some(&name)) => {
            (part == "*" || part == name) && matches_from(&pattern[1..], &topic[1..])
        }
        (None, Some(_)) | (Some(_), None) => false,
    }
}

/// Whether some topic matches both patterns: tried on every topic that is made of their segments and one more.
pub(super) fn meet(one: &str, other: &str) -> bool {
    let longest = one.split('.').count().max(other.split('.').count());
    let mut segments: Vec<&str> =
        one.split('.').chain(other.split('.')).filter(|s| !["*", ">"].contains(s)).collect();
    segments.push("other");
    segments.sort_unstable();
    segments.dedup();
    let mut topics: Vec<String> = segments.iter().map(|&segment| segment.to_owned()).collect();
    for _ in 0..longest {
        if topics.iter().any(|topic| matches(one, topic) && matches(other, topic)) {
            return true;
        }
        topics =
            topics.iter().flat_map(|topic| segments.iter().map(move |s| format!("{topic}.{s}"))).collect();
    }
    false
}

#[test]
fn the_definition_reads_as_the_specification_says() {
    assert!(matches("a.>", "a.1") && matches("a.>", "a.b.1") && !matches("a.>", "a"));
    assert!(matches("*.1", "a.1") && !matches("*.1", "a.b.1") && !matches("*", "a.1"));
    assert!(matches("$own.>", "$own.a") && !matches(">", "$own.a") && !matches("*.a", "$own.a"));
    assert!(meet("*.1", "a.>") && meet(">", "c") && meet("*.b.>", "a.>"));
    assert!(!meet("*", "a.>") && !meet(">", "$own.>") && !meet("a.1", "a.2") && !meet("a.*", "a.b.>"));
}
