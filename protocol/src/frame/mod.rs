//! Frames: everything that client and broker say, as types in which only what is legal can be written.

mod client;
mod server;

pub use client::{ClientFrame, Deliver, Hello, History, MaxRate, Presence, Publish, ReplayFrom, Subscribe};
pub use server::{
    ErrorFrame, Gap, HistoryPage, Member, Message, PresencePage, Published, PublishedAt, Sequenced,
    ServerFrame, Subscribed, Welcome,
};
