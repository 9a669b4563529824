//! Presence without sessions: rosters against a plain list, and the registry at its bounds.

mod model;
mod registry;
mod rosters;

use std::sync::Arc;
use std::time::Duration;

use fanfare_protocol::Pattern;

use super::member::Who;
use super::settings::{MemberBy, PresenceConfig};
use crate::clock::Moment;

const LINGER: Duration = Duration::from_secs(5);

fn config(by: MemberBy) -> PresenceConfig {
    PresenceConfig { patterns: vec![Pattern::new("rooms.>").unwrap()], by, linger: LINGER, announce: true }
}

#[allow(clippy::unnecessary_wraps, reason = "it stands where nobody may")]
fn who(subject: &str) -> Option<Arc<Who>> {
    Some(Arc::new(Who { subject: Some(subject.into()), info: None }))
}

fn at_ms(ms: u64) -> Moment {
    Moment::after_start(Duration::from_millis(ms))
}
