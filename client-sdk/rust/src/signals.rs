//! What readers of subscriptions tell the driver without waiting: that there is room, or that they have gone.

use std::mem::take;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::task::AtomicWaker;
use tokio::sync::Semaphore;

use crate::limits::MAX_UNSENT;

/// Shared by the driver and all subscriptions of a client.
#[derive(Debug)]
pub(crate) struct Signals {
    /// The driver's task.
    pub(crate) driver: AtomicWaker,
    /// Whether the driver has stopped reading until a reader makes room.
    pub(crate) held: AtomicBool,
    /// Whether the program closes the session. Without a connection, that waits for nothing else.
    closing: AtomicBool,
    /// Whether the program doubts the connection.
    checking: AtomicBool,
    /// Whether nobody can ask anything any more.
    forgotten: AtomicBool,
    buffered_bytes: AtomicUsize,
    /// Room for messages that await no answer. Each takes one permit until it is written; closed with the session.
    pub(crate) unsent: Semaphore,
    /// Never longer than there are subscriptions: each is dropped once.
    dropped: Mutex<Vec<u32>>,
}

impl Default for Signals {
    fn default() -> Self {
        Self {
            driver: AtomicWaker::new(),
            held: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            checking: AtomicBool::new(false),
            forgotten: AtomicBool::new(false),
            buffered_bytes: AtomicUsize::new(0),
            unsent: Semaphore::new(MAX_UNSENT),
            dropped: Mutex::default(),
        }
    }
}

impl Signals {
    /// Says that a buffer has room again.
    pub(crate) fn room(&self) {
        // Sequentially consistent: either the driver sees the room, or this sees that it is held.
        if self.held.load(Ordering::SeqCst) {
            self.driver.wake();
        }
    }

    /// Says that the reader of a subscription has gone.
    pub(crate) fn subscription_dropped(&self, sub: u32) {
        lock(&self.dropped).push(sub);
        self.driver.wake();
    }

    /// Says that the program closes the session.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::Release);
        self.driver.wake();
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    /// Says that the program doubts the connection.
    pub(crate) fn check(&self) {
        self.checking.store(true, Ordering::Release);
        self.driver.wake();
    }

    /// Whether it does since the last call.
    pub(crate) fn take_check(&self) -> bool {
        self.checking.swap(false, Ordering::AcqRel)
    }

    /// Says that nobody can ask anything any more.
    pub(crate) fn forget(&self) {
        self.forgotten.store(true, Ordering::Release);
        self.driver.wake();
    }

    pub(crate) fn is_forgotten(&self) -> bool {
        self.forgotten.load(Ordering::Acquire)
    }

    /// The subscriptions whose readers have gone since the last call.
    pub(crate) fn take_dropped(&self) -> Vec<u32> {
        take(&mut *lock(&self.dropped))
    }

    /// What all buffers hold together, in bytes.
    pub(crate) fn buffered_bytes(&self) -> usize {
        self.buffered_bytes.load(Ordering::Relaxed)
    }

    /// Accounts for a buffer that went from one size to another.
    pub(crate) fn resized(&self, before_bytes: usize, after_bytes: usize) {
        if after_bytes >= before_bytes {
            self.buffered_bytes.fetch_add(after_bytes - before_bytes, Ordering::Relaxed);
        } else {
            self.buffered_bytes.fetch_sub(before_bytes - after_bytes, Ordering::Relaxed);
        }
    }
}

/// Locks, whoever panicked with the lock held: what these locks guard is consistent between any two statements.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
