//! The transport of a session: one type, whatever carries the bytes.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::SendFlags;
use rustix::net::sockopt::set_tcp_user_timeout;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// A connected byte stream to a client.
#[derive(Debug)]
pub(super) enum Transport {
    /// TCP without encryption.
    Plain(TcpStream),
    /// TLS over TCP. Boxed, so that it costs the others nothing.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Transport {
    /// The stream as tokio has it.
    fn stream(&mut self) -> Pin<&mut dyn Stream> {
        match self {
            Self::Plain(stream) => Pin::new(stream),
            Self::Tls(stream) => Pin::new(stream.as_mut()),
        }
    }

    /// Reads what is there, into the free part of `buf`. Nothing read means the end of the stream.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, buf),
        }
    }

    /// Writes as much as the socket takes now.
    ///
    /// The kernel is asked first, and the runtime only where the socket takes no more: what the runtime knows of a socket
    /// is cold memory, and nearly every socket takes what it is given.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if let Self::Plain(stream) = self {
            match rustix::net::send(&*stream, bytes, SendFlags::NOSIGNAL) {
                Err(Errno::WOULDBLOCK | Errno::INTR) => {}
                written => return Poll::Ready(Ok(written?)),
            }
        }
        self.stream().poll_write(cx, bytes)
    }

    /// Writes as much of the slices, in order, as the socket takes now.
    pub(super) fn poll_write_vectored(
        &mut self,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let Self::Plain(stream) = self {
            match rustix::io::writev(&*stream, slices) {
                Err(Errno::WOULDBLOCK | Errno::INTR) => {}
                written => return Poll::Ready(Ok(written?)),
            }
        }
        self.stream().poll_write_vectored(cx, slices)
    }

    /// Ready once all that was written is the kernel's. Encrypted bytes may wait before that; others never do.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(_) => Poll::Ready(Ok(())),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
        }
    }

    /// Has the connection end when what was sent is not acknowledged, or not taken, for so long.
    pub(super) fn end_unacknowledged_after(&self, time: Duration) {
        let socket = match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream.get_ref().0,
        };
        let millis = u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
        if let Err(error) = set_tcp_user_timeout(socket, millis) {
            // It then ends when the kernel gives up by itself, after a quarter of an hour or so.
            tracing::debug!(%error, "a connection can't be given TCP_USER_TIMEOUT");
        }
    }

    /// Tells the peer that nothing more will come.
    pub(super) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(cx)
    }
}

/// What both kinds of streams can do.
trait Stream: AsyncRead + AsyncWrite + Unpin {}

impl Stream for TcpStream {}

impl Stream for TlsStream<TcpStream> {}

impl AsyncRead for Transport {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.get_mut().stream().poll_read(cx, buf)
    }
}

impl AsyncWrite for Transport {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().stream().poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().stream().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().stream().poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use rustix::net::sockopt::tcp_user_timeout;
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_connection_is_told_how_long_it_may_go_unacknowledged() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let transport = Transport::Plain(listener.accept().await.unwrap().0);
        transport.end_unacknowledged_after(Duration::from_millis(1_500));
        let Transport::Plain(socket) = &transport else { panic!() };
        assert_eq!(tcp_user_timeout(socket).unwrap(), 1_500);
    }
}
