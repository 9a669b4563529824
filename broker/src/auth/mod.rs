//! Who may do what. What the hub takes is a [`Permitted`] request, and only this module makes one.

mod caller;
mod permit;

pub(crate) use caller::{Caller, Denied};
pub(crate) use permit::Permitted;
