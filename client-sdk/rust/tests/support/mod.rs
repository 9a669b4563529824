//! A broker whose script each test writes: it says exactly what it is told to, and nothing of its own accord.

#![allow(dead_code, reason = "each test file uses its own part of this")]
#![allow(clippy::result_large_err, reason = "the handshake callback's type is tungstenite's")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failed step is a failed test")]

use std::net::SocketAddr;
use std::time::Duration;

use fanfare_client::{Client, ClientBuilder, Subscription, Topic};
use fanfare_protocol::frame::{Gap, Message, Published, ReplayFrom, Subscribed, Welcome};
use fanfare_protocol::{ClientFrame, Encoding, Epoch, GapReason, Payload, ServerFrame, StreamName, frame};
use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::frame::CloseFrame;
use tokio_tungstenite::tungstenite::{Bytes, Message as WsMessage, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

/// Longer than any test takes: a test that hangs fails.
const PATIENCE: Duration = Duration::from_secs(20);
/// A heartbeat that no test lives to see.
pub(crate) const QUIET_HEARTBEAT: Duration = Duration::from_mins(1);

/// Runs a test, with client and broker on one thread.
pub(crate) fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(PATIENCE, test).await.expect("the test hangs") });
}

/// Listens on a free port.
pub(crate) struct FakeBroker {
    listener: TcpListener,
}

/// One client, as the broker sees it.
pub(crate) struct Peer {
    socket: WebSocketStream<TcpStream>,
    encoding: Encoding,
    pub(crate) path: String,
}

/// A frame that came, still encoded.
pub(crate) struct Received {
    bytes: Bytes,
    encoding: Encoding,
}

impl FakeBroker {
    pub(crate) async fn start() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").await.unwrap() }
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}", self.listener.local_addr().unwrap())
    }

    /// Accepts a client in the encoding that it asks for.
    pub(crate) async fn accept(&self) -> Peer {
        let (stream, _) = self.listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let mut asked = (Encoding::Json, String::new());
        let socket =
            accept_hdr_async(stream, |request: &Request, response| choose(request, response, &mut asked));
        let socket = socket.await.unwrap();
        Peer { socket, encoding: asked.0, path: asked.1 }
    }

    /// Accepts a client, takes its `hello`, and welcomes it.
    pub(crate) async fn welcome(&self, heartbeat: Duration) -> Peer {
        let mut peer = self.accept().await;
        assert!(matches!(peer.receive().await.frame(), ClientFrame::Hello(_)));
        peer.send_welcome(heartbeat).await;
        peer
    }

    /// Accepts clients no more: whoever tries to connect is turned away.
    pub(crate) fn stop(self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    /// Listens again where a broker was stopped.
    pub(crate) async fn restart(address: SocketAddr) -> Self {
        Self { listener: TcpListener::bind(address).await.unwrap() }
    }

    /// A client of this broker, and the broker's side of it.
    pub(crate) async fn client(&self) -> (Client, Peer) {
        self.client_of(Client::builder(self.url())).await
    }

    /// The same, with a choice of bounds.
    pub(crate) async fn client_of(&self, builder: ClientBuilder) -> (Client, Peer) {
        let (client, peer) = tokio::join!(builder.connect(), self.welcome(QUIET_HEARTBEAT));
        (client.unwrap(), peer)
    }
}

/// Agrees to the encoding that the client offers.
#[allow(clippy::unnecessary_wraps, reason = "the signature is tungstenite's")]
fn choose(
    request: &Request,
    mut response: Response,
    asked: &mut (Encoding, String),
) -> Result<Response, ErrorResponse> {
    let offered = request.headers().get("Sec-WebSocket-Protocol").unwrap();
    let encoding = Encoding::ALL.iter().find(|encoding| encoding.subprotocol() == offered).unwrap();
    response.headers_mut().insert("Sec-WebSocket-Protocol", offered.clone());
    *asked = (*encoding, request.uri().path().to_owned());
    Ok(response)
}

impl Peer {
    /// The next frame from the client.
    pub(crate) async fn receive(&mut self) -> Received {
        let bytes = match self.socket.next().await.expect("the client has gone").unwrap() {
            WsMessage::Text(text) => text.into(),
            WsMessage::Binary(bytes) => bytes,
            other => panic!("not a frame: {other:?}"),
        };
        Received { bytes, encoding: self.encoding }
    }

    /// The code of the client's close frame, which comes next and is answered.
    pub(crate) async fn receive_close(&mut self) -> u16 {
        let code = match self.socket.next().await {
            Some(Ok(WsMessage::Close(Some(close)))) => close.code.into(),
            other => panic!("not a close: {other:?}"),
        };
        assert!(self.socket.next().await.is_none(), "the answer ends the connection");
        code
    }

    /// Takes a publish and gives its `id`.
    pub(crate) async fn receive_publish(&mut self) -> Option<u64> {
        match self.receive().await.frame() {
            ClientFrame::Publish(publish) => publish.id,
            other => panic!("not a publish: {other:?}"),
        }
    }

    pub(crate) async fn send(&mut self, frame: ServerFrame<'_>) {
        self.feed(frame).await;
        self.flush().await;
    }

    pub(crate) async fn flush(&mut self) {
        self.socket.flush().await.unwrap();
    }

    /// Sends with the next flush, or when enough has come together.
    pub(crate) async fn feed(&mut self, frame: ServerFrame<'_>) {
        let mut bytes = Vec::new();
        self.encoding.encode_server(&frame, &mut bytes);
        self.socket.feed(self.message(bytes)).await.unwrap();
    }

    pub(crate) async fn send_raw(&mut self, bytes: &[u8]) {
        self.socket.send(self.message(bytes.to_vec())).await.unwrap();
    }

    pub(crate) async fn send_welcome(&mut self, heartbeat: Duration) {
        self.send(ServerFrame::Welcome(Welcome {
            session: "s1".into(),
            heartbeat_ms: heartbeat.as_millis().try_into().unwrap(),
            max_payload_bytes: 65_536,
            expires_in_ms: None,
            key_window_ms: None,
            resume: None,
        }))
        .await;
    }

    pub(crate) async fn close(&mut self, code: u16, reason: &str) {
        let close = CloseFrame { code: code.into(), reason: reason.into() };
        self.socket.close(Some(close)).await.unwrap();
    }

    /// Acknowledges a publish.
    pub(crate) async fn acknowledge(&mut self, id: u64, seq: u64) {
        let epoch = Epoch::new("e1").unwrap();
        let at = Some(frame::PublishedAt { stream: stream(), epoch, seq });
        self.send(ServerFrame::Published(Published { id, at, duplicate: false })).await;
    }

    /// Opens the client's next subscription, and gives its number.
    pub(crate) async fn open_subscription(&mut self) -> u32 {
        self.open_subscription_at("{}").await.0
    }

    /// Opens the client's next subscription at this position; gives its number and where it was to begin.
    pub(crate) async fn open_subscription_at(&mut self, position: &str) -> (u32, ReplayFrom) {
        let (sub, from) = match self.receive().await.frame() {
            ClientFrame::Subscribe(subscribe) => (subscribe.sub, subscribe.from),
            other => panic!("not a subscribe: {other:?}"),
        };
        let position = position.parse().unwrap();
        let opened =
            Subscribed { sub, pattern: None, position, recovered: None, live: true, ephemeral: false };
        self.send(ServerFrame::Subscribed(opened)).await;
        (sub, from)
    }

    fn message(&self, bytes: Vec<u8>) -> WsMessage {
        match self.encoding {
            Encoding::Json => WsMessage::Text(Utf8Bytes::try_from(bytes).unwrap()),
            Encoding::MsgPack => WsMessage::Binary(bytes.into()),
        }
    }
}

impl Received {
    pub(crate) fn frame(&self) -> ClientFrame<'_> {
        self.encoding.decode_client(&self.bytes).unwrap()
    }
}

/// Opens a subscription from both sides.
pub(crate) async fn subscribe(client: &Client, peer: &mut Peer) -> (Subscription, u32) {
    subscribe_at(client, peer, "{}").await
}

/// Opens a subscription from both sides, at this position.
pub(crate) async fn subscribe_at(client: &Client, peer: &mut Peer, position: &str) -> (Subscription, u32) {
    let request = client.subscribe("a.>").into_future();
    let (subscription, (sub, _)) = tokio::join!(request, peer.open_subscription_at(position));
    (subscription.unwrap(), sub)
}

/// A position in the stream that messages of this broker are of.
pub(crate) fn at(seq: u64) -> String {
    format!(r#"{{"recent":{{"epoch":"e1","seq":{seq}}}}}"#)
}

pub(crate) fn stream() -> StreamName {
    StreamName::new("recent").unwrap()
}

/// A message of this sequence and payload size.
pub(crate) fn message(sub: u32, seq: u64, bytes: usize) -> ServerFrame<'static> {
    let message = Message {
        topic: Topic::new("a.b").unwrap(),
        payload: Payload::bytes(vec![b'x'; bytes]),
        time_ms: 1,
        sequenced: Some(frame::Sequenced { stream: stream(), seq, prev: None }),
        by: None,
        headers: None,
    };
    ServerFrame::Message { sub, message }
}

pub(crate) fn gap(from: u64, to: u64) -> Gap {
    Gap {
        reason: GapReason::Expired,
        stream: Some(stream()),
        from: Some(from),
        to: Some(to),
        count: None,
        position: None,
    }
}
