//! What an operator says of presence: where it is kept, what a member is, and how long a lost one is waited for.

use std::time::Duration;

use fanfare_protocol::Pattern;

/// One `[[presence]]` as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresenceConfig {
    /// The topics on which presence is kept; no topic may be in two of them.
    pub patterns: Vec<Pattern>,
    /// What counts as one member.
    pub by: MemberBy,
    /// Time that a member whose connection was lost is waited for, before it leaves.
    pub linger: Duration,
    /// Whether joins and leaves are published on `$presence.<topic>`.
    pub announce: bool,
}

/// What counts as one member of a topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MemberBy {
    /// Each session.
    #[default]
    Session,
    /// All sessions of a subject together; a session without one counts by itself.
    Subject,
}
