//! One connection of the bench: handshake, greeting, and frames as bytes.
//!
//! The bench does without the SDK here, because it would be the bottleneck. Medians of three runs in turns with 1,000
//! connections, in processor time a delivery:
//!
//! | | SDK | as here | the server |
//! |---|---|---|---|
//! | messages that come alone | 15.1 µs | 6.2 µs | 6.8 µs |
//! | 64 in flight | 1.39 µs | 0.21 µs | 0.37 µs |
//!
//! The SDK has a task, a buffer and a lock between the socket and its reader, and takes some 54 kB for a connection,
//! where this takes under 2. So after a handshake by tungstenite, frames are cut here, in a buffer that all connections
//! of a thread share.

use std::net::SocketAddr;
use std::time::Duration;

use fanfare_client::Encoding;
use fanfare_protocol::ClientFrame;
use fanfare_protocol::frame::{Deliver, Hello, ReplayFrom, Subscribe};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::client_async_with_config;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::header::{HeaderValue, SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::tungstenite::http::uri::{PathAndQuery, Uri};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::frames::{self, BINARY, CLOSE, PONG, TEXT};
use super::incoming::{Incoming, judge};
use crate::VERSION;

/// Time for the connection, the handshake and the greeting, together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// What the handshake may buffer, in bytes; nothing is read with it afterwards.
const HANDSHAKE_BUFFER_BYTES: usize = 1024;
/// The only subscription of a session.
const SUB: u32 = 1;
/// Close code 1000: all is done.
const NORMAL: [u8; 2] = 1000_u16.to_be_bytes();

/// Where the server is, and how to speak to it.
#[derive(Clone, Debug)]
pub(super) struct Target {
    address: SocketAddr,
    uri: Uri,
    encoding: Encoding,
    token: Option<String>,
    /// Masks what is sent. Here is no page whose author must not know it, so one is enough.
    key: [u8; 4],
}

/// One connection, open and greeted.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) socket: TcpStream,
    pub(super) voice: Voice,
    /// What was read of a frame that is not whole yet.
    pub(super) tail: Vec<u8>,
}

/// How to write frames.
#[derive(Clone, Copy, Debug)]
pub(super) struct Voice {
    pub(super) encoding: Encoding,
    key: [u8; 4],
}

impl Target {
    /// Finds the server's address; the URL is known to be one by which the SDK got a connection.
    ///
    /// # Errors
    /// It can't be reached any more.
    pub(super) async fn find(
        url: &str,
        encoding: Encoding,
        token: Option<&str>,
        key: [u8; 4],
    ) -> Result<Self, String> {
        let unusable = |error: &dyn std::fmt::Display| format!("can't use {url:?}: {error}");
        let uri: Uri = url.trim().parse().map_err(|error| unusable(&error))?;
        let authority = format!("{}:{}", uri.host().unwrap_or_default(), uri.port_u16().unwrap_or(80));
        let path = match uri.path_and_query().map(PathAndQuery::as_str) {
            None | Some("" | "/") => "/ws",
            Some(path) => path,
        };
        let uri = format!("ws://{authority}{path}").parse().map_err(|error| unusable(&error))?;
        let socket = TcpStream::connect(&authority).await.map_err(|error| unusable(&error))?;
        let address = socket.peer_addr().map_err(|error| unusable(&error))?;
        Ok(Self { address, uri, encoding, token: token.map(str::to_owned), key })
    }

    /// Where the server is.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Opens a connection, and subscribes to a topic if there is one.
    ///
    /// # Errors
    /// The server can't be reached, refuses, or takes too long.
    pub(super) async fn open(&self, topic: Option<&str>) -> Result<Link, String> {
        let opened = timeout(CONNECT_TIMEOUT, async {
            let mut link = self.shake_hands().await?;
            link.greet(self.token.as_deref(), topic).await?;
            Ok(link)
        });
        opened.await.unwrap_or_else(|_| Err(format!("no answer within {CONNECT_TIMEOUT:?}")))
    }

    async fn shake_hands(&self) -> Result<Link, String> {
        let socket = TcpStream::connect(self.address).await.map_err(|error| error.to_string())?;
        // What is written is written in batches already.
        socket.set_nodelay(true).map_err(|error| error.to_string())?;
        let mut request = (&self.uri).into_client_request().map_err(|error| error.to_string())?;
        let subprotocol = HeaderValue::from_static(self.encoding.subprotocol());
        request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, subprotocol);
        let config = WebSocketConfig::default().read_buffer_size(HANDSHAKE_BUFFER_BYTES);
        let (stream, _) = client_async_with_config(request, socket, Some(config))
            .await
            .map_err(|error| format!("the handshake failed: {error}"))?;
        let voice = Voice { encoding: self.encoding, key: self.key };
        // A broker is silent until `hello`, so nothing was read beyond the handshake.
        Ok(Link { socket: stream.into_inner(), voice, tail: Vec::new() })
    }
}

impl Link {
    async fn greet(&mut self, token: Option<&str>, topic: Option<&str>) -> Result<(), String> {
        let mut out = Vec::new();
        let name = format!("fanfare-bench/{VERSION}").into();
        let hello = Hello { token: token.map(Into::into), name: Some(name), resume: None };
        self.voice.say(&ClientFrame::Hello(hello), &mut out);
        if let Some(topic) = topic {
            self.voice.say(&subscribe(topic)?, &mut out);
        }
        self.socket.write_all(&out).await.map_err(|error| error.to_string())?;
        let wanted = if topic.is_some() { Incoming::Subscribed } else { Incoming::Welcome };
        while !self.take(&wanted)? {
            if self.socket.read_buf(&mut self.tail).await.map_err(|error| error.to_string())? == 0 {
                return Err("the server went away".to_owned());
            }
        }
        // What is idle keeps no memory.
        self.tail.shrink_to_fit();
        Ok(())
    }

    /// Takes frames that were read; says whether the wanted one was among them.
    fn take(&mut self, wanted: &Incoming) -> Result<bool, String> {
        let mut used = 0;
        let mut found = false;
        while let (false, Some(frame)) = (found, self.first(used)?) {
            match judge(self.voice.encoding, &frame) {
                Incoming::Error(text) | Incoming::End(text) => return Err(text),
                incoming => found = incoming == *wanted,
            }
            used += frame.bytes;
        }
        self.tail.drain(..used);
        Ok(found)
    }

    fn first(&self, from: usize) -> Result<Option<frames::Frame<'_>>, String> {
        frames::first(self.tail.get(from..).unwrap_or_default()).map_err(|strange| strange.to_string())
    }
}

impl Voice {
    /// Appends a frame of Fanfare.
    pub(super) fn say(self, frame: &ClientFrame<'_>, out: &mut Vec<u8>) {
        let mut bytes = Vec::new();
        self.encoding.encode_client(frame, &mut bytes);
        let opcode = match self.encoding {
            Encoding::Json => TEXT,
            Encoding::MsgPack => BINARY,
        };
        frames::append(opcode, &bytes, self.key, out);
    }

    /// Appends the answer to a ping on the level of WebSocket.
    pub(super) fn say_pong(self, payload: &[u8], out: &mut Vec<u8>) {
        frames::append(PONG, payload, self.key, out);
    }

    /// Appends a farewell.
    pub(super) fn say_goodbye(self, out: &mut Vec<u8>) {
        frames::append(CLOSE, &NORMAL, self.key, out);
    }
}

fn subscribe(topic: &str) -> Result<ClientFrame<'static>, String> {
    let pattern = fanfare_client::Pattern::new(topic).map_err(|rule| format!("{topic} {rule}"))?;
    Ok(ClientFrame::Subscribe(Subscribe {
        sub: SUB,
        pattern,
        from: ReplayFrom::Now,
        deliver: Deliver::Every,
    }))
}
