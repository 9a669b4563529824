//! Whose something is of which each may have a part: a subject's, or an address's where nobody says who they are.

use std::net::IpAddr;
use std::sync::Arc;

use crate::network::Network;

/// Who is counted as one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Whose {
    /// One subject, wherever it comes from.
    Subject(Arc<str>),
    /// One address, of those who have no subject.
    Address(Network),
}

impl Whose {
    /// A subject's, or else that of who comes from this address.
    pub(crate) fn of(subject: Option<&Arc<str>>, address: IpAddr) -> Self {
        match subject {
            Some(subject) => Self::Subject(Arc::clone(subject)),
            None => Self::Address(Network::from(address)),
        }
    }

    /// The memory that its name takes, in bytes.
    pub(crate) fn name_bytes(&self) -> usize {
        match self {
            Self::Subject(subject) => subject.len(),
            Self::Address(_) => 0,
        }
    }
}
