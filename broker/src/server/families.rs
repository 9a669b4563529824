//! What operators build on, pinned: the names, kinds and labels of all metrics. Whoever changes one changes `families.txt`, too,
//! and so meets COMPATIBILITY.md.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::limits::{TABLE, Unit};
use crate::metrics::{Gauges, JwksGauges, Metrics, StreamGauges, render};
use crate::net::handshake::Refusal;
use crate::net::http;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/server/families.txt");
/// What our own begin with.
const OURS: &str = "fanfare_";
/// Labels whose values are the operator's, or those of the build.
const OPEN: [&str; 5] = ["version", "revision", "url", "stream", "le"];

/// A page on which every family stands.
fn page() -> String {
    let reasons: Vec<_> = Refusal::ALL.iter().map(|refusal| refusal.as_str()).collect();
    let metrics = Metrics::new(1, &reasons).with_routes(http::routes());
    let stream = StreamGauges {
        name: "recent".to_owned(),
        epoch: String::new(),
        oldest: None,
        oldest_ms: 0,
        messages: 0,
        bytes: 0,
        topics: 0,
        last_seq: 0,
        keys: 0,
        key_bytes: 0,
        max_bytes: 0,
        max_age_ms: 0,
    };
    let jwks = JwksGauges { url: "https://id".to_owned(), age_ms: Some(0), failures: 0, keys: 0 };
    let authority = crate::auth::Authority::new(crate::AuthSettings::default());
    let gauges = Gauges {
        streams: vec![stream],
        limits: limits_of(Unit::Count),
        limit_bytes: limits_of(Unit::Bytes),
        jwks: vec![jwks],
        admissions: authority.admissions().collect(),
        ..Gauges::default()
    };
    render(&metrics, &gauges)
}

/// Every limit of this unit that a running broker takes anew.
fn limits_of(unit: Unit) -> Vec<(&'static str, u64)> {
    TABLE.iter().filter(|limit| limit.live && limit.unit == unit).map(|limit| (limit.name, 0)).collect()
}

/// The labels of a sample: `a="x",b="y"`.
fn labels(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split("\",")
        .filter_map(|pair| pair.split_once("=\""))
        .map(|(name, value)| (name, value.trim_end_matches('"')))
}

/// A line for each family: its kind, its name, and each label with the values that it can have.
fn families(page: &str) -> String {
    let mut families: BTreeMap<&str, (&str, BTreeMap<&str, BTreeSet<&str>>)> = BTreeMap::new();
    for line in page.lines() {
        if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
            families.insert(name, (kind, BTreeMap::new()));
            continue;
        }
        let Some((sample, rest)) = line.split_once('{') else { continue };
        let family =
            ["_bucket", "_sum", "_count"].iter().find_map(|end| sample.strip_suffix(end)).unwrap_or(sample);
        let Some((_, known)) = families.get_mut(family) else { continue };
        for (name, value) in labels(rest.rsplit_once('}').map_or(rest, |(labels, _)| labels)) {
            let values = known.entry(name).or_default();
            if !OPEN.contains(&name) {
                values.insert(value);
            }
        }
    }
    let mut text = String::new();
    // Those of the process come from elsewhere, and differ by operating system.
    for (name, (kind, labels)) in families.into_iter().filter(|(name, _)| name.starts_with(OURS)) {
        let _ = write!(text, "{kind} {name}");
        for (label, values) in labels {
            let _ = write!(text, " {label}={}", values.into_iter().collect::<Vec<_>>().join("|"));
        }
        text.push('\n');
    }
    text
}

#[test]
fn the_names_and_labels_of_metrics_change_on_purpose_alone() {
    let exposed = families(&page());
    if std::env::var_os("FANFARE_RENEW").is_some() {
        std::fs::write(FILE, &exposed).unwrap();
    }
    let pinned = std::fs::read_to_string(FILE).unwrap_or_default();
    let differing: Vec<_> = exposed
        .lines()
        .filter(|line| !pinned.lines().any(|known| known == *line))
        .map(|line| format!("+ {line}"))
        .chain(
            pinned
                .lines()
                .filter(|line| !exposed.lines().any(|now| now == *line))
                .map(|line| format!("- {line}")),
        )
        .collect();
    assert!(
        differing.is_empty(),
        "metrics are not those that are pinned:\n{}\nIf COMPATIBILITY.md allows that, run it once with FANFARE_RENEW=1.",
        differing.join("\n")
    );
}

#[test]
fn a_family_is_told_with_the_values_of_its_labels() {
    let page = "# TYPE fanfare_a_total counter\nfanfare_a_total{code=\"x\",stream=\"s\"} 1\nfanfare_a_total{code=\"/{y}\"} 2\n\
                # TYPE fanfare_b histogram\nfanfare_b_bucket{le=\"1\"} 1\nfanfare_b_sum 1\n# TYPE process_c gauge\nprocess_c 5\n";
    assert_eq!(families(page), "counter fanfare_a_total code=/{y}|x stream=\nhistogram fanfare_b le=\n");
}
