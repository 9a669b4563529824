//! Events of a stream: a subscription was told that something of it is missing.

use std::fmt::Write;

use fanfare_protocol::{GapReason, StreamName};

use crate::clock;
use crate::engine::Lost;
use crate::hub::shared::Hub;
use crate::outbound::Outbound;

/// What a subscription can't have of a stream.
#[derive(Debug, Clone, Copy)]
pub(in crate::hub) struct Missing<'a> {
    pub(in crate::hub) stream: &'a StreamName,
    /// What retention took; none if its position is of another epoch.
    pub(in crate::hub) lost: Option<Lost>,
    /// Whether it was missing when the subscription began.
    pub(in crate::hub) at_start: bool,
}

impl Hub {
    /// A subscription is told a gap.
    pub(in crate::hub) fn tell_gap(&self, session: &Outbound, sub: u32, missing: Missing<'_>) {
        let Missing { stream, lost, at_start } = missing;
        self.tell_paced(&self.sys.stream_gap, clock::read, |fields| {
            let reason = if lost.is_some() { GapReason::Expired } else { GapReason::Reset };
            let _ = write!(fields, ",\"stream\":\"{stream}\",\"reason\":\"{}\"", reason.as_str());
            if let Some(Lost { from, to }) = lost {
                let _ = write!(fields, ",\"from\":{from},\"to\":{to}");
            }
            let _ = write!(fields, ",\"at_start\":{at_start},\"sub\":{sub}");
            self.push_who(session, fields);
        });
    }
}
