//! The token that a command comes with: from an argument, the environment, or a file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use fanfare_client::ClientBuilder;

use super::files::{self, STDIN};

/// What the broker knows the caller by.
#[allow(clippy::doc_markdown, reason = "these texts are shown on a terminal as they stand")]
#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub(super) struct TokenArgs {
    /// A JSON Web Token or an API key, if the broker asks for one. Whoever lists the processes of this machine sees it
    /// here: better set FANFARE_TOKEN, or give --token-file
    #[arg(long, value_name = "TOKEN", env = "FANFARE_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// A file that holds the token, read anew for each connection; `-` reads it once from standard input. It wins over
    /// --token and FANFARE_TOKEN
    #[arg(long, value_name = "FILE", value_parser = TokenFile::open)]
    token_file: Option<TokenFile>,
}

/// A file with a token.
#[derive(Clone)]
struct TokenFile {
    path: Arc<Path>,
    token: String,
}

impl TokenFile {
    fn open(path: &str) -> Result<Self, String> {
        let path: Arc<Path> = PathBuf::from(path).into();
        let token = files::read_text(&path)?;
        if token.is_empty() { Err("it is empty".to_owned()) } else { Ok(Self { path, token }) }
    }

    fn is_stdin(&self) -> bool {
        *self.path == *Path::new(STDIN)
    }
}

impl std::fmt::Debug for TokenFile {
    /// Shows nothing secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.path.fmt(f)
    }
}

impl TokenArgs {
    /// The token, if there is one.
    pub(super) fn token(&self) -> Option<&str> {
        self.token_file.as_ref().map(|file| file.token.as_str()).or(self.token.as_deref())
    }

    /// Whether it came from standard input, which has nothing else then.
    pub(super) fn took_stdin(&self) -> bool {
        self.token_file.as_ref().is_some_and(TokenFile::is_stdin)
    }

    /// Adds it. That of a file may be renewed while a session lasts, so it is read for each connection.
    pub(super) fn add_to(&self, builder: ClientBuilder) -> ClientBuilder {
        match (&self.token_file, self.token()) {
            (Some(file), _) if !file.is_stdin() => {
                let path = Arc::clone(&file.path);
                builder.token_from(move || std::future::ready(files::read_text(&path)))
            }
            (_, Some(token)) => builder.token(token),
            (_, None) => builder,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::{Command, FromArgMatches};

    use super::*;

    fn parsed(arguments: &[&str]) -> Result<TokenArgs, String> {
        let command = TokenArgs::augment_args(Command::new("sub"));
        let matches = command.try_get_matches_from([&["sub"], arguments].concat());
        let matches = matches.map_err(|error| error.to_string())?;
        TokenArgs::from_arg_matches(&matches).map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_goes_before_the_argument_and_is_not_shown() {
        let path = std::env::temp_dir().join(format!("fanfare-token-{}", std::process::id()));
        std::fs::write(&path, "secret-text\n").unwrap();
        let args = parsed(&["--token", "other", "--token-file", path.to_str().unwrap()]);
        std::fs::remove_file(&path).unwrap();
        let args = args.unwrap();
        assert_eq!((args.token(), args.took_stdin()), (Some("secret-text"), false));
        assert!(!format!("{:?}", args.token_file).contains("secret-text"));
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = parsed(&["--token-file", "no/such/file"]).unwrap_err();
        assert!(error.contains("no/such/file can't be read") && error.contains("--token-file"), "{error}");
    }
}
