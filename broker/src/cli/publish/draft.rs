//! What all messages of one command have in common.

use fanfare_client::{Client, Payload, PublishRequest, Topic};

/// What all messages of one command have in common: everything but the payload's bytes.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) topic: Topic,
    pub(super) kind: Kind,
    /// Names and values.
    pub(super) headers: Vec<(String, String)>,
    /// What the keys of lines begin with, if they have keys.
    pub(super) key_prefix: Option<String>,
}

/// What payloads are said to be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Text,
    Json,
    Bytes,
}

impl Draft {
    /// A message with this payload, or what is wrong with it and what to do.
    pub(super) fn message(&self, client: &Client, payload: &[u8]) -> Result<PublishRequest, String> {
        let request = client.publish(&self.topic, self.kind.payload(payload)?);
        Ok(self.headers.iter().fold(request, |request, (name, value)| request.header(name, value)))
    }

    /// The message that is a line, the first having number 1.
    pub(super) fn line(&self, client: &Client, line: &[u8], number: u64) -> Result<PublishRequest, String> {
        let request = self.message(client, line)?;
        Ok(match &self.key_prefix {
            Some(prefix) => request.key(format!("{prefix}-{number}")),
            None => request,
        })
    }
}

impl Kind {
    fn payload(self, bytes: &[u8]) -> Result<Payload<'_>, String> {
        let not_text = |_| "the payload is not UTF-8 text; send it with --bytes".to_owned();
        match self {
            Self::Bytes => Ok(Payload::bytes(bytes)),
            Self::Text => std::str::from_utf8(bytes).map(Payload::text).map_err(not_text),
            Self::Json => {
                let text = std::str::from_utf8(bytes).map_err(not_text)?;
                Payload::json(text).map_err(|why| format!("{why}; mend it, or leave --json out"))
            }
        }
    }
}

/// Reads `NAME=VALUE`.
///
/// # Errors
/// There is no `=`.
pub(super) fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_that_is_not_of_its_kind_says_which_flag_helps() {
        assert!(Kind::Text.payload(b"\xff").unwrap_err().contains("--bytes"));
        assert!(Kind::Json.payload(b"{").unwrap_err().contains("--json"));
        assert!(Kind::Bytes.payload(b"\xff").is_ok());
        assert!(Kind::Text.payload(b"").is_ok());
    }

    #[test]
    fn a_header_may_hold_further_equals_signs() {
        assert_eq!(header("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert!(header("a").is_err());
    }
}
