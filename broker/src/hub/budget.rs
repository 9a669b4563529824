//! The budget of all outbound queues together: each shard keeps to its share of it.

/// The queues are added up each time that this part of the budget was put into them.
const CHECKS_PER_BUDGET: usize = 8;

/// A shard's share of the budget. Sessions are spread evenly, and so is the budget.
#[derive(Debug)]
pub(super) struct Budget {
    /// Bytes that may wait in all queues of the shard.
    share: usize,
    /// Bytes put into them since they were last added up.
    spent: usize,
}

impl Budget {
    pub(super) fn new(share: usize) -> Self {
        Self { share, spent: 0 }
    }

    /// Changes the share.
    pub(super) fn share_is(&mut self, share: usize) {
        self.share = share;
    }

    /// Notes bytes put into a queue.
    pub(super) fn spend(&mut self, bytes: usize) {
        self.spent += bytes;
    }

    /// Whether the queues are to be added up; not again for a while then.
    pub(super) fn is_check_due(&mut self) -> bool {
        let due = self.spent >= self.share / CHECKS_PER_BUDGET;
        if due {
            self.spent = 0;
        }
        due
    }

    /// What may wait when the queues are added up: as much can come on top until the next time.
    pub(super) fn most(&self) -> usize {
        self.share - self.share / CHECKS_PER_BUDGET
    }

    /// What a session that catches up may have waiting before it reads on, if all of them do.
    pub(super) fn low_water(&self, sessions: usize) -> usize {
        (self.share / 2 / sessions.max(1)).max(1)
    }
}
