//! Announcing: joins and leaves of a topic as a message on `$presence.<topic>`, at most one each interval.

use std::fmt::Write;
use std::time::Duration;

use fanfare_protocol::frame::Publish;
use fanfare_protocol::{Payload, Topic};

use super::changes::{Change, Happened};
use super::registry::{ANNOUNCED_ON, News, member_bytes};
use crate::auth::Permitted;
use crate::clock::Now;
use crate::engine::{Route, SessionId};
use crate::hub::Hub;

impl Hub {
    /// Time between two calls of [`Hub::announce_presence`]; none if presence is kept nowhere.
    pub(crate) fn presence_interval(&self) -> Option<Duration> {
        (!self.presence.is_empty()).then_some(self.limits.presence_interval())
    }

    /// Lets members go who were waited for in vain, and announces what happened since the last call.
    pub(crate) fn announce_presence(&self, now: Now) {
        self.presence.tick(now.moment, |news| self.announce(news, now));
    }

    fn announce(&self, news: News, now: Now) {
        let Ok(topic) = Topic::new(&format!("{ANNOUNCED_ON}{}", news.topic)) else { return };
        if !self.is_heard(&topic) {
            return;
        }
        let max_bytes = self.limits.presence_announcement_bytes().min(self.limits.max_payload_bytes());
        let (text, unnamed) = render(news, max_bytes, |session| self.session_name(session));
        self.presence.counts.announcements.add(1);
        self.presence.counts.unnamed.add(unnamed);
        self.publish_own(topic, &text, now);
    }

    /// Whether anybody subscribes to this topic.
    pub(in crate::hub) fn is_heard(&self, topic: &Topic) -> bool {
        self.interest.shards(topic, &mut Route::default()).iter().next().is_some()
    }

    /// Publishes a JSON text on one of the broker's own topics.
    pub(in crate::hub) fn publish_own(&self, topic: Topic, text: &str, now: Now) {
        let Ok(payload) = Payload::json(text) else { return };
        let publish =
            Publish { id: None, topic, payload, key: None, expect: None, echo: true, headers: None };
        let Some(permitted) = Permitted::by_broker(publish) else { return };
        // The broker is stopping if it fails, and then everybody leaves.
        drop(self.publish(permitted, SessionId(0), now));
    }
}

/// The text of an announcement of about `max_bytes` at most, and how many changes it does not name.
pub(super) fn render(news: News, max_bytes: usize, name: impl Fn(SessionId) -> String) -> (String, u64) {
    let mut unnamed = news.changes.more;
    let mut left_bytes = max_bytes;
    let (mut joined, mut left) = (String::new(), String::new());
    let (mut returned, mut changed) = (String::new(), String::new());
    for change in news.changes.into_named() {
        let cost = member_bytes(change.who.as_deref());
        if cost > left_bytes {
            unnamed += 1;
            continue;
        }
        left_bytes -= cost;
        let list = match change.happened {
            Happened::Joined => &mut joined,
            Happened::Left => &mut left,
            Happened::Returned { .. } => &mut returned,
            Happened::Changed => &mut changed,
        };
        if !list.is_empty() {
            list.push(',');
        }
        push_change(&change, &name, list);
    }
    let mut text = format!("{{\"joined\":[{joined}],\"left\":[{left}]");
    // Writing to a string can't fail.
    for (name, list) in [("returned", returned), ("changed", changed)] {
        if !list.is_empty() {
            let _ = write!(text, ",\"{name}\":[{list}]");
        }
    }
    let _ = write!(text, ",\"count\":{}", news.count);
    if unnamed > 0 {
        let _ = write!(text, ",\"more\":{unnamed}");
    }
    text.push('}');
    (text, unnamed)
}

fn push_change(change: &Change, name: impl Fn(SessionId) -> String, out: &mut String) {
    let _ = write!(out, "{{\"session\":\"{}\"", name(change.session));
    if let Happened::Returned { was } = change.happened {
        let _ = write!(out, ",\"was\":\"{}\"", name(was));
    }
    let Some(who) = &change.who else { return out.push('}') };
    if let Some(subject) = who.subject.as_deref().and_then(|subject| serde_json::to_string(subject).ok()) {
        let _ = write!(out, ",\"subject\":{subject}");
    }
    if let (Some(info), true) = (&who.info, change.happened != Happened::Left) {
        let _ = write!(out, ",\"info\":{info}");
    }
    out.push('}');
}
