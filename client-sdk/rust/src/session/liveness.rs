//! Whether the broker is still there, and whether it can tell that this client is.

use std::time::{Duration, Instant};

use crate::limits::SILENT_HEARTBEATS;

/// What the passing of time asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing.
    Fine,
    /// The broker must hear something, or it gives this session up.
    Speak,
    /// Nothing came for this long: the connection is dead.
    Dead(Duration),
}

/// Watches one session once it is welcome.
#[derive(Debug, Default)]
pub(super) struct Liveness {
    heartbeat: Option<Duration>,
    watch: Option<Watch>,
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

    /// When to ask again.
    pub(super) fn due(&self) -> Option<Instant> {
        match self.watch.as_ref()? {
            Watch::Listening { heard } => Some(*heard + self.heartbeat? * SILENT_HEARTBEATS),
            Watch::Holding { spoke } => Some(*spoke + self.heartbeat?),
        }
    }

    /// What the time asks for.
    pub(super) fn judge(&mut self, now: Instant) -> Verdict {
        if self.due().is_none_or(|due| now < due) {
            return Verdict::Fine;
        }
        match &mut self.watch {
            Some(Watch::Listening { heard }) => Verdict::Dead(now - *heard),
            Some(Watch::Holding { spoke }) => {
                *spoke = now;
                Verdict::Speak
            }
            None => Verdict::Fine,
        }
    }
}
