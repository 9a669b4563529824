//! Faults planted on purpose: tests break the broker in one place, to see that they would notice.
//!
//! Outside tests none can be planted: [`planted`] is the constant `false` there.

/// A way to break the broker. The code asks at the very place whether it is planted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A subscription that goes live is pushed the message again that it read last.
    RepeatAtLive,
    /// A subscription that goes live passes over the next message.
    SkipAtLive,
    /// A gap ends one before the last message that retention took.
    GapOneShort,
    /// A message expires one millisecond before its time.
    ExpiresEarly,
    /// A message expires one millisecond after its time.
    ExpiresLate,
    /// A stream keeps one message more than its bytes allow.
    BytesOneOver,
    /// A stream keeps one message more of a topic than it may.
    TopicOneOver,
    /// A stream does not count what a topic takes in its index.
    TopicUncounted,
    /// A stream that begins anew keeps its epoch.
    EpochKept,
    /// A resumed subscription begins one message after the next.
    ResumeLate,
    /// A resumed subscription begins with the message that its client has.
    ResumeEarly,
    /// What retention took before the shard could read it is not told.
    OverflowUntold,
    /// After a mailbox overflow, the stream is read from the message after the one that found no room.
    OverflowLate,
    /// A dropped ephemeral message is not counted.
    DroppedUncounted,
    /// A ping carries the head of a stream that overflowed the mailbox.
    PingOverflowed,
    /// Catching up, a session is sent what it asked not to hear.
    EchoBehind,
    /// A subscription that fell behind comes back to one message after the first that was taken out.
    RewindLate,
    /// A subscription that fell behind comes back to the message before the first that was taken out.
    RewindEarly,
    /// `behind` is not told.
    BehindUntold,
    /// What waits for an ended subscription is taken for that of the next one with its number.
    EndedFalls,
    /// An ephemeral message that a full queue drops is not counted.
    QueueDropUncounted,
    /// A batch of a conflated subscription goes out newest first.
    BatchOutOfOrder,
    /// A batch of a conflated subscription begins before its rate allows.
    RateIgnored,
    /// A waiting message is not replaced by a newer one.
    OlderKept,
    /// What came while a batch was on its way is not sent.
    BatchForgotten,
    /// A ping advances a conflated subscription with something waiting.
    PingConflated,
    /// A planned restart goes on one sequence too early.
    RestartRegresses,
    /// A planned restart forgets the keys.
    RestartForgetsKeys,
    /// The same key on two topics is one.
    KeyUnscoped,
    /// A removal below one that a reader knows of goes unnoticed.
    LateRemovalUnseen,
    /// A message goes to the mailboxes when the stream's lock is free again.
    MailUnlocked,
    /// Between the check of a publish's conditions and its append, the stream's lock is free.
    CheckedEarly,
    /// Between a look into an empty mailbox and leaving the waker, its lock is free.
    WakerLate,
    /// A subscription's heads are read before its interest is registered.
    InterestLate,
    /// That the patterns of a shard changed is told before they have.
    VersionEarly,
    /// A subscription's ephemeral messages begin after its heads were read.
    EphemeralLate,
    /// A reader takes the head for where it stands when the stream's lock is free again.
    FlipUnlocked,
    /// A full mailbox takes a stream's messages again when the stream's lock is free again.
    CaughtUpUnlocked,
    /// A ping carries heads that were read after the mailbox was drained.
    HeadsLate,
    /// The shard is asked to write out a close before it is queued.
    FlushEarly,
    /// Rosters that change while others are told of are not looked at.
    DueForgotten,
}

/// Whether this fault is planted.
#[cfg(not(test))]
pub(crate) const fn planted(_: Fault) -> bool {
    false
}

#[cfg(test)]
pub(crate) use planting::{plant, planted};

#[cfg(test)]
mod planting {
    use std::cell::Cell;

    use super::Fault;

    thread_local! {
        static PLANTED: Cell<Option<Fault>> = const { Cell::new(None) };
    }

    /// Whether this fault is planted on this thread.
    pub(crate) fn planted(fault: Fault) -> bool {
        PLANTED.get() == Some(fault)
    }

    /// Plants a fault on this thread, until what is returned goes.
    pub(crate) fn plant(fault: Fault) -> Planted {
        PLANTED.set(Some(fault));
        Planted(())
    }

    /// A planted fault; pulled out when it is dropped.
    #[derive(Debug)]
    pub(crate) struct Planted(());

    impl Drop for Planted {
        fn drop(&mut self) {
            PLANTED.set(None);
        }
    }
}
