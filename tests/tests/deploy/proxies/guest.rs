//! A client at a proxy, by TLS, from an address of its choice.

use std::net::{IpAddr, SocketAddr};

use fanfare_tests::{has_shape, within};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use super::front::{Front, NAME};

/// A JSON session through a proxy. It answers pings while it is asked for frames.
pub(super) struct Guest(WebSocketStream<TlsStream<TcpStream>>);

impl Guest {
    /// Connects from this address, with these headers, and says hello.
    pub(super) async fn enter(front: &Front, from: IpAddr, headers: &[(&'static str, &str)]) -> Self {
        let mut guest = Self::knock(front, from, headers).await.expect("the handshake succeeds");
        guest.send(json!({"op": "hello"})).await;
        guest.expect(json!({"op": "welcome"})).await;
        guest
    }

    /// Connects from this address, with these headers.
    pub(super) async fn knock(
        front: &Front,
        from: IpAddr,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, Error> {
        let mut request = format!("wss://{NAME}/ws").into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let stream = connect(front, from).await;
        let (socket, _) = within("a handshake", Box::pin(client_async(request, stream))).await?;
        Ok(Self(socket))
    }

    /// Sends a frame.
    pub(super) async fn send(&mut self, frame: Value) {
        within("room to send", self.0.send(Message::text(frame.to_string()))).await.unwrap();
    }

    /// The next frame, pings too, which are answered; none if the connection has ended.
    pub(super) async fn next(&mut self) -> Option<Value> {
        loop {
            match within("a frame or the end", self.0.next()).await? {
                Ok(Message::Text(text)) => {
                    let frame: Value = serde_json::from_str(&text).unwrap();
                    if frame["op"] == "ping" {
                        self.send(json!({"op": "pong"})).await;
                    }
                    return Some(frame);
                }
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// The next frame that is no ping; it must have this shape.
    pub(super) async fn expect(&mut self, shape: Value) -> Value {
        loop {
            let frame =
                self.next().await.unwrap_or_else(|| panic!("the connection has ended before {shape}"));
            if frame["op"] != "ping" {
                assert!(has_shape(&frame, &shape), "wanted {shape}, but it is {frame}");
                return frame;
            }
        }
    }
}

/// A TLS connection to a proxy, from this address.
pub(super) async fn connect(front: &Front, from: IpAddr) -> TlsStream<TcpStream> {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(from, 0)).unwrap();
    let socket = within("a connection", socket.connect(front.address)).await.unwrap();
    Box::pin(front.authority.shake(socket, NAME)).await.unwrap()
}
