//! How to connect: every choice and bound of a client, with its default.

use std::sync::Arc;
use std::time::Duration;

use fanfare_protocol::Encoding;
use fanfare_protocol::frame::Hello;

use crate::driver::ErrorHandler;
use crate::error::RequestError;
use crate::limits::Limits;

/// How to connect; made by [`Client::builder`](crate::Client::builder).
#[derive(Clone, Debug)]
#[must_use = "nothing is connected until `connect` is awaited"]
pub struct ClientBuilder {
    pub(crate) url: String,
    pub(crate) hello: Hello<'static>,
    pub(crate) encoding: Encoding,
    pub(crate) limits: Limits,
    pub(crate) on_error: Option<ErrorHandler>,
}

impl ClientBuilder {
    pub(crate) fn new(url: String) -> Self {
        Self {
            url,
            hello: Hello::default(),
            encoding: Encoding::MsgPack,
            limits: Limits::default(),
            on_error: None,
        }
    }

    /// A JSON Web Token, where the broker asks for one.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.hello.token = Some(token.into().into());
        self
    }

    /// Program and version, for the operator's eyes: `my-app/1.2`.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.hello.name = Some(name.into().into());
        self
    }

    /// How frames are written; `MessagePack` unless said otherwise. JSON is easier to read on the wire.
    pub fn encoding(self, encoding: Encoding) -> Self {
        Self { encoding, ..self }
    }

    /// Time for the connection, the handshake and the broker's welcome, together; 10 s unless said otherwise.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.limits.connect_timeout = timeout;
        self
    }

    /// Time for the answer to a request; 30 s unless said otherwise.
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.limits.request_timeout = timeout;
        self
    }

    /// Requests that may await their answer at a time, at least 1; a further one waits for its turn. 1,024 unless
    /// said otherwise.
    pub fn max_in_flight(mut self, requests: usize) -> Self {
        self.limits.max_in_flight = requests.max(1);
        self
    }

    /// What one subscription may hold before the client stops reading its socket, in events and in bytes; 1,024 and
    /// 1 MiB unless said otherwise.
    ///
    /// While a request of this client awaits its answer it reads on, so that a reader that publishes can't wait for
    /// itself; [`ClientBuilder::max_buffered_bytes`] bounds that.
    pub fn subscription_buffer(mut self, events: usize, bytes: usize) -> Self {
        self.limits.buffer_messages = events;
        self.limits.buffer_bytes = bytes;
        self
    }

    /// What all subscriptions together may hold, whatever happens, in bytes; 16 MiB unless said otherwise. Over it
    /// the oldest messages of the fullest subscription are dropped, and a gap takes their place.
    pub fn max_buffered_bytes(mut self, bytes: usize) -> Self {
        self.limits.max_buffered_bytes = bytes;
        self
    }

    /// Hears of errors that answer no request: above all, of refused messages that were sent unacknowledged. Called
    /// on the client's own task, so it must not block.
    pub fn on_error(self, handler: impl Fn(RequestError) + Send + Sync + 'static) -> Self {
        Self { on_error: Some(ErrorHandler(Arc::new(handler))), ..self }
    }
}
