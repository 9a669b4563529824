//! What stands in `deploy/`: each file is used as an operator would, as far as that can be done here. One file a group.
//!
//! `deploy/README.md` says what can't be tried here. `./tests/run` installs what these need.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a panic is how a test says what is wrong"
)]

mod chart;
mod compose;
mod debian;
mod files;
mod image;
mod kernel;
mod machine;
mod observe;
mod operator;
mod proxies;
mod settings;
mod tools;
mod typed;
mod unit;
