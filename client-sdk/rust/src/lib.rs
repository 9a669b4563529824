//! A client for the Fanfare broker: publish and subscribe over one WebSocket.
//!
//! ```no_run
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), fanfare_client::Error> {
//! use fanfare_client::{Client, Event, Json};
//!
//! let client = Client::connect("ws://127.0.0.1:7440").await?;
//! let mut orders = client.subscribe("orders.>").await?;
//! client.publish("orders.eu.42", Json(["pen", "ink"])).await?;
//! while let Some(event) = orders.next().await {
//!     match event {
//!         Event::Message(message) => println!("{}: {:?}", message.topic(), message.text()),
//!         Event::Gap(gap) => println!("missing: {gap:?}"),
//!         Event::Behind | Event::Live(_) => {}
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! - [`Client`] is a session. It is cheap to clone; what it can do stands there.
//! - [`Subscription`] is a stream of [`Event`]s, in order. What can't be delivered comes as a gap, at the place where
//!   it is missing. Dropping it unsubscribes.
//! - [`Error`] is sorted by cause, and its text says what to do next. When the session ends, [`Closed`] says why.
//! - [`limits`] lists every bound with its default; [`ClientBuilder`] changes them.
//!
//! A client does not connect again by itself yet: [`Closed::reconnect`] says when that makes sense.
//!
//! # How it is built
//!
//! A message's way in: `transport` reads a WebSocket message and `fanfare-protocol` makes a frame of it; `session`, a
//! pure state machine, says what it means; `inboxes` keeps it for its reader, within bounds. The way out: a request
//! goes from its `handle` to the `driver`, the only task, through a bounded channel; `session` gives it its number,
//! and `transport` writes it with all others that wait. The driver joins these parts and decides nothing.

mod address;
mod alarm;
mod backlog;
mod builder;
mod client;
mod closed;
mod command;
mod driver;
mod error;
mod event;
mod handle;
mod history;
mod inbox;
mod inboxes;
pub mod limits;
mod message;
mod names;
mod payload;
mod publish;
mod session;
mod signals;
mod subscribe;
mod subscription;
mod transport;

pub use fanfare_protocol::codes::Reconnect;
pub use fanfare_protocol::frame::{Deliver, Gap, MaxRate, Member, PublishedAt, ReplayFrom, Subscribed};
pub use fanfare_protocol::{
    Encoding, ErrorCode, GapReason, Headers, Pattern, Payload, PayloadKind, Position, Topic,
};

pub use self::builder::ClientBuilder;
pub use self::client::Client;
pub use self::closed::{Closed, End};
pub use self::error::{Error, RequestError};
pub use self::event::{Event, Missing};
pub use self::history::{HistoryPage, HistoryRequest};
pub use self::message::Message;
pub use self::names::{IntoPattern, IntoTopic};
pub use self::payload::{IntoPayload, Json};
pub use self::publish::{Ack, PublishRequest, Published};
pub use self::subscribe::SubscribeRequest;
pub use self::subscription::{Messages, Subscription};
