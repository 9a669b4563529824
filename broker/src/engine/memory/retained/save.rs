//! What is retained, over a restart.

use std::sync::Arc;

use fanfare_protocol::Topic;

use super::{Removed, Retained};
use crate::engine::memory::saved::{Marks, SavedStream};
use crate::engine::message::Message;
use crate::engine::settings::StreamConfig;
use crate::fault::{Fault, planted};

impl Retained {
    pub(in crate::engine::memory) fn marks(&self) -> Marks {
        Marks {
            head: self.head - u64::from(planted(Fault::RestartRegresses)).min(self.head),
            last_time_ms: self.last_time_ms,
            removed_through: self.removed_through,
            unreplaced_through: self.unreplaced_through,
        }
    }

    /// Every topic with a retained message, and the newest of its sequences that retention took.
    pub(in crate::engine::memory) fn save_topics(&self) -> Vec<(Topic, u64)> {
        self.topics.iter().map(|(topic, removed_through)| (topic.clone(), removed_through)).collect()
    }

    /// Every message, ascending.
    pub(in crate::engine::memory) fn save_messages(&self) -> Vec<Arc<Message>> {
        self.log.after(0).cloned().collect()
    }

    /// Retains what a stream did when it was saved. Limits of age and bytes are left to the next sweep.
    pub(in crate::engine::memory) fn restore(saved: SavedStream, config: &StreamConfig) -> Self {
        let Marks { head, last_time_ms, removed_through, unreplaced_through } = saved.marks;
        let mut retained =
            Self { head, last_time_ms, removed_through, unreplaced_through, ..Self::default() };
        for (topic, removed_through) in saved.topics {
            retained.topics.expect(topic, removed_through);
        }
        let mut removed = Removed::new();
        for message in saved.messages {
            let surplus = retained.note(message.topic(), message.seq(), config).surplus;
            retained.keep(message, surplus, &mut removed);
            removed.clear();
        }
        retained
    }
}
