//! Events of a session: it comes, it goes, a full queue puts it behind, it has caught up.

use std::fmt::Write;

use crate::clock::Now;
use crate::hub::shared::Hub;
use crate::outbound::Outbound;

impl Hub {
    /// A session has begun: who it is, is known.
    pub(crate) fn tell_opened(&self, session: &Outbound, now: Now) {
        self.tell_paced(
            &self.sys.opened,
            || now,
            |fields| {
                self.push_who(session, fields);
                let _ = write!(fields, ",\"encoding\":\"{}\"", session.wire().as_str());
            },
        );
    }

    /// A session has ended; `reason` is that of the metrics.
    pub(crate) fn tell_closed(&self, session: &Outbound, reason: &str, now: Now) {
        self.tell_paced(
            &self.sys.closed,
            || now,
            |fields| {
                self.push_who(session, fields);
                let age_ms = now.moment.since(session.about().opened()).as_millis();
                let _ = write!(fields, ",\"reason\":\"{reason}\",\"age_ms\":{age_ms}");
            },
        );
    }

    /// Whether anybody wants to know of sessions that fall behind.
    pub(in crate::hub) fn hears_of_behind(&self) -> bool {
        self.is_heard(&self.sys.behind.topic)
    }

    /// A full queue put a session's subscriptions behind; true if that was told.
    pub(in crate::hub) fn tell_behind(&self, session: &Outbound, now: Now) -> bool {
        self.tell_paced(&self.sys.behind, || now, |fields| self.push_standing(session, fields))
    }

    /// None of a session's subscriptions is behind any more.
    pub(in crate::hub) fn tell_live(&self, session: &Outbound, now: Now) {
        self.tell_paced(&self.sys.live, || now, |fields| self.push_standing(session, fields));
    }

    fn push_standing(&self, session: &Outbound, fields: &mut String) {
        self.push_who(session, fields);
        let (subscriptions, behind) = session.about().counts();
        let _ = write!(fields, ",\"subscriptions\":{subscriptions},\"behind\":{behind}");
    }

    /// Which session it is, and whose.
    pub(super) fn push_who(&self, session: &Outbound, fields: &mut String) {
        let (about, caller) = (session.about(), session.caller());
        let (name, address) = (self.session_name(session.session()), about.address().to_canonical());
        // Writing to a string can't fail.
        let _ = write!(fields, ",\"session\":\"{name}\",\"address\":\"{address}\"");
        let program = about.told().name;
        let subject = caller.as_ref().and_then(|caller| caller.subject());
        for (field, text) in [("subject", subject), ("name", program.as_deref())] {
            if let Some(text) = text.and_then(|text| serde_json::to_string(text).ok()) {
                let _ = write!(fields, ",\"{field}\":{text}");
            }
        }
    }
}
