//! A plain client: sends and hears frames of either encoding, written in the JSON form of the wire.

mod requests;

use std::collections::VecDeque;
use std::net::SocketAddr;

use fanfare_protocol::Encoding;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::wire::{to_json, to_wire};
use crate::{Broker, assert_shape, has_shape, within};

/// A client of a broker. It answers pings by itself while it is asked for frames, and reads only then.
#[derive(Debug)]
pub struct Client {
    socket: WebSocketStream<TcpStream>,
    encoding: Encoding,
    /// Heard while something else was waited for.
    early: VecDeque<Value>,
    next_id: u64,
    session: String,
    resume: Option<String>,
}

impl Client {
    /// A JSON session, with hello said.
    pub async fn json(broker: &Broker) -> Self {
        Self::open(broker, Encoding::Json).await
    }

    /// A MessagePack session, with hello said.
    pub async fn msgpack(broker: &Broker) -> Self {
        Self::open(broker, Encoding::MsgPack).await
    }

    /// A session with hello said.
    pub async fn open(broker: &Broker, encoding: Encoding) -> Self {
        Self::greet(broker, encoding, json!({"op": "hello", "name": "fanfare-tests/1"})).await
    }

    /// A JSON session, with hello said as by a client that was there before: `resume` is what it was given then.
    pub async fn resuming(broker: &Broker, resume: &str) -> Self {
        Self::greet(broker, Encoding::Json, json!({"op": "hello", "resume": resume})).await
    }

    async fn greet(broker: &Broker, encoding: Encoding, hello: Value) -> Self {
        let mut client = Self::shake(broker.client(), encoding).await;
        client.send(hello).await;
        let welcome = client.expect(json!({"op": "welcome"})).await;
        welcome["session"].as_str().expect("a session has a name").clone_into(&mut client.session);
        client.resume = welcome["resume"].as_str().map(str::to_owned);
        client
    }

    /// A WebSocket on which nothing was said yet.
    pub async fn shake(address: SocketAddr, encoding: Encoding) -> Self {
        Self::shake_with(address, encoding, &[]).await
    }

    /// As [`Client::shake`], with these headers beside the usual ones.
    pub async fn shake_with(
        address: SocketAddr,
        encoding: Encoding,
        headers: &[(&'static str, &str)],
    ) -> Self {
        let mut request = format!("ws://{address}/ws").into_client_request().expect("an address makes a URL");
        let subprotocol = encoding.subprotocol().parse().expect("a subprotocol is plain text");
        request.headers_mut().insert("Sec-WebSocket-Protocol", subprotocol);
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().expect("a header is plain text"));
        }
        let socket = within("a connection", TcpStream::connect(address)).await.expect("the port is open");
        let (socket, _) =
            within("a handshake", client_async(request, socket)).await.expect("the handshake succeeds");
        Self { socket, encoding, early: VecDeque::new(), next_id: 1, session: String::new(), resume: None }
    }

    /// The name that the broker gave the session.
    pub fn session(&self) -> &str {
        &self.session
    }

    /// What proves later that a client was this one, where the broker keeps presence.
    pub fn resume(&self) -> Option<&str> {
        self.resume.as_deref()
    }

    /// Sends a frame, given in the JSON form.
    pub async fn send(&mut self, frame: Value) {
        self.send_message(to_wire(self.encoding, &frame)).await;
    }

    /// Sends several frames before any answer is read.
    pub async fn pipeline(&mut self, frames: impl IntoIterator<Item = Value>) {
        for frame in frames {
            let message = to_wire(self.encoding, &frame);
            within("room to send", self.socket.feed(message)).await.expect("the broker reads");
        }
        within("room to send", self.socket.flush()).await.expect("the broker reads");
    }

    /// Sends any WebSocket message.
    pub async fn send_message(&mut self, message: Message) {
        within("room to send", self.socket.send(message)).await.expect("the broker reads");
    }

    /// Sends a frame, given in the JSON form, or finds that the broker has closed the connection.
    pub async fn try_send(&mut self, frame: Value) -> Result<(), Error> {
        self.try_send_message(to_wire(self.encoding, &frame)).await
    }

    /// Sends any WebSocket message, or finds that the broker has closed the connection.
    pub async fn try_send_message(&mut self, message: Message) -> Result<(), Error> {
        within("room to send", self.socket.send(message)).await
    }

    /// The next frame, in the JSON form. Pings are answered and passed over.
    pub async fn next(&mut self) -> Value {
        match self.early.pop_front() {
            Some(early) => early,
            None => self.read().await,
        }
    }

    /// The next frame, pings too; none if the session has ended.
    pub async fn next_unless_ended(&mut self) -> Option<Value> {
        assert!(self.early.is_empty(), "early frames come first");
        loop {
            match within("a frame or the end", self.socket.next()).await {
                Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => {
                    let json = to_json(self.encoding, &message);
                    return Some(serde_json::from_slice(&json).expect("a frame is JSON"));
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                _ => return None,
            }
        }
    }

    /// The next frame, as the text of its JSON form. Pings are answered and passed over.
    pub async fn next_text(&mut self) -> String {
        assert!(self.early.is_empty(), "the text of early frames was not kept");
        String::from_utf8(self.read_bytes().await).expect("JSON is UTF-8")
    }

    /// The next frame, whatever it is. Pings are answered and given too.
    pub async fn next_or_ping(&mut self) -> Value {
        assert!(self.early.is_empty(), "the place of pings among early frames was not kept");
        let frame = self.read_message().await;
        let frame: Value = serde_json::from_slice(&frame).expect("a frame is JSON");
        if frame["op"] == "ping" {
            self.send(json!({"op": "pong"})).await;
        }
        frame
    }

    /// The next ping of the broker; what comes before it can still be asked for.
    pub async fn next_ping(&mut self) -> Value {
        loop {
            let frame = self.read_message().await;
            let frame: Value = serde_json::from_slice(&frame).expect("a frame is JSON");
            if frame["op"] == "ping" {
                self.send(json!({"op": "pong"})).await;
                return frame;
            }
            self.early.push_back(frame);
        }
    }

    /// The next frame, which must have this shape.
    pub async fn expect(&mut self, shape: Value) -> Value {
        let frame = self.next().await;
        assert_shape(&frame, &shape);
        frame
    }

    /// The next frame of this shape; others that come before it can still be asked for.
    pub async fn answer(&mut self, shape: Value) -> Value {
        if let Some(frame) =
            self.early.iter().position(|frame| has_shape(frame, &shape)).and_then(|at| self.early.remove(at))
        {
            return frame;
        }
        loop {
            let frame = self.read().await;
            if has_shape(&frame, &shape) {
                return frame;
            }
            let refused = frame["op"] == "error" && frame["id"] == shape["id"] && !shape["id"].is_null();
            assert!(!refused, "wanted {shape}, but it is {frame}");
            self.early.push_back(frame);
        }
    }

    /// Reads on to the end of the session; returns the code and the reason of the broker's close frame.
    pub async fn expect_close(&mut self) -> (u16, String) {
        loop {
            match within("the session to be closed", self.socket.next()).await {
                Some(Ok(Message::Close(Some(frame)))) => {
                    return (frame.code.into(), frame.reason.to_string());
                }
                Some(Ok(Message::Close(None))) => return (1005, String::new()),
                Some(Ok(_)) => {}
                other => panic!("the connection ended without a close frame: {other:?}"),
            }
        }
    }

    /// Takes leave as WebSocket has it; the broker must answer.
    pub async fn close(mut self) {
        within("room to send", self.socket.close(None)).await.expect("the broker reads");
        loop {
            match within("the answer to close", self.socket.next()).await {
                Some(Ok(_)) => {}
                None => return,
                Some(Err(error)) => panic!("the broker does not take leave: {error}"),
            }
        }
    }

    async fn read(&mut self) -> Value {
        let bytes = self.read_bytes().await;
        serde_json::from_slice(&bytes).expect("a frame is JSON")
    }

    async fn read_bytes(&mut self) -> Vec<u8> {
        // However often it is pinged meanwhile.
        within("a frame other than a ping", async {
            loop {
                let json = self.read_message().await;
                if !json.starts_with(br#"{"op":"ping""#) {
                    return json;
                }
                self.send(json!({"op": "pong"})).await;
            }
        })
        .await
    }

    async fn read_message(&mut self) -> Vec<u8> {
        loop {
            match within("a frame", self.socket.next()).await {
                Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => {
                    return to_json(self.encoding, &message);
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                end => panic!("the session ended instead: {end:?}"),
            }
        }
    }
}
