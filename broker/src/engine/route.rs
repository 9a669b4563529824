//! A route: what whoever passes messages on remembers of a topic from one message to the next.

/// Where a topic's messages go, as it was found out for the last one. The engine keeps it beside the topic, where it is at
/// hand, and does not look into it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Route {
    /// A set of destinations, one bit each.
    pub(crate) to: u64,
    /// What was known when it was found out; 0: nothing yet.
    pub(crate) version: u64,
}
