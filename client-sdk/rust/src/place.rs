//! Where a subscription stands, as the wire defines it: what moves it, and how far.

use std::mem::take;

use fanfare_protocol::frame::Subscribed;
use fanfare_protocol::{Position, StreamPosition};

use crate::event::Event;

/// Where a subscription stands after some of its events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    position: Position,
    /// Where it goes on after the gap that the broker has announced and that has not come yet. Whoever never hears of
    /// that must come back to the position before, and be told again.
    announced: Option<Position>,
}

impl Place {
    /// At this position.
    pub(crate) fn at(position: Position) -> Self {
        Self { position, announced: None }
    }

    pub(crate) fn position(&self) -> &Position {
        &self.position
    }

    /// The broker has opened the subscription here.
    pub(crate) fn open(&mut self, subscribed: &Subscribed) {
        let position = subscribed.position.clone();
        *self = if subscribed.recovered == Some(false) {
            Self { position: take(&mut self.position), announced: Some(position) }
        } else {
            Self::at(position)
        };
    }

    /// Goes on past an event. A position in it is whole and replaces this one; a message moves its own stream's; a gap
    /// without a position moves nothing.
    pub(crate) fn pass(&mut self, event: &Event) {
        if let Some(position) = self.announced.take_if(|_| follows_announcement(event)) {
            self.position = position;
        }
        match event {
            Event::Message(message) => {
                let sequenced = message.as_frame().sequenced.as_ref();
                let stream =
                    sequenced.and_then(|place| Some((self.position.0.get_mut(&place.stream)?, place.seq)));
                if let Some((stream, seq)) = stream {
                    advance(stream, seq);
                }
            }
            Event::Gap(gap) => {
                if let Some(position) = &gap.position {
                    self.position.clone_from(position);
                }
            }
            Event::Live(position) => self.position.clone_from(position),
            Event::Resumed(subscribed) => self.open(subscribed),
            Event::Behind => {}
        }
    }

    /// Goes on to the heads that a ping brought: in each stream of the same epoch, and never back.
    pub(crate) fn advance(&mut self, heads: &Position) {
        for (stream, here) in &mut self.position.0 {
            if let Some(head) = heads.0.get(stream).filter(|head| head.epoch == here.epoch) {
                advance(here, head.seq);
            }
        }
    }
}

/// Whether it is the gap that the broker has announced, or comes after it: that gap is of a stream, as all are that a
/// broker can know of.
fn follows_announcement(event: &Event) -> bool {
    match event {
        Event::Message(message) => message.stream().is_some(),
        Event::Gap(gap) => gap.stream.is_some(),
        Event::Live(_) => true,
        Event::Behind | Event::Resumed(_) => false,
    }
}

fn advance(here: &mut StreamPosition, seq: u64) {
    here.seq = here.seq.max(seq);
}

#[cfg(test)]
mod tests {
    use fanfare_protocol::frame::{self, Gap, Sequenced};
    use fanfare_protocol::{GapReason, Payload, StreamName, Topic};

    use super::*;
    use crate::message::Message;

    fn position(text: &str) -> Position {
        text.parse().unwrap()
    }

    fn message(stream: Option<&str>, seq: u64) -> Event {
        Event::Message(Message::from(frame::Message {
            topic: Topic::new("a").unwrap(),
            payload: Payload::text("x"),
            time_ms: 0,
            sequenced: stream.map(|s| Sequenced { stream: StreamName::new(s).unwrap(), seq, prev: None }),
            by: None,
            headers: None,
        }))
    }

    fn gap(position: Option<Position>) -> Event {
        let (reason, stream) = (GapReason::Reset, StreamName::new("s").ok());
        Event::Gap(Gap { reason, stream, from: None, to: Some(99), count: None, position })
    }

    fn after(events: impl IntoIterator<Item = Event>) -> String {
        let mut place = Place::at(position(r#"{"s":{"epoch":"e","seq":4},"t":{"epoch":"f","seq":0}}"#));
        events.into_iter().for_each(|event| place.pass(&event));
        place.position().to_string()
    }

    #[test]
    fn a_message_moves_its_own_stream_only() {
        let moved = after([message(Some("s"), 7), message(None, 0), message(Some("unknown"), 3)]);
        assert_eq!(moved, r#"{"s":{"epoch":"e","seq":7},"t":{"epoch":"f","seq":0}}"#);
    }

    #[test]
    fn a_position_in_an_event_replaces_all_and_a_gap_without_one_moves_nothing() {
        assert_eq!(after([gap(None), Event::Behind]), after([]));
        let whole = r#"{"s":{"epoch":"g","seq":1}}"#;
        assert_eq!(after([gap(Some(position(whole)))]), whole);
        assert_eq!(after([Event::Live(position(whole))]), whole);
    }

    #[test]
    fn what_is_announced_to_be_missing_is_not_passed_before_it_was_told() {
        let subscribed = |recovered| {
            let position = position(r#"{"s":{"epoch":"g","seq":0}}"#);
            Event::Resumed(Subscribed {
                sub: 1,
                pattern: None,
                position,
                recovered: Some(recovered),
                live: true,
                ephemeral: false,
            })
        };
        assert_eq!(after([subscribed(false), subscribed(false), Event::Behind, message(None, 0)]), after([]));
        let anew = r#"{"s":{"epoch":"g","seq":0}}"#;
        assert_eq!(after([subscribed(false), gap(None)]), anew);
        assert_eq!(after([subscribed(true)]), anew);
    }

    #[test]
    fn a_ping_advances_streams_of_the_same_epoch_and_never_back() {
        let mut place = Place::at(position(
            r#"{"s":{"epoch":"e","seq":4},"t":{"epoch":"f","seq":9},"u":{"epoch":"old","seq":1}}"#,
        ));
        place.advance(&position(
            r#"{"s":{"epoch":"e","seq":6},"t":{"epoch":"f","seq":8},"u":{"epoch":"new","seq":5},"v":{"epoch":"e","seq":1}}"#,
        ));
        assert_eq!(
            place.position().to_string(),
            r#"{"s":{"epoch":"e","seq":6},"t":{"epoch":"f","seq":9},"u":{"epoch":"old","seq":1}}"#
        );
    }
}
