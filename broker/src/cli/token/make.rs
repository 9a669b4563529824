//! `fanfare token make`: signs a token.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Map, Value, json};

use super::say;
use crate::auth::{SigningKey, Template};
use crate::cli::files::read;
use crate::clock;
use crate::config::units::parse_duration;

const EXAMPLES: &str = "Examples:
  fanfare token make --secret-file secret --sub alice --subscribe 'rooms.>' > alice.token
  fanfare token make --key-file key.pem --sub backend --publish 'orders.>' --expires 24h";

/// Signs a token.
///
/// It is printed alone, so that it can be put into a file or a variable.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct MakeArgs {
    #[command(flatten)]
    key: KeyArgs,
    /// Whose token it is: its subject (`sub`)
    #[arg(long, value_name = "SUBJECT")]
    sub: Option<String>,
    /// A pattern that its holder may subscribe to; can be repeated, as can the next four
    #[arg(long, value_name = "PATTERN")]
    subscribe: Vec<String>,
    /// A pattern of topics that its holder may publish to
    #[arg(long, value_name = "PATTERN")]
    publish: Vec<String>,
    /// A pattern of topics on which its holder may ask who is present
    #[arg(long, value_name = "PATTERN")]
    presence: Vec<String>,
    /// A pattern that its sessions are subscribed to from their beginning
    #[arg(long, value_name = "PATTERN")]
    auto: Vec<String>,
    /// A role that the broker's configuration defines (`[auth.roles.NAME]`)
    #[arg(long, value_name = "NAME")]
    role: Vec<String>,
    /// How long it is valid
    #[arg(long, value_name = "TIME", default_value = "1h")]
    expires: String,
    /// Who issues it (`iss`)
    #[arg(long, value_name = "NAME")]
    issuer: Option<String>,
    /// Whom it is for (`aud`)
    #[arg(long, value_name = "NAME")]
    audience: Option<String>,
    /// The name that it can be revoked by (`jti`)
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Another claim; the value is JSON, or else text
    #[arg(long, value_name = "NAME=VALUE")]
    claim: Vec<String>,
}

/// What it is signed with.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct KeySourceArgs {
    /// The secret that the broker has, too. Whoever lists the processes of this machine sees it here: better give
    /// --secret-file
    #[arg(long, value_name = "TEXT", env = "FANFARE_TOKEN_SECRET", hide_env_values = true)]
    secret: Option<String>,
    /// A file with that secret
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// A private key in PEM: RSA, P-256, P-384 or Ed25519
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct KeyArgs {
    #[command(flatten)]
    source: KeySourceArgs,
    /// The name of the key in its set (`kid`)
    #[arg(long, value_name = "NAME")]
    kid: Option<String>,
}

pub(super) fn run(args: &MakeArgs) -> Result<(), String> {
    let token = signing_key(&args.key.source)?.sign(args.key.kid.as_deref(), &claims(args)?);
    say(&format!("{}\n", token.map_err(|error| error.to_string())?))
}

fn signing_key(source: &KeySourceArgs) -> Result<SigningKey, String> {
    let from_secret = |secret: &[u8]| {
        SigningKey::from_secret(secret)
            .map_err(|error| format!("the secret {error}; `openssl rand -base64 48` makes one"))
    };
    match source {
        KeySourceArgs { secret: Some(secret), .. } => from_secret(secret.as_bytes()),
        KeySourceArgs { secret_file: Some(file), .. } => from_secret(read(file)?.trim_ascii_end()),
        KeySourceArgs { key_file: Some(file), .. } => {
            SigningKey::from_pem(&read(file)?).map_err(|error| format!("{} {error}", file.display()))
        }
        KeySourceArgs { .. } => Err("give a key: --secret-file or --key-file".to_owned()),
    }
}

fn claims(args: &MakeArgs) -> Result<Value, String> {
    let expires = parse_duration(&args.expires).map_err(|error| format!("--expires {error}"))?;
    let now = clock::wall_ms() / 1_000;
    let mut claims = Map::new();
    for (name, value) in
        [("sub", &args.sub), ("iss", &args.issuer), ("aud", &args.audience), ("jti", &args.id)]
    {
        claims.extend(value.as_ref().map(|value| (name.to_owned(), json!(value))));
    }
    claims.insert("iat".to_owned(), json!(now));
    claims.insert("exp".to_owned(), json!(now.saturating_add(expires.as_secs())));
    let mut fanfare = Map::new();
    let lists = [
        ("subscribe", &args.subscribe),
        ("publish", &args.publish),
        ("presence", &args.presence),
        ("auto", &args.auto),
    ];
    for (name, patterns) in lists.into_iter().filter(|(_, patterns)| !patterns.is_empty()) {
        for pattern in patterns {
            Template::new(pattern).map_err(|error| format!("--{name} {pattern:?} {error}"))?;
        }
        fanfare.insert(name.to_owned(), json!(patterns));
    }
    if !args.role.is_empty() {
        fanfare.insert("roles".to_owned(), json!(args.role));
    }
    if !fanfare.is_empty() {
        claims.insert("fanfare".to_owned(), Value::Object(fanfare));
    }
    for claim in &args.claim {
        let (name, value) = claim.split_once('=').ok_or_else(|| format!("--claim {claim:?} has no `=`"))?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
        claims.insert(name.to_owned(), value);
    }
    Ok(Value::Object(claims))
}
