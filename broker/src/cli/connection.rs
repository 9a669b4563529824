//! How `pub` and `sub` reach the broker.

use clap::{Args, ValueEnum};
use fanfare_client::{Client, Encoding, Error};

use crate::VERSION;

/// How to reach the broker.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub(super) struct ConnectionArgs {
    /// Where the broker is
    #[arg(long, value_name = "URL", env = "FANFARE_SERVER", default_value = "ws://127.0.0.1:7440")]
    server: String,
    /// A JSON Web Token, where the broker asks for one
    #[arg(long, value_name = "JWT", env = "FANFARE_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// How frames are written: `json` is easier to read in a packet capture
    #[arg(long, value_name = "NAME", env = "FANFARE_ENCODING", default_value = "msgpack")]
    encoding: EncodingName,
    /// Fail when the connection is lost, instead of connecting again
    #[arg(long)]
    no_reconnect: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum EncodingName {
    Json,
    Msgpack,
}

impl ConnectionArgs {
    /// Connects, and waits for the broker's welcome.
    pub(super) async fn connect(&self) -> Result<Client, Error> {
        let encoding = match self.encoding {
            EncodingName::Json => Encoding::Json,
            EncodingName::Msgpack => Encoding::MsgPack,
        };
        let builder = Client::builder(&self.server)
            .name(format!("fanfare-cli/{VERSION}"))
            .encoding(encoding)
            .reconnect(!self.no_reconnect);
        match &self.token {
            Some(token) => builder.token(token).connect().await,
            None => builder.connect().await,
        }
    }
}
