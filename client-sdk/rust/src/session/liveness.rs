//! Whether the broker is still there, and whether it can tell that this client is.

use std::time::{Duration, Instant};

use crate::limits::{ASLEEP, CHECK_TIMEOUT, SILENT_HEARTBEATS};

/// What the passing of time asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing.
    Fine,
    /// The broker must hear something, or it gives this session up.
    Speak,
    /// The broker must be asked for a sign of life.
    Ask,
    /// Nothing came for this long: the connection is dead.
    Dead(Duration),
}

/// Watches one session once it is welcome.
#[derive(Debug, Default)]
pub(super) struct Liveness {
    heartbeat: Option<Duration>,
    watch: Option<Watch>,
    /// A sign of life was asked for, and must come by then.
    expected: Option<Instant>,
}

/// What is watched: the broker, unless its frames are left unread on purpose.
#[derive(Debug)]
enum Watch {
    Listening { heard: Instant },
    Holding { spoke: Instant },
}

impl Liveness {
    /// Begins to watch; a broker that names no heartbeat isn't watched.
    pub(super) fn begin(&mut self, now: Instant, heartbeat_ms: u64) {
        self.heartbeat = (heartbeat_ms > 0).then(|| Duration::from_millis(heartbeat_ms));
        self.watch = Some(Watch::Listening { heard: now });
    }

    /// Something came.
    pub(super) fn heard(&mut self, now: Instant) {
        self.expected = None;
        if let Some(Watch::Listening { heard }) = &mut self.watch {
            *heard = now;
        }
    }

    /// Reading stops or goes on. While it is stopped, pings go unread and so unanswered: the client must speak of
    /// its own accord.
    pub(super) fn hold(&mut self, now: Instant, held: bool) {
        match (&self.watch, held) {
            (Some(Watch::Listening { .. }), true) => self.watch = Some(Watch::Holding { spoke: now }),
            (Some(Watch::Holding { .. }), false) => self.watch = Some(Watch::Listening { heard: now }),
            _ => {}
        }
    }

    /// A sign of life must come soon; says whether it is to be asked for, which happens once.
    pub(super) fn expect(&mut self, now: Instant) -> bool {
        let fresh = self.expected.is_none();
        self.expected.get_or_insert(now + CHECK_TIMEOUT);
        fresh
    }

    /// When to ask again.
    pub(super) fn due(&self) -> Option<Instant> {
        self.expected.or_else(|| self.watch_due())
    }

    fn watch_due(&self) -> Option<Instant> {
        match self.watch.as_ref()? {
            Watch::Listening { heard } => Some(*heard + self.heartbeat? * SILENT_HEARTBEATS),
            Watch::Holding { spoke } => Some(*spoke + self.heartbeat?),
        }
    }

    /// What the time asks for. Whoever looks far too late has not run meanwhile, as when it was stopped or its machine
    /// slept: what came then may still wait to be read, so the broker is asked first.
    pub(super) fn judge(&mut self, now: Instant) -> Verdict {
        let Some(due) = self.due().filter(|due| *due <= now) else { return Verdict::Fine };
        if self.expected.is_some() {
            return Verdict::Dead(CHECK_TIMEOUT);
        }
        match &mut self.watch {
            Some(Watch::Listening { .. }) if now - due >= ASLEEP => Verdict::Ask,
            Some(Watch::Listening { heard }) => Verdict::Dead(now - *heard),
            Some(Watch::Holding { spoke }) => {
                *spoke = now;
                Verdict::Speak
            }
            None => Verdict::Fine,
        }
    }
}
