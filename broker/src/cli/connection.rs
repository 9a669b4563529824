//! How the commands reach the broker.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use fanfare_client::{Client, ClientBuilder, Encoding};

use super::credentials::TokenArgs;
use super::files;
use super::terminal::CommandError;
use crate::VERSION;

/// More than any broker sends in one message: what it lets through, its operator sees.
const MAX_INCOMING_BYTES: usize = 2 << 30;

/// How to reach the broker, and to hold on to it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub(super) struct ConnectionArgs {
    #[command(flatten)]
    broker: BrokerArgs,
    #[command(flatten)]
    tls: TlsArgs,
    /// Fail when the connection is lost, rather than connect again
    #[arg(long)]
    no_reconnect: bool,
}

/// Where the broker is, and how to speak with it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub(super) struct BrokerArgs {
    /// Where the broker is, such as `ws://127.0.0.1:7440`
    #[arg(long, value_name = "URL", env = "FANFARE_SERVER", default_value = "ws://127.0.0.1:7440")]
    server: String,
    #[command(flatten)]
    token: TokenArgs,
    /// How frames are written: `json` is easier to read in a packet capture
    #[arg(long, value_name = "NAME", env = "FANFARE_ENCODING", default_value = "msgpack")]
    encoding: EncodingName,
}

/// What TLS needs, with a server at `wss://`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub(super) struct TlsArgs {
    /// Certificate authorities to trust for `wss://` (PEM), instead of the system's
    #[arg(long, value_name = "FILE", env = "FANFARE_CA")]
    ca: Option<PathBuf>,
    /// A certificate of this client (PEM), where the broker asks for one; needs --client-key
    #[arg(long, value_name = "FILE", env = "FANFARE_CLIENT_CERT", requires = "client_key")]
    client_cert: Option<PathBuf>,
    /// Its private key (PEM)
    #[arg(long, value_name = "FILE", env = "FANFARE_CLIENT_KEY", requires = "client_cert")]
    client_key: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum EncodingName {
    Json,
    Msgpack,
}

impl ConnectionArgs {
    /// Connects, and waits for the broker's welcome.
    pub(super) async fn connect(&self) -> Result<Client, CommandError> {
        let builder = self.tls.add_to(self.broker.builder())?;
        Ok(builder.reconnect(!self.no_reconnect).connect().await?)
    }

    /// Whether standard input was read for the token.
    pub(super) fn took_stdin(&self) -> bool {
        self.broker.token.took_stdin()
    }
}

impl BrokerArgs {
    /// Begins to say how to connect.
    pub(super) fn builder(&self) -> ClientBuilder {
        let builder = Client::builder(&self.server)
            .name(format!("fanfare-cli/{VERSION}"))
            .encoding(self.encoding())
            .max_incoming_bytes(MAX_INCOMING_BYTES);
        self.token.add_to(builder)
    }

    /// The URL, as it was written.
    pub(super) fn server(&self) -> &str {
        &self.server
    }

    /// The token, if there is one.
    pub(super) fn token(&self) -> Option<&str> {
        self.token.token()
    }

    /// How frames are written.
    pub(super) fn encoding(&self) -> Encoding {
        match self.encoding {
            EncodingName::Json => Encoding::Json,
            EncodingName::Msgpack => Encoding::MsgPack,
        }
    }
}

impl TlsArgs {
    /// Adds what TLS needs.
    ///
    /// # Errors
    /// A file can't be read.
    pub(super) fn add_to(&self, mut builder: ClientBuilder) -> Result<ClientBuilder, CommandError> {
        let read = |path: &Path| files::read(path).map_err(CommandError::Input);
        if let Some(ca) = &self.ca {
            builder = builder.ca_pem(read(ca)?);
        }
        if let (Some(cert), Some(key)) = (&self.client_cert, &self.client_key) {
            builder = builder.client_certificate_pem(read(cert)?, read(key)?);
        }
        Ok(builder)
    }

    /// The file with the authorities to trust, if it was named.
    pub(super) fn ca(&self) -> Option<&Path> {
        self.ca.as_deref()
    }

    /// The files with this client's certificate and key, if they were named.
    pub(super) fn identity(&self) -> Option<(&Path, &Path)> {
        self.client_cert.as_deref().zip(self.client_key.as_deref())
    }
}
