//! The handle of a client: everything that a program can ask of a broker.

use std::time::{Duration, Instant};

use fanfare_protocol::frame::Member;
use tokio::time::timeout;

use crate::address::Address;
use crate::builder::ClientBuilder;
use crate::closed::Closed;
use crate::command::Command;
use crate::driver;
use crate::error::Error;
use crate::handle::Handle;
use crate::history::HistoryRequest;
use crate::names::{IntoPattern, IntoTopic};
use crate::payload::IntoPayload;
use crate::publish::PublishRequest;
use crate::session::{Answer, Call};
use crate::subscribe::SubscribeRequest;
use crate::transport::Transport;

/// A session with a broker. Cheap to clone, and shared by its clones.
///
/// The session ends with [`Client::close`], or when all clones and all subscriptions are dropped.
#[derive(Clone, Debug)]
pub struct Client {
    handle: Handle,
}

impl Client {
    /// Connects to a broker: `ws://127.0.0.1:7440`. The path `/ws` is added where the URL has none.
    ///
    /// # Errors
    /// The broker can't be reached, refuses the connection, or does not welcome this client in time.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        Self::builder(url).connect().await
    }

    /// Begins to say how to connect.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), fanfare_client::Error> {
    /// use fanfare_client::{Client, Encoding};
    ///
    /// let client = Client::builder("ws://127.0.0.1:7440")
    ///     .name("my-app/1.2")
    ///     .encoding(Encoding::Json)
    ///     .connect()
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder(url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(url.into())
    }

    /// Subscribes to a pattern: `orders.>`. Await it, or say first from where and how.
    ///
    /// ```no_run
    /// # async fn example(client: fanfare_client::Client) -> Result<(), fanfare_client::Error> {
    /// use fanfare_client::{Event, ReplayFrom};
    ///
    /// let mut orders = client.subscribe("orders.>").from(ReplayFrom::Start).await?;
    /// while let Some(event) = orders.next().await {
    ///     if let Event::Message(message) = event {
    ///         println!("{} {:?}", message.topic(), message.text());
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn subscribe(&self, pattern: impl IntoPattern) -> SubscribeRequest {
        SubscribeRequest::new(self.handle.clone(), pattern.into_pattern())
    }

    /// Publishes a message: text, bytes, or [`Json`](crate::Json) of any serde value. Await it for the
    /// acknowledgement; to have many under way at a time, [`send`](PublishRequest::send) them.
    ///
    /// ```no_run
    /// # async fn example(client: fanfare_client::Client) -> Result<(), fanfare_client::Error> {
    /// use fanfare_client::Json;
    ///
    /// let published = client.publish("orders.eu", Json([1, 2, 3])).key("order-7").await?;
    /// println!("at {:?}", published.seq());
    ///
    /// let mut acks = Vec::new();
    /// for line in ["one", "two", "three"] {
    ///     acks.push(client.publish("log", line).send().await?);
    /// }
    /// for ack in acks {
    ///     ack.await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn publish(&self, topic: impl IntoTopic, payload: impl IntoPayload) -> PublishRequest {
        PublishRequest::new(self.handle.clone(), topic.into_topic(), payload.into_payload())
    }

    /// Asks for retained messages, once.
    ///
    /// ```no_run
    /// # async fn example(client: fanfare_client::Client) -> Result<(), fanfare_client::Error> {
    /// let page = client.history("orders.>").limit(10).await?;
    /// println!("{} messages, more: {}", page.messages.len(), page.more);
    /// # Ok(())
    /// # }
    /// ```
    pub fn history(&self, pattern: impl IntoPattern) -> HistoryRequest {
        HistoryRequest::new(self.handle.clone(), pattern.into_pattern())
    }

    /// Who is present on a topic.
    ///
    /// # Errors
    /// The topic breaks a rule, the broker refuses, or the session has ended.
    pub async fn presence(&self, topic: impl IntoTopic) -> Result<Vec<Member<'static>>, Error> {
        match self.handle.call(Call::Presence(topic.into_topic()?)).await?.await? {
            Answer::Presence(members) => Ok(members),
            _ => Err(Error::WrongAnswer { what: "presence" }),
        }
    }

    /// Asks the broker for a sign of life and gives the time that it took. What was sent before has been dealt
    /// with then.
    ///
    /// # Errors
    /// The session has ended, or ends before the answer.
    pub async fn ping(&self) -> Result<Duration, Error> {
        let asked = Instant::now();
        match self.handle.ask(Command::Ping).await?.await? {
            Answer::Pong => Ok(asked.elapsed()),
            _ => Err(Error::WrongAnswer { what: "ping" }),
        }
    }

    /// The name that the broker gave this session; it stands in the broker's logs. None once the session has ended.
    pub fn session(&self) -> Option<String> {
        self.handle.welcome().map(|welcome| welcome.session.to_string())
    }

    /// The largest payload that the broker takes, in bytes. None once the session has ended.
    pub fn max_payload_bytes(&self) -> Option<u64> {
        self.handle.welcome().map(|welcome| welcome.max_payload_bytes)
    }

    /// Ends the session in good order: what was published before is sent and acknowledged first. Gives up after
    /// [`CLOSE_TIMEOUT`](crate::limits::CLOSE_TIMEOUT).
    pub async fn close(&self) -> Closed {
        self.handle.close().await
    }

    /// Waits until the session ends, and says why.
    pub async fn closed(&self) -> Closed {
        self.handle.closed().await
    }
}

impl ClientBuilder {
    /// Connects, and waits for the broker's welcome.
    ///
    /// # Errors
    /// The URL is no broker's, the broker can't be reached, refuses the connection, or does not welcome this client
    /// in time.
    pub async fn connect(self) -> Result<Client, Error> {
        let address = Address::parse(&self.url)?;
        let mut limits = self.limits;
        let begun = Instant::now();
        let connecting = timeout(limits.connect_timeout, Transport::connect(&address, self.encoding));
        let Ok(transport) = connecting.await else {
            let source = std::io::Error::from(std::io::ErrorKind::TimedOut);
            return Err(Error::Connect { address: address.authority, source: source.into() });
        };
        let transport = transport?;
        limits.connect_timeout = limits.connect_timeout.saturating_sub(begun.elapsed());
        let handle = driver::start(transport, self.hello, limits, self.on_error);
        handle.welcomed().await?;
        Ok(Client { handle })
    }
}
