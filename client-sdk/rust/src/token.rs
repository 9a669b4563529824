//! Where tokens come from: given once, or asked for before each connection and before one expires.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use crate::error::Error;

type Asked = Pin<Box<dyn Future<Output = Result<String, Error>> + Send>>;

/// Where tokens come from.
#[derive(Clone, Default)]
pub(crate) enum Tokens {
    /// There are none.
    #[default]
    None,
    /// Always this one.
    Fixed(String),
    /// Asked for before each connection, and before one expires.
    Asked(Arc<dyn Fn() -> Asked + Send + Sync>),
}

impl Tokens {
    /// Asks `source` each time.
    pub(crate) fn from_source<S, F, E>(source: S) -> Self
    where
        S: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = Result<String, E>> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        Self::Asked(Arc::new(move || {
            let asked = source();
            Box::pin(async move { asked.await.map_err(|error| Error::Token(error.into().into())) })
        }))
    }

    /// Whether another token can be had.
    pub(crate) fn renew(&self) -> bool {
        matches!(self, Self::Asked(_))
    }

    /// The next token, if there is to be one.
    pub(crate) async fn next(&self) -> Result<Option<String>, Error> {
        match self {
            Self::None => Ok(None),
            Self::Fixed(token) => Ok(Some(token.clone())),
            Self::Asked(source) => source().await.map(Some),
        }
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Fixed(_) => "Fixed",
            Self::Asked(_) => "Asked",
        })
    }
}
