//! Rejections: why a token or key is not accepted, without anything of what it holds.

use std::time::Duration;

use fanfare_protocol::CloseCode;

use super::key::Algorithm;

/// Why a token or key is not accepted. The text is for its holder: it says what to do, and quotes nothing secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Rejection {
    #[error("a token is needed here: send it in `hello`")]
    Missing,
    #[error("this broker takes no tokens: it has no `[[auth.issuer]]`; connect without one")]
    NotConfigured,
    #[error("this is no JSON Web Token that can be read, nor an API key")]
    Malformed,
    #[error("the token has critical headers, and this broker knows none")]
    Critical,
    #[error("the token's `alg` is not supported; `none` never is")]
    UnknownAlgorithm,
    #[error("no key of the issuer may be used with {0:?}, the token's `alg`")]
    Algorithm(Algorithm),
    #[error("the token's `iss` is none that this broker trusts")]
    Issuer,
    /// The key may be one that is not fetched yet.
    #[error("the token's key is not known (yet); try again soon")]
    UnknownKey,
    #[error("the token's signature is wrong")]
    Forged,
    #[error("the token has expired; get a new one")]
    Expired,
    #[error("the token is not valid yet (`nbf`); is the clock right?")]
    NotYet,
    #[error("the token is for another audience (`aud`)")]
    Audience,
    /// A claim has a wrong form; the text names it.
    #[error("the token's claim {0}")]
    Claim(String),
    #[error("this API key is not known")]
    UnknownKeyText,
    #[error("access was revoked")]
    Revoked,
    /// The token came in a URL, and would be good for whoever finds that long afterwards.
    #[error(
        "a token in a URL must expire within {0:?} (auth.url_token_life), because URLs are kept in many places; get one \
         that expires sooner, or send it as a cookie or in Authorization"
    )]
    LongLived(Duration),
    #[error("the cookie that holds the token is there more than once; remove those that are not meant")]
    Ambiguous,
}

impl Rejection {
    /// The words that metrics know, one for each kind.
    pub(crate) const WORDS: &'static [&'static str] = &[
        "missing",
        "not_configured",
        "malformed",
        "algorithm",
        "issuer",
        "unknown_key",
        "forged",
        "expired",
        "not_yet",
        "audience",
        "claim",
        "api_key",
        "revoked",
        "long_lived",
    ];

    /// The word for metrics: one of [`Rejection::WORDS`].
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::NotConfigured => "not_configured",
            Self::Malformed | Self::Critical | Self::Ambiguous => "malformed",
            Self::UnknownAlgorithm | Self::Algorithm(_) => "algorithm",
            Self::Issuer => "issuer",
            Self::UnknownKey => "unknown_key",
            Self::Forged => "forged",
            Self::Expired => "expired",
            Self::NotYet => "not_yet",
            Self::Audience => "audience",
            Self::Claim(_) => "claim",
            Self::UnknownKeyText => "api_key",
            Self::Revoked => "revoked",
            Self::LongLived(_) => "long_lived",
        }
    }

    /// How a session ends whose `hello` is rejected: with the same token again only where that may help.
    pub(crate) fn close_code(&self) -> CloseCode {
        match self {
            Self::UnknownKey => CloseCode::OverCapacity,
            Self::Revoked => CloseCode::Forbidden,
            _ => CloseCode::Unauthenticated,
        }
    }
}

/// Why a caller was not accepted, and whose keys may be out of date then.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) rejection: Rejection,
    /// Where the keys of the issuer come from that the token named.
    pub(crate) fetch: Option<String>,
}

impl From<Rejection> for Refused {
    fn from(rejection: Rejection) -> Self {
        Self { rejection, fetch: None }
    }
}
