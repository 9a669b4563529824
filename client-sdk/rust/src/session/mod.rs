//! A client's session as a pure state machine: frames and the time go in, frames and events come out.
//!
//! There is no I/O here and no clock. The parts, from the ground:
//!
//! - `call`: requests that the broker answers by `id`, and all answers;
//! - `requests`: which of them await their answer, and until when;
//! - `liveness`: whether the broker is still there;
//! - `machine`: the session, and the way in for its owner's requests;
//! - `receive`: the way in for the broker's frames;
//! - `ending`: the way in for time, and every way out.

mod call;
mod ending;
mod liveness;
mod machine;
mod own;
mod phase;
mod receive;
mod requests;
#[cfg(test)]
mod tests;

pub(crate) use self::call::{Answer, Call};
pub(crate) use self::machine::{Output, Session};
