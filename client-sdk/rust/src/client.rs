//! The handle of a client: everything that a program can ask of a broker.

use std::time::{Duration, Instant};

use crate::address::Address;
use crate::builder::ClientBuilder;
use crate::closed::Closed;
use crate::command::Command;
use crate::connector::Connector;
use crate::driver::{self, Plan};
use crate::error::Error;
use crate::handle::Handle;
use crate::history::HistoryRequest;
use crate::names::{IntoPattern, IntoTopic};
use crate::payload::IntoPayload;
use crate::presence::PresenceRequest;
use crate::publish::PublishRequest;
use crate::reconnect::Policy;
use crate::session::Answer;
use crate::state::{State, States};
use crate::subscribe::SubscribeRequest;

/// A session with a broker. Cheap to clone, and shared by its clones.
///
/// When its connection ends, the client connects again and goes on. The session ends with [`Client::close`], when all
/// clones and all subscriptions are dropped, or when the broker says that connecting again makes no sense.
#[derive(Clone, Debug)]
pub struct Client {
    handle: Handle,
}

impl Client {
    /// Connects to a broker: `ws://127.0.0.1:7440`, or `wss://push.example.com` for TLS. The path `/ws` is added where the
    /// URL has none.
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
    /// acknowledgement; to have many under way at a time, [`send`](PublishRequest::send) them. One that can't be sent,
    /// because there is no connection, waits for the next one.
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

    /// Asks who is present on a topic.
    ///
    /// ```no_run
    /// # async fn example(client: fanfare_client::Client) -> Result<(), fanfare_client::Error> {
    /// let mut page = client.presence("rooms.1").await?;
    /// println!("{:?} are there", page.count);
    /// loop {
    ///     for member in &page.members {
    ///         println!("{} {:?}", member.session, member.subject);
    ///     }
    ///     let Some(next) = page.next else { break };
    ///     page = client.presence("rooms.1").after(next).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn presence(&self, topic: impl IntoTopic) -> PresenceRequest {
        PresenceRequest::new(self.handle.clone(), topic.into_topic())
    }

    /// Asks the broker for a sign of life and gives the time that it took. What was sent before has been dealt
    /// with then.
    ///
    /// # Errors
    /// The session has ended, or the connection ends before the answer.
    pub async fn ping(&self) -> Result<Duration, Error> {
        let asked = Instant::now();
        match self.handle.ask("ping", Command::Ping).await?.await? {
            Answer::Pong => Ok(asked.elapsed()),
            _ => Err(Error::WrongAnswer { what: "ping" }),
        }
    }

    /// Says that the connection may have died unnoticed, as when the machine has slept or its network has changed: the
    /// broker is asked for a sign of life, and the client connects again if none comes within
    /// [`CHECK_TIMEOUT`](crate::limits::CHECK_TIMEOUT). While there is no connection, one is tried for now.
    ///
    /// Without it a dead connection is noticed after two heartbeats.
    pub fn check(&self) {
        self.handle.signals().check();
    }

    /// How the client is connected now.
    pub fn state(&self) -> State {
        self.handle.state()
    }

    /// How the client is connected, now and whenever it changes.
    ///
    /// ```no_run
    /// # async fn example(client: fanfare_client::Client) {
    /// use fanfare_client::State;
    ///
    /// let mut states = client.states();
    /// while let Some(state) = states.next().await {
    ///     match state {
    ///         State::Connected { session } => println!("connected as {session}"),
    ///         State::Reconnecting { cause, pause, .. } => println!("{cause}; next try in {pause:?}"),
    ///         State::Closed(why) => println!("{why}"),
    ///         _ => {}
    ///     }
    /// }
    /// # }
    /// ```
    pub fn states(&self) -> States {
        self.handle.states()
    }

    /// The largest payload that the broker takes, in bytes, as it said at the last connection.
    pub fn max_payload_bytes(&self) -> Option<u64> {
        self.handle.welcome().map(|welcome| welcome.max_payload_bytes)
    }

    /// Ends the session in good order: what was published before is sent and acknowledged first. Gives up after
    /// [`CLOSE_TIMEOUT`](crate::limits::CLOSE_TIMEOUT); while there is no connection, at once.
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
    /// The URL is no broker's, what was said of TLS can't be used, the broker can't be reached, refuses the connection, or does not welcome this client
    /// in time.
    pub async fn connect(self) -> Result<Client, Error> {
        let address = Address::parse(&self.url)?;
        let connector = Connector {
            tls: address.tls.then(|| self.tls.build()).transpose()?,
            address,
            encoding: self.encoding,
            name: self.name,
            tokens: self.tokens,
            timeout: self.limits.connect_timeout,
            max_incoming_bytes: self.limits.max_incoming_bytes,
        };
        let policy = Policy {
            at_first: self.retry_connect,
            later: self.reconnect,
            renews_token: connector.tokens.renew(),
            backoff: self.limits.backoff,
            give_up_after: self.give_up_after,
        };
        let first = if self.retry_connect { None } else { Some(connector.clone().connect().await?) };
        let (on_error, on_auto) = (self.on_error, self.on_auto);
        let plan = Plan { connector, policy, limits: self.limits, on_error, on_auto };
        let handle = driver::start(first, plan);
        handle.welcomed().await?;
        Ok(Client { handle })
    }
}
