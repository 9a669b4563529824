//! One WebSocket connection: handshake, frames in either encoding, close. Knows nothing of sessions.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use fanfare_protocol::{ClientFrame, CloseCode, DecodeError, Encoding, ServerFrame};
use futures_util::{Sink, Stream as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::handshake::client::{Request, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::protocol::frame::CloseFrame;
use tokio_tungstenite::tungstenite::{Bytes, Error as WsError, Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::address::Address;
use crate::closed::{Closed, NO_CODE};
use crate::error::Error;
use crate::stream::Stream;
use crate::tls::Tls;

/// Allocated once a connection, and zeroed at each read: large enough for hundreds of small frames.
const READ_BUFFER_BYTES: usize = 32 * 1024;
/// Frames are collected up to this size before they are written without a flush.
const WRITE_BUFFER_BYTES: usize = 64 * 1024;
/// Most of a refusal's text that is worth showing, in characters.
const REFUSAL_CHARS: usize = 200;

/// One connection to a broker, after the handshake.
#[derive(Debug)]
pub(crate) struct Transport {
    socket: WebSocketStream<Stream>,
    encoding: Encoding,
}

/// What comes from the broker.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// A frame, still encoded.
    Frame(Bytes),
    /// A control frame of WebSocket: a sign of life, already dealt with.
    Control,
    /// Nothing more will come.
    End(Closed),
}

impl Transport {
    /// Connects and shakes hands, over TLS if the address asks for it.
    ///
    /// # Errors
    /// Nothing listens there, the broker's certificate is not trusted, the handshake is refused, or the answer is not a
    /// broker's.
    pub(crate) async fn connect(
        address: &Address,
        tls: Option<&Tls>,
        encoding: Encoding,
        max_incoming_bytes: usize,
    ) -> Result<Self, Error> {
        let stream = TcpStream::connect(&address.authority).await.map_err(|e| unreachable(address, e))?;
        // Frames are batched by the driver; what is flushed should leave at once.
        stream.set_nodelay(true).map_err(|e| unreachable(address, e))?;
        let stream = match tls {
            Some(tls) => Stream::Tls(Box::new(tls.secure(address, stream).await?)),
            None => Stream::Plain(stream),
        };
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(WRITE_BUFFER_BYTES)
            .max_message_size(Some(max_incoming_bytes))
            .max_frame_size(Some(max_incoming_bytes));
        let request = request(address, encoding)?;
        let shaken = client_async_with_config(request, stream, Some(config)).await;
        let (socket, _) = shaken.map_err(|e| refused(address, e))?;
        Ok(Self { socket, encoding })
    }

    /// Reads a frame that [`Transport::poll_receive`] gave; `None` is one of a later version, to be ignored.
    ///
    /// # Errors
    /// The frame can't be read.
    pub(crate) fn decode<'a>(&self, frame: &'a Bytes) -> Result<Option<ServerFrame<'a>>, DecodeError> {
        self.encoding.decode_server(frame)
    }

    /// What comes next. After an end it must not be asked again.
    pub(crate) fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Incoming> {
        Poll::Ready(match ready!(Pin::new(&mut self.socket).poll_next(cx)) {
            Some(Ok(Message::Binary(frame))) => Incoming::Frame(frame),
            Some(Ok(Message::Text(frame))) => Incoming::Frame(frame.into()),
            Some(Ok(Message::Close(close))) => Incoming::End(closed_by_broker(close)),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Incoming::Control,
            Some(Err(error)) => Incoming::End(lost(&error)),
            None => Incoming::End(closed_by_broker(None)),
        })
    }

    /// Whether a frame can be taken now.
    pub(crate) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Closed>> {
        Pin::new(&mut self.socket).poll_ready(cx).map_err(|e| lost(&e))
    }

    /// Takes a frame, to be written with the next flush; [`Transport::poll_ready`] must have agreed.
    ///
    /// # Errors
    /// The connection broke.
    pub(crate) fn send(&mut self, frame: &ClientFrame<'_>) -> Result<(), Closed> {
        let mut bytes = Vec::new();
        self.encoding.encode_client(frame, &mut bytes);
        let message = match self.encoding {
            Encoding::MsgPack => Message::Binary(bytes.into()),
            Encoding::Json => Message::Text(Utf8Bytes::try_from(bytes).unwrap_or_default()),
        };
        Pin::new(&mut self.socket).start_send(message).map_err(|e| lost(&e))
    }

    /// Takes a close frame, to be written with the next flush; [`Transport::poll_ready`] must have agreed.
    ///
    /// # Errors
    /// The connection broke.
    pub(crate) fn send_close(&mut self, code: CloseCode) -> Result<(), Closed> {
        let close = CloseFrame { code: code.number().into(), reason: Utf8Bytes::default() };
        Pin::new(&mut self.socket).start_send(Message::Close(Some(close))).map_err(|e| lost(&e))
    }

    /// Writes what was taken.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Closed>> {
        Pin::new(&mut self.socket).poll_flush(cx).map_err(|e| lost(&e))
    }
}

fn request(address: &Address, encoding: Encoding) -> Result<Request, Error> {
    let mut request = (&address.uri).into_client_request().map_err(|e| Error::Invalid(e.to_string()))?;
    let subprotocol = HeaderValue::from_static(encoding.subprotocol());
    request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, subprotocol);
    Ok(request)
}

fn unreachable(address: &Address, error: io::Error) -> Error {
    Error::Connect { address: address.authority.clone(), source: Arc::new(error) }
}

fn refused(address: &Address, error: WsError) -> Error {
    let address = address.authority.clone();
    match error {
        WsError::Http(response) => {
            Error::Refused { address, status: response.status().as_u16(), text: text_of(&response) }
        }
        WsError::Io(error) => Error::Connect { address, source: Arc::new(error) },
        other => Error::Handshake { address, detail: other.to_string() },
    }
}

/// The first line of a refusal's body, as much of it as has come.
fn text_of(response: &Response) -> String {
    let body = response.body().as_deref().unwrap_or_default();
    let text = String::from_utf8_lossy(body);
    let line = text.trim().lines().next().unwrap_or_default().trim_end_matches([':', '.']);
    line.chars().filter(|c| !c.is_control()).take(REFUSAL_CHARS).collect()
}

fn closed_by_broker(close: Option<CloseFrame>) -> Closed {
    let (code, reason) = close
        .map_or((NO_CODE, String::new()), |close| (u16::from(close.code), close.reason.as_str().to_owned()));
    Closed::ByBroker { code, reason }
}

fn lost(error: &WsError) -> Closed {
    if let WsError::Capacity(CapacityError::MessageTooLong { max_size, .. }) = error {
        return Closed::TooLarge { max_incoming_bytes: *max_size };
    }
    let detail = match error {
        WsError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
            "the other side went away without a close frame".to_owned()
        }
        other => other.to_string(),
    };
    Closed::Lost { detail }
}
