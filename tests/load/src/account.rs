//! What one subscription of Fanfare was told, sequence by sequence: every message once, or an exact gap.
//!
//! Only for a pattern that meets all there is in its stream: then each sequence must come.

use fanfare_protocol::frame::{Gap, ServerFrame};
use fanfare_protocol::{Epoch, Position, StreamName, StreamPosition};

/// What one subscription was told of the only stream there is, also over several connections.
#[derive(Debug, Default)]
pub struct Account {
    stream: Option<(StreamName, Epoch)>,
    /// The last sequence dealt with: delivered, or in a gap.
    head: u64,
    /// The last sequence that a gap spoke of.
    gap_head: u64,
    /// What went right and wrong.
    pub told: Told,
}

/// How many sequences were told of, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Delivered, each for the first time and in order.
    pub messages: u64,
    /// Passed over, and a gap said so.
    pub in_gaps: u64,
    /// Passed over in silence.
    pub in_silence: u64,
    /// Delivered again, or after a later one.
    pub again: u64,
}

impl Account {
    /// Takes note of a frame.
    pub fn take(&mut self, frame: &ServerFrame<'_>) {
        match frame {
            ServerFrame::Subscribed(subscribed) if self.stream.is_none() => self.begin(&subscribed.position),
            ServerFrame::Message { message, .. } => {
                if let Some(sequenced) = &message.sequenced {
                    self.message(sequenced.seq);
                }
            }
            ServerFrame::Gap { gap, .. } => self.gap(gap),
            ServerFrame::Live { position, .. } | ServerFrame::Ping { position: Some(position), .. } => {
                let head = position.0.values().map(|position| position.seq).max().unwrap_or(0);
                self.pass_over(head + 1);
            }
            _ => {}
        }
    }

    /// Where the subscription stands; none before it was confirmed.
    pub fn position(&self) -> Option<Position> {
        let (stream, epoch) = self.stream.clone()?;
        Some(Position::from_iter([(stream, StreamPosition { epoch, seq: self.head })]))
    }

    /// The last sequence dealt with.
    pub fn head(&self) -> u64 {
        self.head
    }

    fn begin(&mut self, position: &Position) {
        if let Some((stream, position)) = position.0.iter().next() {
            self.stream = Some((stream.clone(), position.epoch.clone()));
            self.head = position.seq;
        }
    }

    fn message(&mut self, seq: u64) {
        if seq <= self.head {
            self.told.again += 1;
            return;
        }
        self.pass_over(seq);
        self.told.messages += 1;
        self.head = seq;
    }

    fn gap(&mut self, gap: &Gap) {
        self.gap_head = self.gap_head.max(gap.to.unwrap_or(0));
    }

    /// All before `next` is dealt with: what no gap has spoken of was passed over in silence.
    fn pass_over(&mut self, next: u64) {
        let passed = next.saturating_sub(self.head + 1);
        let in_gap = self.gap_head.min(next - 1).saturating_sub(self.head);
        self.told.in_gaps += in_gap;
        self.told.in_silence += passed - in_gap;
        self.head = self.head.max(next - 1);
    }
}

#[cfg(test)]
mod tests {
    use fanfare_protocol::GapReason;
    use fanfare_protocol::frame::{Message, Sequenced, Subscribed};
    use fanfare_protocol::{Payload, Topic};

    use super::*;

    enum Heard {
        Message(u64),
        Gap(u64, u64),
        Live(u64),
    }
    use Heard::{Gap as Missing, Live, Message as Got};

    fn position(seq: u64) -> Position {
        let stream = StreamName::new("recent").expect("a name");
        Position::from_iter([(stream, StreamPosition { epoch: Epoch::new("e").expect("an epoch"), seq })])
    }

    fn message(seq: u64) -> ServerFrame<'static> {
        let stream = StreamName::new("recent").expect("a name");
        let message = Message {
            topic: Topic::new("t").expect("a topic"),
            payload: Payload::bytes(b""),
            time_ms: 0,
            sequenced: Some(Sequenced { stream, seq, prev: None }),
            by: None,
            headers: None,
        };
        ServerFrame::Message { sub: 1, message }
    }

    fn gap(from: u64, to: u64) -> ServerFrame<'static> {
        let gap = Gap {
            reason: GapReason::Expired,
            stream: StreamName::new("recent").ok(),
            from: Some(from),
            to: Some(to),
            count: None,
            position: None,
        };
        ServerFrame::Gap { sub: 1, gap }
    }

    fn check(heard: &[Heard], messages: u64, in_gaps: u64, in_silence: u64, again: u64) {
        let mut account = Account::default();
        let (position, recovered) = (position(10), None);
        account.take(&ServerFrame::Subscribed(Subscribed {
            sub: 1,
            pattern: None,
            position,
            recovered,
            live: true,
            ephemeral: false,
        }));
        for frame in heard {
            account.take(&match *frame {
                Got(seq) => message(seq),
                Missing(from, to) => gap(from, to),
                Live(seq) => ServerFrame::Live { sub: 1, position: self::position(seq) },
            });
        }
        assert_eq!(account.told, Told { messages, in_gaps, in_silence, again });
    }

    #[test]
    fn every_message_in_order_is_all_there_is_to_tell() {
        check(&[Got(11), Got(12), Got(13), Live(13)], 3, 0, 0, 0);
    }

    #[test]
    fn what_a_gap_names_is_not_passed_over_in_silence() {
        check(&[Got(11), Missing(12, 20), Got(21)], 2, 9, 0, 0);
        check(&[Missing(11, 20), Got(15), Got(21)], 2, 9, 0, 0);
        check(&[Missing(11, 20), Live(20)], 0, 10, 0, 0);
    }

    #[test]
    fn what_no_gap_names_is_passed_over_in_silence() {
        check(&[Got(12)], 1, 0, 1, 0);
        check(&[Missing(11, 12), Got(14)], 1, 2, 1, 0);
        check(&[Got(11), Live(13)], 1, 0, 2, 0);
    }

    #[test]
    fn what_comes_again_is_told_of() {
        check(&[Got(11), Got(12), Got(11), Got(12), Got(13)], 3, 0, 0, 2);
    }

    #[test]
    fn the_position_is_what_was_dealt_with() {
        let mut account = Account::default();
        assert_eq!(account.position(), None);
        let subscribed = Subscribed {
            sub: 1,
            pattern: None,
            position: position(3),
            recovered: None,
            live: true,
            ephemeral: false,
        };
        account.take(&ServerFrame::Subscribed(subscribed));
        account.take(&message(4));
        assert_eq!(account.position(), Some(position(4)));
    }
}
