//! One try at a connection, from the token to the end of the handshake.

use std::io;
use std::time::{Duration, Instant};

use fanfare_protocol::Encoding;
use fanfare_protocol::frame::Hello;
use tokio::time::timeout_at;

use crate::address::Address;
use crate::error::Error;
use crate::tls::Tls;
use crate::token::Tokens;
use crate::transport::Transport;

/// How to get a connection.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    pub(crate) address: Address,
    /// Where the address asks for it.
    pub(crate) tls: Option<Tls>,
    pub(crate) encoding: Encoding,
    /// Program and version.
    pub(crate) name: Option<String>,
    pub(crate) tokens: Tokens,
    /// Time for the connection, the handshake and the broker's welcome, together.
    pub(crate) timeout: Duration,
    /// Largest message that is taken, in bytes.
    pub(crate) max_incoming_bytes: usize,
}

/// A connection on which nothing was said yet.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) transport: Transport,
    /// What to say first.
    pub(crate) hello: Hello<'static>,
    /// When the broker must have welcomed this client.
    pub(crate) until: Instant,
}

impl Connector {
    /// Connects and shakes hands.
    ///
    /// # Errors
    /// There is no token, nothing listens there, the handshake is refused, the answer is not a broker's, or the time
    /// is up.
    pub(crate) async fn connect(self) -> Result<Connection, Error> {
        let until = tokio::time::Instant::now() + self.timeout;
        let token = self.token_by(until).await?;
        let connecting =
            Transport::connect(&self.address, self.tls.as_ref(), self.encoding, self.max_incoming_bytes);
        let transport = timeout_at(until, connecting).await.unwrap_or_else(|_| Err(self.unreachable()))?;
        let hello = Hello { token: token.map(Into::into), name: self.name.map(Into::into), resume: None };
        Ok(Connection { transport, hello, until: until.into_std() })
    }

    /// A token, if there is to be one.
    ///
    /// # Errors
    /// There is none, or not in time.
    pub(crate) async fn token(self) -> Result<Option<String>, Error> {
        self.token_by(tokio::time::Instant::now() + self.timeout).await
    }

    async fn token_by(&self, until: tokio::time::Instant) -> Result<Option<String>, Error> {
        timeout_at(until, self.tokens.next()).await.unwrap_or_else(|_| Err(Error::Token(self.late())))
    }

    fn unreachable(&self) -> Error {
        let source = io::Error::from(io::ErrorKind::TimedOut);
        Error::Connect { address: self.address.authority.clone(), source: source.into() }
    }

    fn late(&self) -> std::sync::Arc<dyn std::error::Error + Send + Sync> {
        let what = format!("none came within {:?}", self.timeout);
        std::sync::Arc::new(io::Error::new(io::ErrorKind::TimedOut, what))
    }
}
