//! The transport of a session: one type, whatever carries the bytes.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use rustix::io::Errno;
use rustix::net::SendFlags;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A connected byte stream to a client.
#[derive(Debug)]
pub(super) enum Transport {
    /// TCP without encryption.
    Plain(TcpStream),
}

impl Transport {
    fn stream(&mut self) -> Pin<&mut TcpStream> {
        match self {
            Self::Plain(stream) => Pin::new(stream),
        }
    }

    /// Reads what is there, into the free part of `buf`. Nothing read means the end of the stream.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_read(cx, buf)
    }

    /// Writes as much as the socket takes now.
    ///
    /// The kernel is asked first, and the runtime only where the socket takes no more: what the runtime knows of a socket
    /// is cold memory, and nearly every socket takes what it is given.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let Self::Plain(stream) = self;
        match rustix::net::send(&*stream, bytes, SendFlags::NOSIGNAL) {
            Err(Errno::WOULDBLOCK | Errno::INTR) => self.stream().poll_write(cx, bytes),
            written => Poll::Ready(Ok(written?)),
        }
    }

    /// Writes as much of the slices, in order, as the socket takes now.
    pub(super) fn poll_write_vectored(
        &mut self,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Self::Plain(stream) = self;
        match rustix::io::writev(&*stream, slices) {
            Err(Errno::WOULDBLOCK | Errno::INTR) => self.stream().poll_write_vectored(cx, slices),
            written => Poll::Ready(Ok(written?)),
        }
    }

    /// Tells the peer that nothing more will come.
    pub(super) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(cx)
    }
}
