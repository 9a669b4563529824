//! A message's JSON body: made when the first reader asks, and charged to its stream for as long as that retains it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

/// The body's bytes stand in the ledger, or stood there.
const CHARGED: u8 = 1;
/// The stream has let the message go.
const RELEASED: u8 = 2;

/// The JSON bodies that a stream's messages hold, in bytes.
pub(crate) type Ledger = AtomicUsize;

#[derive(Debug, Default)]
pub(super) struct JsonBody {
    body: OnceLock<Box<[u8]>>,
    state: AtomicU8,
}

impl JsonBody {
    /// The body; `make` makes it at the first call.
    pub(super) fn get(&self, ledger: Option<&Ledger>, make: impl FnOnce() -> Box<[u8]>) -> &[u8] {
        if let Some(body) = self.body.get() {
            return body;
        }
        let mut is_new = false;
        let body = self.body.get_or_init(|| {
            is_new = true;
            make()
        });
        if let Some(ledger) = ledger.filter(|_| is_new) {
            ledger.fetch_add(body.len(), Ordering::Relaxed);
            // Whoever comes second, this or the release, takes the bytes out again.
            if self.state.fetch_or(CHARGED, Ordering::AcqRel) & RELEASED != 0 {
                ledger.fetch_sub(body.len(), Ordering::Relaxed);
            }
        }
        body
    }

    /// The stream lets the message go: whoever still holds it pays for the body.
    pub(super) fn release(&self, ledger: &Ledger) {
        let before = self.state.fetch_or(RELEASED, Ordering::AcqRel);
        if before & CHARGED != 0 && before & RELEASED == 0 {
            ledger.fetch_sub(self.body.get().map_or(0, |body| body.len()), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_charged_once_and_only_while_its_message_is_retained() {
        let ledger = Ledger::default();
        let make = || Box::from([0; 7]);
        let (kept, gone) = (JsonBody::default(), JsonBody::default());
        kept.get(Some(&ledger), make);
        kept.get(Some(&ledger), make);
        assert_eq!(ledger.load(Ordering::Relaxed), 7);
        gone.release(&ledger);
        gone.get(Some(&ledger), make);
        assert_eq!(ledger.load(Ordering::Relaxed), 7);
        kept.release(&ledger);
        assert_eq!(ledger.load(Ordering::Relaxed), 0);
    }
}
