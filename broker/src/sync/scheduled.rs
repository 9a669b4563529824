//! Locks for tests: `parking_lot`'s, each behind a gate where a controlled scheduler decides which thread goes on.
//!
//! A lock that is made while a schedule runs has a gate, which is one of shuttle's; every other has none and is
//! `parking_lot`'s alone. All threads of a schedule are one thread of the operating system. So the lock behind a gate is
//! always free for whoever has passed it: that is asserted, since waiting for it would stop all of them.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::sync::{LockResult, PoisonError};

use shuttle::sync as gates;

thread_local! {
    static SCHEDULED: Cell<bool> = const { Cell::new(false) };
}

/// Runs schedules: the locks that are made meanwhile, on this thread, have gates.
pub(crate) fn scheduled<T>(run: impl FnOnce() -> T) -> T {
    struct End;
    impl Drop for End {
        fn drop(&mut self) {
            SCHEDULED.set(false);
        }
    }
    SCHEDULED.set(true);
    let _end = End;
    run()
}

fn gate<G: Default>() -> Option<G> {
    SCHEDULED.get().then(G::default)
}

/// A thread that panics inside poisons its gate. `parking_lot` knows no poison, and what matters is the panic.
fn passed<G>(gate: LockResult<G>) -> G {
    gate.unwrap_or_else(PoisonError::into_inner)
}

const HELD: &str = "a lock is held by a thread that has not passed its gate";

#[derive(Debug)]
pub(crate) struct Mutex<T> {
    gate: Option<gates::Mutex<()>>,
    inner: parking_lot::Mutex<T>,
}

/// Fields are dropped in order: the lock is free before its gate is.
#[derive(Debug)]
pub(crate) struct MutexGuard<'a, T> {
    inner: parking_lot::MutexGuard<'a, T>,
    _gate: Option<gates::MutexGuard<'a, ()>>,
}

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { gate: gate(), inner: parking_lot::Mutex::new(value) }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        let Some(gate) = &self.gate else { return MutexGuard { inner: self.inner.lock(), _gate: None } };
        let gate = passed(gate.lock());
        MutexGuard { inner: self.inner.try_lock().expect(HELD), _gate: Some(gate) }
    }

    pub(crate) fn is_locked(&self) -> bool {
        self.inner.is_locked()
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}

#[derive(Debug)]
pub(crate) struct RwLock<T> {
    gate: Option<gates::RwLock<()>>,
    inner: parking_lot::RwLock<T>,
}

/// A lock taken to read or to write: `I` is `parking_lot`'s guard, `G` that of the gate.
#[derive(Debug)]
pub(crate) struct Guard<I, G> {
    inner: I,
    _gate: Option<G>,
}

type ReadGuard<'a, T> = Guard<parking_lot::RwLockReadGuard<'a, T>, gates::RwLockReadGuard<'a, ()>>;
type WriteGuard<'a, T> = Guard<parking_lot::RwLockWriteGuard<'a, T>, gates::RwLockWriteGuard<'a, ()>>;

impl<T> RwLock<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { gate: gate(), inner: parking_lot::RwLock::new(value) }
    }

    pub(crate) fn read(&self) -> ReadGuard<'_, T> {
        let Some(gate) = &self.gate else { return Guard { inner: self.inner.read(), _gate: None } };
        let gate = passed(gate.read());
        Guard { inner: self.inner.try_read().expect(HELD), _gate: Some(gate) }
    }

    pub(crate) fn write(&self) -> WriteGuard<'_, T> {
        let Some(gate) = &self.gate else { return Guard { inner: self.inner.write(), _gate: None } };
        let gate = passed(gate.write());
        Guard { inner: self.inner.try_write().expect(HELD), _gate: Some(gate) }
    }
}

impl<T: Default> Default for RwLock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<I: Deref, G> Deref for Guard<I, G> {
    type Target = I::Target;

    fn deref(&self) -> &I::Target {
        &self.inner
    }
}

impl<I: DerefMut, G> DerefMut for Guard<I, G> {
    fn deref_mut(&mut self) -> &mut I::Target {
        &mut self.inner
    }
}
