//! Headers: short facts beside a payload, such as a trace id.

use std::collections::BTreeMap;

use crate::fault::shortened;
use crate::limits::MAX_HEADERS_BYTES;

/// Checked headers: names of `A-Z a-z 0-9 _ -`, values without control characters, 4 KiB in all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(BTreeMap<String, String>);

/// The rule that headers break.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeadersError {
    /// A name is empty or holds another character than `A-Z a-z 0-9 _ -`.
    #[error("header name {:?} is not made of A-Z a-z 0-9 _ -", shortened(.0))]
    Name(String),
    /// A value holds a control character.
    #[error("the value of header {:?} holds a control character", shortened(.0))]
    Value(String),
    /// Names and values are larger than [`MAX_HEADERS_BYTES`] together.
    #[error("headers have {0} bytes; at most {MAX_HEADERS_BYTES} are allowed")]
    TooLarge(usize),
    /// A publisher used a prefix that belongs to the broker or its engine.
    #[error("header {:?} begins with a reserved prefix (`Nats-`, `Fanfare-`)", shortened(.0))]
    Reserved(String),
}

impl Headers {
    /// Takes headers that follow the rules.
    ///
    /// # Errors
    /// Gives the size in bytes if it is over the bound, else names the first header that breaks a rule.
    pub fn new(headers: BTreeMap<String, String>) -> Result<Self, HeadersError> {
        let bytes = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        if bytes > MAX_HEADERS_BYTES {
            return Err(HeadersError::TooLarge(bytes));
        }
        let name_char = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        for (name, value) in &headers {
            if name.is_empty() || !name.bytes().all(name_char) {
                return Err(HeadersError::Name(name.clone()));
            }
            if value.chars().any(char::is_control) {
                return Err(HeadersError::Value(name.clone()));
            }
        }
        Ok(Self(headers))
    }

    /// Checks what only publishers must keep to: no reserved prefix.
    ///
    /// # Errors
    /// Names the first header with a reserved prefix.
    pub fn check_publishable(&self) -> Result<(), HeadersError> {
        let reserved = |name: &&String| {
            let name = name.to_ascii_lowercase();
            name.starts_with("nats-") || name.starts_with("fanfare-")
        };
        self.0.keys().find(reserved).map_or(Ok(()), |name| Err(HeadersError::Reserved(name.clone())))
    }

    /// Names and values, by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value of one header.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::{Headers, HeadersError};
    use crate::limits::MAX_HEADERS_BYTES;

    fn headers(name: &str, value: &str) -> Result<Headers, HeadersError> {
        Headers::new([(name.to_owned(), value.to_owned())].into())
    }

    #[test]
    fn names_and_values_count_together_up_to_the_bound() {
        assert!(headers("k", &"v".repeat(MAX_HEADERS_BYTES - 1)).is_ok());
        let over = headers("k", &"v".repeat(MAX_HEADERS_BYTES));
        assert_eq!(over, Err(HeadersError::TooLarge(MAX_HEADERS_BYTES + 1)));
    }

    #[test]
    fn names_are_plain_and_values_without_control_characters() {
        assert!(headers("A-b_9", "any: value, größe").is_ok());
        for name in ["", "a b", "a:b", "ä"] {
            assert_eq!(headers(name, ""), Err(HeadersError::Name(name.to_owned())));
        }
        assert_eq!(headers("k", "a\nb"), Err(HeadersError::Value("k".to_owned())));
    }

    #[test]
    fn a_rule_quotes_the_beginning_of_a_name_alone() {
        let long = "\u{1}".repeat(MAX_HEADERS_BYTES);
        for error in [HeadersError::Name, HeadersError::Value, HeadersError::Reserved] {
            let text = error(long.clone()).to_string();
            assert!(text.len() < 300 && text.contains("\\u{1}"), "{text}");
        }
    }

    #[test]
    fn a_publisher_may_not_use_reserved_prefixes_in_any_case() -> Result<(), HeadersError> {
        for name in ["Nats-Msg-Id", "nats-x", "FANFARE-x"] {
            let reserved = Err(HeadersError::Reserved(name.to_owned()));
            assert_eq!(headers(name, "")?.check_publishable(), reserved);
        }
        assert_eq!(headers("Natsy", "")?.check_publishable(), Ok(()));
        Ok(())
    }
}
