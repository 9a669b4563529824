//! History: page after page, it gives what is retained.

use fanfare_protocol::frame::{Gap, History, HistoryPage, ReplayFrom};
use fanfare_protocol::{Encoding, GapReason, Pattern, Position, ServerFrame};

use super::asking::{begin, met};
use super::names::matches;
use super::reading::Begin;
use super::steps::From;
use super::truth::id_of;
use super::violation::{Check, Checked, Violation, ensure};
use super::world::World;
use crate::auth::Caller;

impl World {
    pub(super) fn history(&mut self, json: bool, pattern: usize, from: From, limit: u32) -> Checked {
        let encoding = if json { Encoding::Json } else { Encoding::MsgPack };
        let (pattern, first) = self.asked(pattern, from);
        self.tell(|| format!("    history of {pattern} from {first:?}"));
        let expected = self.retained(pattern, &first);
        let mut found = Vec::new();
        let mut from = first.clone();
        // Each page but the last brings at least one message.
        for _ in 0..=expected.len() + 1 {
            let page = self.page(encoding, pattern, from, limit)?;
            ensure(page.ids.len() <= limit as usize, Check::History, || {
                format!("{} messages", page.ids.len())
            })?;
            ensure(page.gaps.is_empty() || page.may_have_gaps, Check::History, || {
                format!("from {first:?} begins with {:?}", page.gaps)
            })?;
            found.extend(page.ids);
            if !page.more {
                return ensure(found == expected, Check::History, || {
                    format!("{pattern} from {first:?} by {limit} gave {found:?}, retained are {expected:?}")
                });
            }
            let last = matches!(first, ReplayFrom::Last);
            from =
                if last { ReplayFrom::LastAfter(page.position) } else { ReplayFrom::Position(page.position) };
        }
        Err(Violation::new(Check::History, format!("{pattern} from {first:?} by {limit} has no end")))
    }

    /// What is retained of a pattern, as the reference has it: streams by name, each ascending.
    fn retained(&self, pattern: &str, from: &ReplayFrom) -> Vec<u64> {
        let mut logs: Vec<usize> = met(&self.truth, pattern).collect();
        logs.sort_by_key(|at| self.truth.logs[*at].name);
        let mut ids = Vec::new();
        for log in logs.into_iter().map(|at| &self.truth.logs[at]) {
            let asked: Vec<u64> = match begin(log, from) {
                Begin::After(place) | Begin::Position(place) => {
                    log.kept.iter().copied().filter(|seq| *seq > place).collect()
                }
                Begin::Retained { seqs, .. } | Begin::Reset { seqs, .. } => seqs.into_iter().collect(),
            };
            let records = asked.into_iter().filter_map(|seq| log.record(seq));
            ids.extend(records.filter(|record| matches(pattern, record.topic())).map(|record| record.id));
        }
        ids
    }

    fn page(&self, encoding: Encoding, pattern: &str, from: ReplayFrom, limit: u32) -> Checked<Page> {
        let may_have_gaps = matches!(from, ReplayFrom::Position(_) | ReplayFrom::LastAfter(_));
        let history = History { id: 1, pattern: Pattern::new(pattern).unwrap(), from, limit };
        let frame = self.hub.history(Caller::unlimited().history(history).unwrap(), encoding);
        match encoding.decode_server(&frame) {
            Ok(Some(ServerFrame::History { page, .. })) => {
                let HistoryPage { messages, gaps, position, more } = page;
                for gap in &gaps {
                    self.is_true(gap)?;
                }
                let ids = messages.iter().filter_map(|message| id_of(&message.payload)).collect();
                Ok(Page { ids, gaps, position, more, may_have_gaps })
            }
            other => Err(Violation::new(Check::Frames, format!("{other:?} for a page of history"))),
        }
    }

    /// A gap in a page lies where something was taken.
    fn is_true(&self, gap: &Gap) -> Checked {
        if gap.reason == GapReason::Reset {
            return Ok(());
        }
        let log = gap.stream.as_ref().and_then(|name| self.truth.named(name.as_str()));
        let record = log.and_then(|log| self.truth.logs[log].record(gap.to?));
        ensure(record.is_some_and(|record| record.taken.is_some()), Check::FalseGap, || {
            format!("{gap:?} in a page")
        })
    }
}

struct Page {
    ids: Vec<u64>,
    gaps: Vec<Gap>,
    position: Position,
    more: bool,
    may_have_gaps: bool,
}
