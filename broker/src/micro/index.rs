//! The topic index with a million patterns: finding those that mean a topic, and others that come and go.

use fanfare_protocol::topic::NameError;
use fanfare_protocol::{Pattern, Topic};

use super::meter::check;
use super::{Meter, Outcome, Size};
use crate::index::TopicIndex;

/// A kind of pattern. All topics are below `fleet`, so that each asks all parts of the index.
struct Form {
    name: &'static str,
    /// The pattern with a number.
    pattern: fn(u32) -> String,
    /// A topic that this pattern alone means.
    topic: fn(u32) -> String,
}

const FORM_COUNT: u32 = 3;
/// Pattern 0 is of the first, 1 of the second, and so on round and round.
const FORMS: [Form; FORM_COUNT as usize] = [
    Form {
        name: "exact",
        pattern: |number| format!("fleet.north.{number}"),
        topic: |number| format!("fleet.north.{number}"),
    },
    Form {
        name: "star",
        pattern: |number| format!("fleet.*.{number}"),
        topic: |number| format!("fleet.south.{number}"),
    },
    Form {
        name: "tail",
        pattern: |number| format!("fleet.{number}.>"),
        topic: |number| format!("fleet.{number}.doors.left"),
    },
];

pub(super) fn cases(meter: &mut Meter, size: Size) -> Outcome {
    let mut index = TopicIndex::default();
    for (number, form) in (0..size.patterns).zip(FORMS.iter().cycle()) {
        index.insert(&Pattern::new(&(form.pattern)(number))?, number);
    }
    for (first, form) in (0..).zip(&FORMS) {
        find(meter, size, &index, form, first)?;
    }
    for form in &FORMS {
        come_and_go(meter, size, &mut index, form)?;
    }
    check("patterns that are left", index.len(), size.patterns as usize)
}

/// Matches topics of a form, whose first number is given, spread over all of its numbers.
fn find(meter: &mut Meter, size: Size, index: &TopicIndex<u32>, form: &Form, first: u32) -> Outcome {
    let step = size.patterns / size.pieces / FORM_COUNT * FORM_COUNT;
    let numbers = (0..size.pieces).map(|piece| first + piece * step);
    let topics: Vec<Topic> =
        numbers.map(|number| Topic::new(&(form.topic)(number))).collect::<Result<_, NameError>>()?;
    let mut found = 0;
    meter.measure(|| {
        for topic in &topics {
            index.matches(topic, |items| found += items.len());
        }
    });
    meter.end(format!("match-{}", form.name), size.pieces, "topic");
    check("patterns that mean the topics", found, topics.len())
}

/// Adds patterns that nobody had, and takes them out again.
fn come_and_go(meter: &mut Meter, size: Size, index: &mut TopicIndex<u32>, form: &Form) -> Outcome {
    let numbers = size.patterns..size.patterns + size.pieces;
    let patterns: Vec<Pattern> =
        numbers.map(|number| Pattern::new(&(form.pattern)(number))).collect::<Result<_, NameError>>()?;
    let first = meter.measure(|| patterns.iter().filter(|pattern| index.insert(pattern, 1).first).count());
    meter.end(format!("insert-{}", form.name), size.pieces, "pattern");
    check("patterns that nobody had", first, patterns.len())?;
    let mut is_gone = |pattern: &&Pattern| index.remove(pattern, 0).is_some_and(|removed| removed.last);
    let last = meter.measure(|| patterns.iter().filter(|pattern| is_gone(pattern)).count());
    meter.end(format!("remove-{}", form.name), size.pieces, "pattern");
    check("patterns that nobody has", last, patterns.len())
}
