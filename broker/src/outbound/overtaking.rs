//! What overtakes the messages of a session: whole control frames, and answers.

use std::collections::VecDeque;

use super::entry::ENTRY_BYTES;

/// Control frames and answers that wait. Boxed while there are any, for every idle session would carry their room.
#[derive(Debug, Default)]
pub(super) struct Overtaking(Option<Box<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    /// Whole WebSocket control frames (pongs, the answer to a close).
    control: Vec<u8>,
    answers: VecDeque<Box<[u8]>>,
    /// What the answers take, in bytes.
    answer_bytes: usize,
}

impl Overtaking {
    pub(super) fn is_empty(&self) -> bool {
        self.0.as_deref().is_none_or(Waiting::is_empty)
    }

    pub(super) fn control(&self) -> &[u8] {
        self.0.as_deref().map_or(&[], |waiting| &waiting.control)
    }

    pub(super) fn push_control(&mut self, bytes: &[u8]) {
        self.0.get_or_insert_default().control.extend_from_slice(bytes);
    }

    pub(super) fn clear_control(&mut self) {
        if let Some(waiting) = self.0.as_deref_mut() {
            waiting.control.clear();
        }
    }

    pub(super) fn push_answer(&mut self, payload: Box<[u8]>) {
        let waiting = self.0.get_or_insert_default();
        waiting.answer_bytes += weight(&payload);
        waiting.answers.push_back(payload);
    }

    pub(super) fn pop_answer(&mut self) {
        let Some(waiting) = self.0.as_deref_mut() else { return };
        if let Some(payload) = waiting.answers.pop_front() {
            waiting.answer_bytes -= weight(&payload);
        }
    }

    /// The answers that wait, in order.
    pub(super) fn answers(&self) -> impl Iterator<Item = &[u8]> {
        self.0.as_deref().into_iter().flat_map(|waiting| &waiting.answers).map(|payload| &**payload)
    }

    /// What the answers take, in bytes.
    pub(super) fn answer_bytes(&self) -> usize {
        self.0.as_deref().map_or(0, |waiting| waiting.answer_bytes)
    }

    /// Keeps the first answers only.
    pub(super) fn truncate_answers(&mut self, len: usize) {
        let Some(waiting) = self.0.as_deref_mut() else { return };
        waiting.answers.truncate(len);
        waiting.answer_bytes = waiting.answers.iter().map(|payload| weight(payload)).sum();
    }

    /// Gives back memory while nothing waits.
    pub(super) fn shrink(&mut self) {
        if self.is_empty() {
            self.0 = None;
        }
    }
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.control.is_empty() && self.answers.is_empty()
    }
}

fn weight(payload: &[u8]) -> usize {
    payload.len() + ENTRY_BYTES
}
