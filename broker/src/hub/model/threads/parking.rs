//! A thread that waits for its waker.

use std::sync::Arc;
use std::task::{Wake, Waker};

use shuttle::thread::{self, Thread};

struct Parked(Thread);

impl Wake for Parked {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Lets the thread that calls this go on when it is parked.
pub(super) fn waker() -> Waker {
    Arc::new(Parked(thread::current())).into()
}
