//! One connection of a light subscriber: frames are read where they lie in its buffer.

use std::net::SocketAddr;

use fanfare_protocol::frame::Hello;
use fanfare_protocol::{ClientFrame, Encoding, ServerFrame};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::http::Answer;
use crate::raw::{handshake, header, masked};
use crate::within;

/// Bytes that one read takes at most, unless a frame is larger.
const READ_BYTES: usize = 32 << 10;

/// A session with hello said.
#[derive(Debug)]
pub struct Session {
    socket: TcpStream,
    encoding: Encoding,
    read: Vec<u8>,
}

impl Session {
    /// Connects, shakes hands, and says hello and these frames in one write.
    pub async fn open(address: SocketAddr, encoding: Encoding, frames: &[ClientFrame<'_>]) -> Self {
        let socket = within("a connection", TcpStream::connect(address)).await.expect("the port is open");
        socket.set_nodelay(true).expect("the socket is open");
        let mut session = Self { socket, encoding, read: Vec::with_capacity(READ_BYTES) };
        let subprotocol = format!("Sec-WebSocket-Protocol: {}\r\n", encoding.subprotocol());
        session.write(handshake(&subprotocol).as_bytes()).await;
        session.head().await;
        let hello =
            ClientFrame::Hello(Hello { token: None, name: Some("fanfare-tests/1".into()), resume: None });
        let mut bytes = session.encode(&hello);
        for frame in frames {
            bytes.extend(session.encode(frame));
        }
        session.write(&bytes).await;
        session
    }

    /// Sends frames in one write.
    pub async fn send(&mut self, frames: &[ClientFrame<'_>]) {
        let bytes: Vec<u8> = frames.iter().flat_map(|frame| self.encode(frame)).collect();
        self.write(&bytes).await;
    }

    /// Sends bytes, WebSocket headers and all, which the broker must take.
    pub async fn write(&mut self, bytes: &[u8]) {
        within("room to send", self.socket.write_all(bytes)).await.expect("the broker reads");
    }

    /// A frame as it goes over the wire.
    pub fn encode(&self, frame: &ClientFrame<'_>) -> Vec<u8> {
        let mut payload = Vec::new();
        self.encoding.encode_client(frame, &mut payload);
        let first = if self.encoding == Encoding::Json { 0x81 } else { 0x82 };
        masked(first, &payload)
    }

    /// Waits for bytes. May be given up at any time: nothing is lost.
    pub async fn fill(&mut self) {
        self.read.reserve(READ_BYTES);
        let read = self.socket.read_buf(&mut self.read).await;
        assert!(read.expect("the broker keeps the connection") > 0, "the broker closed the connection");
    }

    /// Gives every frame that is whole to `take`.
    pub fn drain(&mut self, mut take: impl FnMut(ServerFrame<'_>)) {
        let mut used = 0;
        while let Some((opcode, payload)) = header(self.read.get(used..).unwrap_or_default()) {
            let end = used + payload.end;
            let Some(bytes) = self.read.get(used + payload.start..end) else { break };
            match opcode {
                1 | 2 => {
                    let frame =
                        self.encoding.decode_server(bytes).expect("a frame of the broker can be read");
                    take(frame.expect("the broker knows no newer ops"));
                }
                8 => panic!("the broker closed the session: {}", String::from_utf8_lossy(bytes)),
                _ => {}
            }
            used = end;
        }
        self.read.drain(..used);
    }

    /// Cuts the connection with a reset, in the middle of whatever it carries.
    pub fn reset(self) {
        self.socket.set_zero_linger().expect("the socket is open");
    }

    async fn head(&mut self) {
        let end = loop {
            if let Some(at) = self.read.windows(4).position(|end| end == b"\r\n\r\n") {
                break at + 4;
            }
            within("an answer", self.fill()).await;
        };
        let head: Vec<u8> = self.read.drain(..end).collect();
        let answer = Answer::parse(&head);
        assert_eq!(answer.status, 101, "{answer:?}");
        assert_eq!(answer.header("sec-websocket-protocol"), Some(self.encoding.subprotocol()));
    }
}
