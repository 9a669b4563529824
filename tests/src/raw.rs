//! A socket for bytes that no client would send, and WebSocket frames made by hand.

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpSocket, TcpStream};

use crate::http::Answer;
use crate::within;

/// A connection without any client on it.
#[derive(Debug)]
pub struct Raw {
    reader: RawReader,
    writer: RawWriter,
}

/// What comes from the broker.
#[derive(Debug)]
pub struct RawReader {
    socket: OwnedReadHalf,
    read: Vec<u8>,
}

/// What goes to the broker.
#[derive(Debug)]
pub struct RawWriter(OwnedWriteHalf);

/// A WebSocket frame of the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WsFrame {
    /// 1 text, 2 binary, 8 close, 9 ping, 10 pong.
    pub opcode: u8,
    /// What it holds.
    pub payload: Vec<u8>,
}

/// A frame as clients send it: the first byte (FIN, reserved bits, opcode) is given, the rest is as it should be.
pub fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0x13, 0x57, 0x9b, 0xdf];
    let mut frame = vec![first];
    let len = payload.len();
    if len < 126 {
        frame.push(0x80 | u8::try_from(len).expect("under 126"));
    } else if let Ok(len) = u16::try_from(len) {
        frame.push(0xFE);
        frame.extend_from_slice(&len.to_be_bytes());
    } else {
        frame.push(0xFF);
        frame.extend_from_slice(&(len as u64).to_be_bytes());
    }
    frame.extend_from_slice(&mask);
    frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

impl Raw {
    /// Connects and says nothing.
    pub async fn connect(address: SocketAddr) -> Self {
        let socket = within("a connection", TcpStream::connect(address)).await.expect("the port is open");
        Self::of(socket)
    }

    fn of(socket: TcpStream) -> Self {
        let (reader, writer) = socket.into_split();
        Self { reader: RawReader { socket: reader, read: Vec::new() }, writer: RawWriter(writer) }
    }

    /// Connects from this address, such as another one of loopback's, and says nothing.
    pub async fn connect_from(source: IpAddr, address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().expect("there is a socket");
        socket.bind((source, 0).into()).expect("loopback has many addresses");
        Self::of(within("a connection", socket.connect(address)).await.expect("the port is open"))
    }

    /// Connects and shakes hands for a JSON session.
    pub async fn shake(address: SocketAddr) -> Self {
        let mut raw = Self::connect(address).await;
        raw.write(handshake("").as_bytes()).await;
        let answer = raw.head().await;
        assert_eq!(answer.status, 101, "{answer:?}");
        raw
    }

    /// As [`Raw::shake`], with hello said and the welcome read.
    pub async fn open(address: SocketAddr) -> Self {
        let mut raw = Self::shake(address).await;
        raw.write(&masked(0x81, br#"{"op":"hello"}"#)).await;
        let welcome = raw.frame().await.expect("the broker answers hello");
        assert!(welcome.payload.starts_with(br#"{"op":"welcome""#), "{welcome:?}");
        raw
    }

    /// Both directions, to be used at once.
    pub fn split(self) -> (RawReader, RawWriter) {
        (self.reader, self.writer)
    }

    /// Sends bytes, which the broker must take.
    pub async fn write(&mut self, bytes: &[u8]) {
        self.writer.write(bytes).await;
    }

    /// What a connection is answered, with its handshake after these bytes. Where it is refused, the answer comes without
    /// a question.
    pub async fn status(&mut self, before: &[u8], headers: &str) -> u16 {
        let _ = self.try_write(&[before, handshake(headers).as_bytes()].concat()).await;
        self.head().await.status
    }

    /// Sends bytes; an error if the broker has closed the connection.
    pub async fn try_write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        within("room to send", self.writer.0.write_all(bytes)).await
    }

    /// Ends the sending side.
    pub async fn finish(&mut self) {
        let _ = self.writer.0.shutdown().await;
    }

    /// The head of an HTTP answer; what follows stays to be read.
    pub async fn head(&mut self) -> Answer {
        loop {
            let read = &mut self.reader.read;
            if let Some(end) = read.windows(4).position(|end| end == b"\r\n\r\n") {
                let head: Vec<u8> = read.drain(..end + 4).collect();
                return Answer::parse(&head);
            }
            assert!(self.reader.fill().await > 0, "the connection ended within a head");
        }
    }

    /// The next WebSocket frame but for `ping`; none if the connection ends before it.
    pub async fn frame(&mut self) -> Option<WsFrame> {
        self.reader.frame().await
    }

    /// Reads on to the broker's close frame; returns its code.
    pub async fn expect_close(&mut self) -> u16 {
        while let Some(frame) = self.frame().await {
            if frame.opcode == 8 {
                let code = frame.payload.first_chunk().expect("the broker always says why");
                return u16::from_be_bytes(*code);
            }
        }
        panic!("the connection ended without a close frame");
    }

    /// Everything up to the end of the connection, however it ends.
    pub async fn rest(&mut self) -> Vec<u8> {
        while self.reader.fill().await > 0 {}
        std::mem::take(&mut self.reader.read)
    }
}

impl RawReader {
    /// The next WebSocket frame; none if the connection ends before it. The broker's own `ping` comes at any time and
    /// is passed over.
    pub async fn frame(&mut self) -> Option<WsFrame> {
        loop {
            match parse(&self.read) {
                Some((frame, len)) => {
                    self.read.drain(..len);
                    if !frame.payload.starts_with(br#"{"op":"ping""#) {
                        return Some(frame);
                    }
                }
                None if self.fill().await == 0 => return None,
                None => {}
            }
        }
    }

    async fn fill(&mut self) -> usize {
        within("bytes", self.socket.read_buf(&mut self.read)).await.unwrap_or(0)
    }
}

impl RawWriter {
    /// Sends bytes, which the broker must take.
    pub async fn write(&mut self, bytes: &[u8]) {
        within("room to send", self.0.write_all(bytes)).await.expect("the broker reads");
    }
}

/// A PROXY header of version 2 for a client at this address.
pub fn proxied(client: [u8; 4]) -> Vec<u8> {
    let ports = [0x10, 0x00, 0x1D, 0x10];
    [b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0C".as_slice(), &client, &[10, 0, 0, 1], &ports].concat()
}

/// A handshake for a JSON session, with further header lines.
pub fn handshake(headers: &str) -> String {
    format!(
        "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
    )
}

/// The first frame among bytes from the broker, and its length with its header.
fn parse(bytes: &[u8]) -> Option<(WsFrame, usize)> {
    let (opcode, payload) = header(bytes)?;
    let end = payload.end;
    Some((WsFrame { opcode, payload: bytes.get(payload)?.to_vec() }, end))
}

/// The opcode of the first frame among bytes from the broker, and where its payload is, or will be.
pub(crate) fn header(bytes: &[u8]) -> Option<(u8, Range<usize>)> {
    let [first, second] = *bytes.first_chunk()?;
    assert_eq!(first & 0xF0, 0x80, "the broker sends whole messages without extensions");
    assert_eq!(second & 0x80, 0, "a server masks nothing");
    let (len, start) = match second {
        126 => (usize::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?)), 4),
        127 => (usize::try_from(u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?)).ok()?, 10),
        short => (usize::from(short), 2),
    };
    Some((first & 0x0F, start..start + len))
}
