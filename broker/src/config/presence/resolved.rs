//! What `[[presence]]` means: ways and patterns checked, and no topic in two of them.

use std::ops::RangeInclusive;
use std::time::Duration;

use fanfare_protocol::Pattern;

use super::written::WrittenPresence;
use crate::config::fault::{Fault, Located, Place};
use crate::config::streams::resolve_patterns;
use crate::config::times::resolve_time;
use crate::hub::{MemberBy, PresenceConfig};

const DEFAULT_LINGER: Duration = Duration::from_secs(5);
const LINGER: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_hours(1);

/// Checks what was written; faults tell what can't be read.
pub(in crate::config) fn resolve_presence(
    written: &[WrittenPresence],
    faults: &mut Vec<Fault>,
) -> Vec<PresenceConfig> {
    report_overlaps(written, faults);
    written.iter().map(|presence| resolve_one(presence, faults)).collect()
}

fn resolve_one(written: &WrittenPresence, faults: &mut Vec<Fault>) -> PresenceConfig {
    let patterns = written.patterns.as_ref();
    PresenceConfig {
        patterns: patterns
            .map(|patterns| resolve_patterns("presence", written.place, patterns, faults))
            .unwrap_or_default(),
        by: written.by.as_ref().map(|by| resolve_by(by, faults)).unwrap_or_default(),
        linger: resolve_time("linger", written.linger.as_ref(), DEFAULT_LINGER, LINGER, faults),
        announce: written.announce.as_ref().is_none_or(|announce| announce.value),
    }
}

fn resolve_by(Located { value, place }: &Located<String>, faults: &mut Vec<Fault>) -> MemberBy {
    match value.as_str() {
        "session" => MemberBy::Session,
        "subject" => MemberBy::Subject,
        _ => {
            let what = format!("`by` = {value:?} is neither \"session\" nor \"subject\"");
            faults.push(Fault::new(*place, what, "write by = \"session\", or leave it out"));
            MemberBy::default()
        }
    }
}

fn report_overlaps(written: &[WrittenPresence], faults: &mut Vec<Fault>) {
    for (index, presence) in written.iter().enumerate() {
        for (place, pattern) in readable_patterns(presence) {
            let earlier = written[..index].iter().flat_map(readable_patterns);
            for (_, other) in earlier.filter(|(_, other)| pattern.overlaps(other)) {
                let what =
                    format!("pattern \"{pattern}\" meets topics of \"{other}\" in another [[presence]]");
                faults.push(Fault::new(place, what, "presence is kept in one way: narrow one of the two"));
            }
        }
    }
}

fn readable_patterns(written: &WrittenPresence) -> impl Iterator<Item = (Place, Pattern)> {
    let patterns = written.patterns.iter().flatten();
    patterns.filter_map(|pattern| Some((pattern.place, Pattern::new(&pattern.value).ok()?)))
}
