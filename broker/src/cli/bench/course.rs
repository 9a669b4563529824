//! What the threads of a run share: its plan, how far it is, and few counts.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, Semaphore, watch};

use super::plan::{Pace, Plan};

/// How far a run is. It only ever goes forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// Connections are being opened.
    Connecting,
    /// Messages are sent; how they fare does not count yet.
    WarmingUp,
    /// Messages are sent and measured.
    Measuring,
    /// No more are sent; what is under way is awaited.
    Draining,
    /// Nothing more is awaited.
    Over,
}

/// What the threads of a run share.
#[derive(Debug)]
pub(super) struct Course {
    pub(super) plan: Plan,
    /// Times are told as nanoseconds since then.
    began: Instant,
    phase: watch::Sender<Phase>,
    /// When the first message is due; what is due in the warm-up is not measured.
    first_due_ns: AtomicU64,
    connected: AtomicUsize,
    /// How many messages were sent to each topic.
    sent: Box<[AtomicU64]>,
    /// A permit for each publisher that sends no more.
    finished: Semaphore,
    delivered: AtomicU64,
    /// The count of deliveries that somebody waits for.
    awaited: AtomicU64,
    arrived: Notify,
    /// Subscribed connections that have ended too early.
    ended: AtomicUsize,
    /// Messages that may be sent now, where their number under way is bounded.
    room: Semaphore,
}

impl Course {
    pub(super) fn new(plan: Plan) -> Self {
        let room = match plan.pace {
            Pace::InFlight(messages) => messages,
            Pace::Rate(_) | Pace::Idle => 0,
        };
        Self {
            began: Instant::now(),
            phase: watch::Sender::new(Phase::Connecting),
            first_due_ns: AtomicU64::new(u64::MAX),
            connected: AtomicUsize::new(0),
            sent: (0..plan.topics).map(|_| AtomicU64::new(0)).collect(),
            finished: Semaphore::new(0),
            delivered: AtomicU64::new(0),
            awaited: AtomicU64::new(u64::MAX),
            arrived: Notify::new(),
            ended: AtomicUsize::new(0),
            room: Semaphore::new(room),
            plan,
        }
    }

    /// Nanoseconds since the run began.
    pub(super) fn now_ns(&self) -> u64 {
        nanos(self.began.elapsed())
    }

    /// Goes on to the next phase.
    pub(super) fn enter(&self, phase: Phase) {
        if phase == Phase::WarmingUp {
            self.first_due_ns.store(self.now_ns(), Ordering::Relaxed);
        }
        self.phase.send_replace(phase);
    }

    /// Waits until the run is as far as this.
    pub(super) async fn reaches(&self, phase: Phase) {
        // The sender stands beside the receiver, so it can't be gone.
        let _ = self.phase.subscribe().wait_for(|now| *now >= phase).await;
    }

    /// Whether the run is as far as this.
    pub(super) fn is(&self, phase: Phase) -> bool {
        *self.phase.borrow() >= phase
    }

    /// When the first message is due.
    pub(super) fn first_due_ns(&self) -> u64 {
        self.first_due_ns.load(Ordering::Relaxed)
    }

    /// When the first message is due that is measured.
    pub(super) fn measured_from_ns(&self) -> u64 {
        self.first_due_ns().saturating_add(nanos(self.plan.warm_up))
    }

    /// A connection stands.
    pub(super) fn count_connected(&self) {
        self.connected.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn connected(&self) -> usize {
        self.connected.load(Ordering::Relaxed)
    }

    /// A subscribed connection has ended too early.
    pub(super) fn count_ended(&self) {
        if self.ended.fetch_add(1, Ordering::Relaxed) + 1 == self.plan.connections {
            self.arrived.notify_one();
        }
    }

    /// Whether nobody is left who could hear anything.
    pub(super) fn is_deserted(&self) -> bool {
        self.ended.load(Ordering::Relaxed) >= self.plan.connections
    }

    /// A message of a topic is sent.
    pub(super) fn count_sent(&self, topic: usize) {
        if let Some(sent) = self.sent.get(topic) {
            sent.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many messages were sent to a topic.
    pub(super) fn sent(&self, topic: usize) -> u64 {
        self.sent.get(topic).map_or(0, |sent| sent.load(Ordering::Relaxed))
    }

    /// How many messages were sent.
    pub(super) fn sent_in_all(&self) -> u64 {
        self.sent.iter().map(|sent| sent.load(Ordering::Relaxed)).sum()
    }

    /// How many deliveries all that was sent should cause.
    pub(super) fn deliveries_due(&self) -> u64 {
        (0..self.plan.topics).map(|topic| self.sent(topic) * self.plan.subscribers(topic) as u64).sum()
    }

    /// A publisher sends no more.
    pub(super) fn count_finished(&self) {
        self.finished.add_permits(1);
    }

    /// Waits until no publisher sends any more.
    pub(super) async fn publishers_finish(&self) {
        let publishers = u32::try_from(self.plan.publishers).unwrap_or(u32::MAX);
        // The semaphore is never closed.
        let _ = self.finished.acquire_many(publishers).await;
    }

    /// So many messages reached one of their subscribers for the first time.
    pub(super) fn count_delivered(&self, deliveries: u64) {
        let before = self.delivered.fetch_add(deliveries, Ordering::Relaxed);
        let after = before + deliveries;
        if matches!(self.plan.pace, Pace::InFlight(_)) {
            let room = self.whole_messages(after) - self.whole_messages(before);
            self.room.add_permits(usize::try_from(room).unwrap_or_default());
        }
        if after >= self.awaited.load(Ordering::Relaxed) {
            self.arrived.notify_one();
        }
    }

    pub(super) fn delivered(&self) -> u64 {
        self.delivered.load(Ordering::Relaxed)
    }

    /// Waits until there are so many deliveries, or nobody is left to hear them.
    pub(super) async fn deliveries_reach(&self, deliveries: u64) {
        self.awaited.store(deliveries, Ordering::Relaxed);
        while self.delivered() < deliveries && !self.is_deserted() {
            self.arrived.notified().await;
        }
    }

    /// Waits until a message may be sent, where their number under way is bounded.
    pub(super) async fn room(&self) {
        if let Ok(permit) = self.room.acquire().await {
            permit.forget();
        }
    }

    /// Takes room for a message if there is some.
    pub(super) fn try_room(&self) -> bool {
        self.room.try_acquire().map(tokio::sync::SemaphorePermit::forget).is_ok()
    }

    /// How many messages so many deliveries make up, topics being equal.
    fn whole_messages(&self, deliveries: u64) -> u64 {
        let (topics, connections) = (self.plan.topics as u128, self.plan.connections as u128);
        u64::try_from(u128::from(deliveries) * topics / connections).unwrap_or(u64::MAX)
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::plan::tests::plan;
    use super::*;

    #[test]
    fn a_message_makes_room_for_the_next_when_all_have_it() {
        let course = Course::new(
            Plan { connections: 3, topics: 2, pace: Pace::InFlight(2), ..plan() }.check().unwrap(),
        );
        assert!(course.try_room() && course.try_room() && !course.try_room());
        course.count_delivered(1);
        assert!(!course.try_room(), "a message has one and a half subscribers");
        course.count_delivered(2);
        assert!(course.try_room() && course.try_room() && !course.try_room());
    }

    #[test]
    fn what_is_due_in_the_warm_up_is_not_measured() {
        let course = Course::new(plan());
        course.enter(Phase::WarmingUp);
        assert_eq!(course.measured_from_ns() - course.first_due_ns(), 2_000_000_000);
    }
}
