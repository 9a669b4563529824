//! How to connect: every choice and bound of a client, with its default.

use std::sync::Arc;
use std::time::Duration;

use fanfare_protocol::Encoding;

use crate::driver::{AutoHandler, ErrorHandler};
use crate::error::Error;
use crate::limits::{Limits, MAX_TIME};
use crate::subscription::Subscription;
use crate::tls::TlsOptions;
use crate::token::Tokens;

/// How to connect; made by [`Client::builder`](crate::Client::builder).
#[derive(Clone, Debug)]
#[must_use = "nothing is connected until `connect` is awaited"]
pub struct ClientBuilder {
    pub(crate) url: String,
    pub(crate) tokens: Tokens,
    pub(crate) tls: TlsOptions,
    pub(crate) name: Option<String>,
    pub(crate) encoding: Encoding,
    pub(crate) limits: Limits,
    pub(crate) reconnect: bool,
    pub(crate) retry_connect: bool,
    pub(crate) give_up_after: Option<Duration>,
    pub(crate) on_error: Option<ErrorHandler>,
    pub(crate) on_auto: Option<AutoHandler>,
}

impl ClientBuilder {
    pub(crate) fn new(url: String) -> Self {
        Self {
            url,
            tokens: Tokens::default(),
            tls: TlsOptions::default(),
            name: None,
            encoding: Encoding::MsgPack,
            limits: Limits::default(),
            reconnect: true,
            retry_connect: false,
            give_up_after: None,
            on_error: None,
            on_auto: None,
        }
    }

    /// A JSON Web Token, where the broker asks for one. A broker that does not accept it any more ends the session.
    pub fn token(self, token: impl Into<String>) -> Self {
        Self { tokens: Tokens::Fixed(token.into()), ..self }
    }

    /// Where tokens come from: asked before each connection, so that each has a fresh one, and before one expires, so
    /// that the connection goes on. If the broker does not accept it, or there is none, the client asks again after a
    /// pause; [`ClientBuilder::on_error`] hears of it.
    ///
    /// ```no_run
    /// # async fn fetch_token() -> Result<String, std::io::Error> { Ok(String::new()) }
    /// # async fn example() -> Result<(), fanfare_client::Error> {
    /// let client = fanfare_client::Client::builder("ws://127.0.0.1:7440").token_from(fetch_token).connect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn token_from<S, F, E>(self, source: S) -> Self
    where
        S: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = Result<String, E>> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        Self { tokens: Tokens::from_source(source), ..self }
    }

    /// The certificate authorities to trust for `wss://`, in PEM, instead of the system's.
    pub fn ca_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.tls.ca = Some(pem.into());
        self
    }

    /// A certificate of this client, and its private key, both in PEM, where the broker asks for one.
    pub fn client_certificate_pem(mut self, cert: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        self.tls.identity = Some((cert.into(), key.into()));
        self
    }

    /// Program and version, for the operator's eyes: `my-app/1.2`.
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// Whether the client connects again when its connection ends; it does unless said otherwise. How it ended says
    /// whether that makes sense: [`Closed::reconnect`](crate::Closed::reconnect).
    pub fn reconnect(self, reconnect: bool) -> Self {
        Self { reconnect, ..self }
    }

    /// Whether [`connect`](ClientBuilder::connect) tries again too, until the broker is there. Unless said otherwise it
    /// fails at once, so that a wrong address is noticed.
    pub fn retry_connect(self, retry: bool) -> Self {
        Self { retry_connect: retry, ..self }
    }

    /// The pauses between tries to connect: each is random below a ceiling, which is `first` at first, doubles with
    /// each failure, and never exceeds `max`. 100 ms and 30 s unless said otherwise.
    ///
    /// A broker that is about to stop says when it wants its clients back; that goes before.
    pub fn reconnect_pause(mut self, first: Duration, max: Duration) -> Self {
        self.limits.backoff.first = first.min(MAX_TIME);
        self.limits.backoff.max = max.min(MAX_TIME);
        self
    }

    /// Ends the session when there has been no connection for this time. It never gives up unless said so.
    pub fn give_up_after(self, time: Duration) -> Self {
        Self { give_up_after: Some(time.min(MAX_TIME)), ..self }
    }

    /// How frames are written; `MessagePack` unless said otherwise. JSON is easier to read on the wire.
    pub fn encoding(self, encoding: Encoding) -> Self {
        Self { encoding, ..self }
    }

    /// Time for the connection, the handshake and the broker's welcome, together; 10 s unless said otherwise.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.limits.connect_timeout = timeout.min(MAX_TIME);
        self
    }

    /// Time for the answer to a request, and for its turn before; 30 s unless said otherwise. It goes on while there
    /// is no connection.
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.limits.request_timeout = timeout.min(MAX_TIME);
        self
    }

    /// Time that the broker remembers a message's key, at most: 2 minutes unless said otherwise. The broker tells its
    /// own `key_window`; the shorter of the two counts. If it was made longer there, say so here to use it.
    ///
    /// A message with a key is sent again only within the first three fourths of this time, counted from its first
    /// sending by the system's monotonic clock (which may stand still while the machine sleeps): later the broker might
    /// have forgotten the key, and publish it twice. So with a longer
    /// [`request_timeout`](ClientBuilder::request_timeout) a publish can fail before that with [`Error::Interrupted`],
    /// or with `unavailable` if that was the broker's answer: whether it was published is unknown then.
    ///
    /// [`Error::Interrupted`]: crate::Error::Interrupted
    pub fn key_window(mut self, window: Duration) -> Self {
        self.limits.key_window = window.min(MAX_TIME);
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

    /// What all subscriptions together may hold, whatever happens, in bytes; 16 MiB unless said otherwise. Each may hold
    /// one message beyond that, so that a message larger than this reaches its reader, too.
    ///
    /// Over it the fullest subscription is paused: what is not kept here is asked for again, from its streams, when its
    /// reader has made room. Ephemeral messages can't be had again: the oldest are dropped, and a gap takes their place.
    pub fn max_buffered_bytes(mut self, bytes: usize) -> Self {
        self.limits.max_buffered_bytes = bytes;
        self
    }

    /// Largest WebSocket message that the client takes, in bytes; 16 MiB unless said otherwise. It bounds the memory that
    /// one message can take here. A larger one ends the session with [`Closed::TooLarge`](crate::Closed::TooLarge): on
    /// another connection, the same would come again. So where the broker's `max_payload_bytes` is that large, this has to
    /// be larger: a half more, for a payload of bytes grows by a third in JSON.
    pub fn max_incoming_bytes(mut self, bytes: usize) -> Self {
        self.limits.max_incoming_bytes = bytes;
        self
    }

    /// Hears of errors that answer no request: above all, of refused messages that were sent unacknowledged, and of a new
    /// token that could not be had in time. Called on the client's own task, so it must not block.
    pub fn on_error(self, handler: impl Fn(Error) + Send + Sync + 'static) -> Self {
        Self { on_error: Some(ErrorHandler(Arc::new(handler))), ..self }
    }

    /// Takes the subscriptions that the token brings along (`auto` in its claim): each once, when the broker opens it, at
    /// the first connection or after a new token. They outlive their connection as any other does. Without this they
    /// are not heard. Called on the client's own task, so it must not block: spawn what reads them.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), fanfare_client::Error> {
    /// use fanfare_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:7440")
    ///     .token("…")
    ///     .on_auto(|mut mine| {
    ///         tokio::spawn(async move {
    ///             while let Some(event) = mine.next().await {
    ///                 println!("{}: {event:?}", mine.pattern());
    ///             }
    ///         });
    ///     })
    ///     .connect()
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_auto(self, handler: impl Fn(Subscription) + Send + Sync + 'static) -> Self {
        Self { on_auto: Some(AutoHandler(Arc::new(handler))), ..self }
    }
}
