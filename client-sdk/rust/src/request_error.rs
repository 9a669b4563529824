//! A request that the broker refused.

use std::time::Duration;

use fanfare_protocol::ErrorCode;
use fanfare_protocol::frame::ErrorFrame;

/// A request that the broker refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the broker says {code}: {message}{}", again(*.retry_after))]
pub struct RequestError {
    /// Why, for programs.
    pub code: ErrorCode,
    /// Why and what to do, for people.
    pub message: String,
    /// When to try again, where the broker says so.
    pub retry_after: Option<Duration>,
    /// After a `conflict`: the actual last sequence of the topic.
    pub seq: Option<u64>,
}

impl From<ErrorFrame<'_>> for RequestError {
    fn from(frame: ErrorFrame<'_>) -> Self {
        Self {
            code: frame.code,
            message: frame.message.into_owned(),
            retry_after: frame.retry_after_ms.map(Duration::from_millis),
            seq: frame.seq,
        }
    }
}

fn again(retry_after: Option<Duration>) -> String {
    retry_after.map_or_else(String::new, |after| format!("; try again in {after:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_request_says_when_to_try_again() {
        let error = RequestError {
            code: ErrorCode::RateLimited,
            message: "too many publishes".into(),
            retry_after: Some(Duration::from_millis(500)),
            seq: None,
        };
        assert_eq!(error.to_string(), "the broker says rate_limited: too many publishes; try again in 500ms");
    }
}
