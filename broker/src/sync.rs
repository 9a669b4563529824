//! The primitives that threads meet in, named once so that a model checker can stand in for them.

pub(crate) use parking_lot::{Mutex, MutexGuard, RwLock};
