//! The primitives that threads meet in, named once so that in tests a controlled scheduler can decide who goes on.

#[cfg(test)]
mod scheduled;

#[cfg(not(test))]
pub(crate) use parking_lot::{Mutex, MutexGuard, RwLock};
#[cfg(test)]
pub(crate) use scheduled::{Mutex, MutexGuard, RwLock, scheduled};
