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
//!         Event::Behind | Event::Live(_) | Event::Resumed(_) => {}
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
//! # When the connection ends
//!
//! The client connects again by itself, with pauses that grow and are random, as the close code and `goaway` of the
//! broker ask for. [`Client::states`] tells of it; whoever only reads and publishes need not know:
//!
//! - A subscription goes on where it stands: what its reader has, or what waits for it, is not sent again, and what was
//!   missed follows, or a gap that says why not. [`Event::Resumed`] marks the place. [`Subscription::position`] is what
//!   a program keeps in order to go on after its own restart.
//! - Messages of topics that no stream keeps pass while there is no connection, and not even the broker knows of them: a
//!   gap without a count says so wherever the pattern may mean such topics.
//! - An acknowledged message with a key ([`PublishRequest::key`], [`PublishRequest::auto_key`]) is sent again until it is
//!   acknowledged, and stands in its stream once. Without a key it fails as [`Error::Interrupted`] if it was under way,
//!   because nobody knows whether it was published; so does one with a key when the broker might have forgotten that
//!   ([`ClientBuilder::key_window`]). What was not sent yet waits for the next connection, up to
//!   [`ClientBuilder::max_in_flight`], [`limits::MAX_UNSENT`] and the time of [`ClientBuilder::request_timeout`].
//! - A message whose answer is `unavailable` is sent again, too, if it has a key, after a pause; so it may come to stand
//!   after later ones.
//!
//! # How it is built
//!
//! A message's way in: `transport` reads a WebSocket message and `fanfare-protocol` makes a frame of it; `session`, a
//! pure state machine, says what it means; `inboxes` keeps it for its reader, within bounds. The way out: a request
//! goes from its `handle` to the `driver`, the only task, through a bounded channel; `session` gives it its number,
//! and `transport` writes it with all others that wait. When the connection ends, `session` keeps what can go on,
//! `reconnect`, a second pure state machine, says when to try again, and `connector` tries. The driver joins these parts
//! and decides nothing.

mod address;
mod alarm;
mod backlog;
mod backoff;
mod builder;
mod client;
mod closed;
mod command;
mod connector;
mod driver;
mod error;
mod event;
mod handle;
mod history;
mod inbox;
mod inboxes;
mod keys;
pub mod limits;
mod link;
mod message;
mod names;
mod payload;
mod place;
mod presence;
mod publish;
mod random;
mod reconnect;
mod request_error;
#[cfg(test)]
mod scenarios;
mod session;
mod signals;
mod state;
mod stream;
mod subscribe;
mod subscription;
mod tls;
mod token;
mod transport;

pub use fanfare_protocol::codes::Reconnect;
pub use fanfare_protocol::frame::{
    Deliver, Gap, MaxRate, Member, PresencePage, PublishedAt, ReplayFrom, Subscribed,
};
pub use fanfare_protocol::{
    Encoding, Epoch, ErrorCode, GapReason, Headers, Pattern, Payload, PayloadKind, Position, PositionError,
    StreamName, StreamPosition, Topic,
};

pub use self::builder::ClientBuilder;
pub use self::client::Client;
pub use self::closed::{Closed, End};
pub use self::error::Error;
pub use self::event::{Event, Missing};
pub use self::history::{HistoryPage, HistoryRequest};
pub use self::message::Message;
pub use self::names::{IntoPattern, IntoTopic};
pub use self::payload::{IntoPayload, Json};
pub use self::presence::PresenceRequest;
pub use self::publish::{Ack, PublishRequest, Published};
pub use self::request_error::RequestError;
pub use self::state::{State, States};
pub use self::subscribe::SubscribeRequest;
pub use self::subscription::{Messages, Subscription};
