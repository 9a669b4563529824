//! Where a subscription stands, as the wire defines it: what moves it, and how far.

use fanfare_protocol::{Position, StreamPosition};

use crate::event::Event;

/// Where a subscription stands after some of its events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    position: Position,
}

impl Place {
    /// At this position.
    pub(crate) fn at(position: Position) -> Self {
        Self { position }
    }

    pub(crate) fn position(&self) -> &Position {
        &self.position
    }

    /// Goes on past an event. A position in it is whole and replaces this one; a message moves its own stream's; a gap
    /// without a position moves nothing.
    pub(crate) fn pass(&mut self, event: &Event) {
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
            Event::Resumed(subscribed) => self.position.clone_from(&subscribed.position),
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
        let reason = GapReason::Reset;
        Event::Gap(Gap { reason, stream: None, from: None, to: Some(99), count: None, position })
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
