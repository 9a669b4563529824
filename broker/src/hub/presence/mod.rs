//! Presence: who is subscribed to a topic by its exact name, for topics where the operator wants it kept.
//!
//! `roster` is the state machine of one topic, `registry` what all threads share of them, `sessions` where subscribing
//! and ending meet it, `announce` what is published of it, `ask` what is answered.

mod announce;
mod ask;
mod changes;
mod member;
mod registry;
mod resume;
mod roster;
mod sessions;
mod settings;
#[cfg(test)]
mod tests;

pub(crate) use ask::PresenceError;
#[cfg(test)]
pub(super) use changes::Happened;
#[cfg(test)]
pub(super) use registry::News;
pub(crate) use registry::Registry;
#[cfg(test)]
pub(super) use roster::Going;
pub use settings::{MemberBy, PresenceConfig};
