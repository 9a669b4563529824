//! Why a hub can't be built.

/// The hub can't be built.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// The operating system gives no random numbers, so no epoch can be named.
    #[error("the operating system gives no random numbers: {0}")]
    NoRandomness(#[from] getrandom::Error),
    /// A name that is part of this program breaks its own rules.
    #[error("an internal name is not valid: {0}")]
    InternalName(String),
}
