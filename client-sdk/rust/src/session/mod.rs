//! A client's session as a pure state machine: connections, frames and the time go in, frames and events come out.
//!
//! There is no I/O here, no clock and no randomness but what is handed in. A session outlives its connections: it
//! resumes its subscriptions where they stand, and repeats the requests that may be repeated. The parts, from the ground:
//!
//! - `call`: requests that the broker answers by `id`, and all answers;
//! - `outbox`: frames that wait to be sent;
//! - `requests`: which requests await their answer, until when, and which of them survive a break;
//! - `subscription`, `subscriptions`: where each subscription stands;
//! - `liveness`: whether the broker is still there;
//! - `refresh`: when a new token is wanted;
//! - `machine`: the session, and the way in for its owner's requests;
//! - `send`: the way out for frames;
//! - `receive`: the way in for the broker's frames;
//! - `pause`: what a slow reader costs;
//! - `ending`: the way in for time and for the end of a connection, and every way out.

mod call;
mod ending;
mod liveness;
mod machine;
mod outbox;
mod own;
mod pause;
mod phase;
mod receive;
mod refresh;
mod requests;
mod send;
mod subscription;
mod subscriptions;
#[cfg(test)]
mod tests;

pub(crate) use self::call::{Answer, Call};
pub(crate) use self::machine::{Output, Session};
pub(crate) use self::pause::Relief;
