//! Light subscribers, made to be many: they check what they hear as they hear it, and keep little of it.
//!
//! - [`Session`]: one connection, whose frames are looked at in its buffer;
//! - [`Subscriber`]: subscriptions over many sessions, each resumed where it stood;
//! - [`Ledger`]: what a subscriber has heard of numbered messages, and what it was told that it can't hear.

mod ledger;
mod session;
mod subscriber;

pub use ledger::Ledger;
pub use session::Session;
pub use subscriber::Subscriber;
