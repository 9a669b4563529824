//! What others may want to know of a session: who it is, and how it does. Each session carries it, so it is small.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use fanfare_protocol::ErrorCode;

use crate::clock::Moment;
use crate::sync::Mutex;

/// Facts of a session. The counts are written by its shard alone.
#[derive(Debug)]
pub(crate) struct About {
    address: IpAddr,
    opened: Moment,
    subscriptions: AtomicU32,
    behind: AtomicU32,
    /// What only some sessions have.
    told: Mutex<Option<Box<Told>>>,
}

/// What became known of a session since it was opened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    /// What its program calls itself.
    pub(crate) name: Option<Arc<str>>,
    /// The last error that it was told, and when, in milliseconds since 1970.
    pub(crate) last_error: Option<(ErrorCode, u64)>,
}

/// What is said of a session in the memory of every idle one, in bytes.
#[cfg(not(test))]
const _: () = assert!(size_of::<About>() <= 64);

impl About {
    /// Those of a session that begins now.
    pub(crate) fn new(address: IpAddr, opened: Moment) -> Self {
        Self {
            address,
            opened,
            subscriptions: AtomicU32::new(0),
            behind: AtomicU32::new(0),
            told: Mutex::new(None),
        }
    }

    /// Where it comes from; behind a trusted proxy, what that says.
    pub(crate) fn address(&self) -> IpAddr {
        self.address
    }

    /// When it shook hands.
    pub(crate) fn opened(&self) -> Moment {
        self.opened
    }

    /// How many subscriptions it has, and how many of them are behind.
    pub(crate) fn counts(&self) -> (u32, u32) {
        (self.subscriptions.load(Ordering::Relaxed), self.behind.load(Ordering::Relaxed))
    }

    pub(crate) fn set_subscriptions(&self, subscriptions: usize) {
        self.subscriptions.store(u32::try_from(subscriptions).unwrap_or(u32::MAX), Ordering::Relaxed);
    }

    pub(crate) fn set_behind(&self, behind: u32) {
        self.behind.store(behind, Ordering::Relaxed);
    }

    /// What became known of it.
    pub(crate) fn told(&self) -> Told {
        self.told.lock().as_deref().cloned().unwrap_or_default()
    }

    pub(crate) fn set_name(&self, name: &str) {
        self.told.lock().get_or_insert_default().name = Some(Arc::from(name));
    }

    /// Notes an error that it is told.
    pub(crate) fn note_error(&self, code: ErrorCode, wall_ms: u64) {
        self.told.lock().get_or_insert_default().last_error = Some((code, wall_ms));
    }
}

impl Default for About {
    /// Those of a session without a socket.
    fn default() -> Self {
        Self::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), Moment::default())
    }
}
