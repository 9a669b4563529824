//! A message about to be published, and its acknowledgement.

use std::collections::BTreeMap;
use std::future::IntoFuture;
use std::pin::Pin;
use std::task::{Context, Poll};

use fanfare_protocol::frame::{Publish, PublishedAt};
use fanfare_protocol::limits::MAX_KEY_BYTES;
use fanfare_protocol::{ClientFrame, Headers, Payload, Topic};

use crate::error::Error;
use crate::handle::{Handle, Reply};
use crate::session::{Answer, Call};

/// A message about to be published: `.await` publishes it and waits for the acknowledgement.
#[derive(Debug)]
#[must_use = "nothing is published until this is awaited"]
pub struct PublishRequest {
    handle: Handle,
    message: Result<Publish<'static>, Error>,
    auto_key: bool,
    headers: BTreeMap<String, String>,
}

/// The acknowledgement of a message that is under way.
#[derive(Debug)]
#[must_use = "whether the message was published shows when this is awaited"]
pub struct Ack(Reply);

/// A message that the broker has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Where it stands; none for an ephemeral message.
    pub at: Option<PublishedAt>,
    /// Whether it repeats an earlier publish with the same key, and so was not delivered again.
    pub duplicate: bool,
}

impl Published {
    /// The message's number in its stream; none for an ephemeral message.
    pub fn seq(&self) -> Option<u64> {
        self.at.as_ref().map(|at| at.seq)
    }
}

impl PublishRequest {
    pub(crate) fn new(
        handle: Handle,
        topic: Result<Topic, Error>,
        payload: Result<Payload<'static>, Error>,
    ) -> Self {
        let message = topic.and_then(|topic| {
            let payload = payload?;
            Ok(Publish { id: None, topic, payload, key: None, expect: None, echo: true, headers: None })
        });
        Self { handle, message, auto_key: false, headers: BTreeMap::new() }
    }

    /// Makes a repeat harmless: within the broker's window, a second publish with this key on this topic is
    /// acknowledged and not delivered. At most 128 bytes. Only for topics in a stream.
    ///
    /// So the client itself sends an acknowledged message again if the connection ends before the acknowledgement, or
    /// the broker says `unavailable`, until the request's time is up or the broker might have forgotten the key
    /// ([`ClientBuilder::key_window`](crate::ClientBuilder::key_window)).
    pub fn key(self, key: impl Into<String>) -> Self {
        let key = key.into();
        self.change(|message| {
            if key.len() > MAX_KEY_BYTES {
                return Err(Error::Invalid(format!(
                    "the key has {} bytes; at most {MAX_KEY_BYTES} are allowed, so send a hash of it",
                    key.len()
                )));
            }
            message.key = Some(key.into());
            Ok(())
        })
    }

    /// Gives the message a key that nobody else has, unless it has one: for the sake of a client that may have to send
    /// it again. Only for topics in a stream: for others the broker answers `invalid_frame`.
    pub fn auto_key(self) -> Self {
        Self { auto_key: true, ..self }
    }

    /// Publishes only if this is the sequence of the topic's last retained message (0: none); else the broker
    /// answers `conflict`, with the actual one.
    pub fn expect_seq(self, seq: u64) -> Self {
        self.change(|message| {
            message.expect = Some(seq);
            Ok(())
        })
    }

    /// Whether this client's own subscriptions get the message too; they do unless said otherwise.
    pub fn echo(self, echo: bool) -> Self {
        self.change(|message| {
            message.echo = echo;
            Ok(())
        })
    }

    /// Adds a short fact beside the payload, such as a trace id. Names are made of `A-Z a-z 0-9 _ -`; at most 4 KiB
    /// in all.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// Sends the message and does not wait for its acknowledgement: await the [`Ack`] for that, now or later.
    /// Waits while too many requests are in flight
    /// ([`ClientBuilder::max_in_flight`](crate::ClientBuilder::max_in_flight)).
    ///
    /// # Errors
    /// The message breaks a rule, the session has ended, or the message's turn did not come in time. The [`Ack`] fails
    /// with [`Error::Interrupted`] if the connection ends before the acknowledgement and the message has no key, or
    /// the next connection comes when the broker might have forgotten it: whether it was published is unknown then.
    pub async fn send(self) -> Result<Ack, Error> {
        let (handle, message) = self.finish()?;
        Ok(Ack(handle.call(Call::Publish(message)).await?))
    }

    /// Sends the message without asking for an acknowledgement. If the broker refuses it, only
    /// [`ClientBuilder::on_error`](crate::ClientBuilder::on_error) hears of it. If the connection ends while it is under
    /// way, it may be lost; if there is none, it waits for the next one.
    ///
    /// # Errors
    /// The message breaks a rule, the session has ended, or too many messages wait for a connection and none came in
    /// time.
    pub async fn unacknowledged(self) -> Result<(), Error> {
        let (handle, message) = self.finish()?;
        handle.send(ClientFrame::Publish(message)).await
    }

    fn change(mut self, change: impl FnOnce(&mut Publish<'static>) -> Result<(), Error>) -> Self {
        self.message = self.message.and_then(|mut message| change(&mut message).map(|()| message));
        self
    }

    fn finish(self) -> Result<(Handle, Publish<'static>), Error> {
        let mut message = self.message?;
        if self.auto_key {
            message.key.get_or_insert_with(|| self.handle.keys().next().into());
        }
        if !self.headers.is_empty() {
            let headers = Headers::new(self.headers).map_err(|e| Error::Invalid(e.to_string()))?;
            headers.check_publishable().map_err(|e| Error::Invalid(e.to_string()))?;
            message.headers = Some(headers);
        }
        // The broker would answer `too_large`, or even end the session if the frame is over its bound too.
        let bytes = message.payload.as_bytes().len();
        let max_bytes = self.handle.welcome().map_or(u64::MAX, |welcome| welcome.max_payload_bytes);
        if u64::try_from(bytes).is_ok_and(|bytes| bytes > max_bytes) {
            return Err(Error::Invalid(format!(
                "the payload has {bytes} bytes; this broker takes at most {max_bytes}, so split it or send a link"
            )));
        }
        Ok((self.handle, message))
    }
}

impl IntoFuture for PublishRequest {
    type Output = Result<Published, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async { self.send().await?.await })
    }
}

impl Future for Ack {
    type Output = Result<Published, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(|answer| match answer? {
            Answer::Published(published) => {
                Ok(Published { at: published.at, duplicate: published.duplicate })
            }
            _ => Err(Error::WrongAnswer { what: "publish" }),
        })
    }
}
