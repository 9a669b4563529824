//! A publisher of numbered messages that is alone in its stream: number n has sequence n + 1.

use std::ops::Range;

use fanfare_protocol::frame::Publish;
use fanfare_protocol::{ClientFrame, Encoding, Payload, ServerFrame, Topic};
use fanfare_tests::crowd::Session;
use fanfare_tests::{Broker, within};

/// Publishes to one topic, unacknowledged but for the last of each range.
#[derive(Debug)]
pub(crate) struct Flow {
    session: Session,
    topic: Topic,
    /// Follows the number in each payload.
    filling: String,
}

impl Flow {
    /// A publisher whose payloads are about as many bytes.
    pub(crate) async fn new(broker: &Broker, topic: &str, payload_bytes: usize) -> Self {
        let session = Session::open(broker.client(), Encoding::MsgPack, &[]).await;
        Self { session, topic: Topic::new(topic).unwrap(), filling: format!(" {:x<payload_bytes$}", "") }
    }

    /// Publishes these numbers in one write.
    pub(crate) async fn publish(&mut self, numbers: Range<usize>) {
        let frames: Vec<u8> = numbers.flat_map(|number| self.frame(number, None)).collect();
        self.session.write(&frames).await;
    }

    /// Publishes a number; it and all before it are acknowledged when this returns.
    pub(crate) async fn publish_acknowledged(&mut self, number: usize) {
        let frame = self.frame(number, Some(number as u64));
        self.session.write(&frame).await;
        let mut acknowledged = None;
        while acknowledged.is_none() {
            within("an acknowledgement", self.session.fill()).await;
            self.session.drain(|frame| match frame {
                ServerFrame::Published(published) => acknowledged = Some(published.at.unwrap().seq),
                ServerFrame::Welcome(_) | ServerFrame::Ping { .. } => {}
                other => panic!("nothing else was due: {other:?}"),
            });
        }
        assert_eq!(acknowledged, Some(number as u64 + 1), "nobody else publishes");
    }

    fn frame(&self, number: usize, id: Option<u64>) -> Vec<u8> {
        let payload = Payload::text(format!("{number}{}", self.filling));
        let (topic, key, expect, headers) = (self.topic.clone(), None, None, None);
        let publish = Publish { id, topic, payload, key, expect, echo: true, headers };
        self.session.encode(&ClientFrame::Publish(publish))
    }
}

/// The sequences of so many acknowledged numbers.
pub(crate) fn sequences(numbers: usize) -> Vec<u64> {
    (1..=numbers as u64).collect()
}
