//! TLS by rustls: certificates read from files, kept up to date, and the handshake on a fresh socket.

mod files;
mod keeper;
mod loaded;
mod trial;

use std::io;

use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

pub use files::{TlsError, TlsFiles};
pub(crate) use keeper::Keeper;
pub use trial::TlsFault;

/// First byte of what a TLS client sends: a record with a part of the handshake.
const HANDSHAKE_RECORD: u8 = 0x16;

/// Whether a client that begins with this byte speaks TLS.
pub(super) fn is_tls(first: u8) -> bool {
    first == HANDSHAKE_RECORD
}

/// Shakes hands with the certificate in force now.
pub(super) async fn shake(keeper: &Keeper, socket: TcpStream) -> io::Result<Box<TlsStream<TcpStream>>> {
    let acceptor = TlsAcceptor::from(keeper.current());
    acceptor.accept(socket).await.map(Box::new)
}
