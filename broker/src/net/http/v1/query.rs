//! Parameters of a query: which there are, how each is read, and the link to the next page.

use std::borrow::Cow;

use axum::http::Uri;
use fanfare_protocol::Pattern;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::problem::{Kind, Place, Problem};
pub(super) use crate::notation::number;

/// Elements of a page unless asked.
pub(super) const LIMIT_DEFAULT: u32 = 100;
/// The most that may be asked for.
pub(super) const LIMIT_MAX: u32 = 1_000;

/// The parameters of a request.
#[derive(Debug)]
pub(super) struct Query<'a> {
    path: &'a str,
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Query<'a> {
    /// Reads a query in which these parameters are known.
    ///
    /// # Errors
    /// One is not known, is there twice, or is not UTF-8.
    pub(super) fn of(uri: &'a Uri, known: &[&str]) -> Result<Self, Problem> {
        let mut pairs: Vec<(Cow<'a, str>, Cow<'a, str>)> = Vec::new();
        for pair in uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decoded(name, name)?;
            let value = decoded(value, &name)?;
            if !known.contains(&&*name) {
                let known = known.join(", ");
                return Err(Problem::query(
                    &name,
                    format!("`{name}` is not known here; use some of: {known}"),
                ));
            }
            if pairs.iter().any(|(other, _)| *other == name) {
                return Err(Problem::query(&name, format!("`{name}` is there more than once; keep one")));
            }
            pairs.push((name, value));
        }
        Ok(Self { path: uri.path(), pairs })
    }

    /// Reads a parameter if it is there. `read` says what is wrong with it.
    pub(super) fn optional<T>(
        &self,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, Problem> {
        let value = self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| read(value));
        value.transpose().map_err(|detail| Problem::query(name, format!("`{name}` {detail}")))
    }

    /// The pattern, which means every topic unless given.
    pub(super) fn pattern(&self) -> Result<Pattern, Problem> {
        let given = self.pairs.iter().find(|(name, _)| name == "pattern");
        let text = given.map_or(">", |(_, text)| text);
        Pattern::new(text).map_err(|rule| {
            Problem::part(Kind::InvalidTopic, Place::Query, "pattern", format!("`pattern` {rule}"))
        })
    }

    /// How many elements a page may have.
    pub(super) fn limit(&self) -> Result<u32, Problem> {
        let read = |text: &str| {
            let limit = number(text).and_then(|limit| u32::try_from(limit).ok());
            let limit = limit.filter(|limit| (1..=LIMIT_MAX).contains(limit));
            limit.ok_or_else(|| format!("must be a whole number from 1 to {LIMIT_MAX}"))
        };
        Ok(self.optional("limit", read)?.unwrap_or(LIMIT_DEFAULT))
    }

    /// The same request, but with this parameter.
    pub(super) fn with(&self, name: &str, value: &str) -> String {
        let others = self.pairs.iter().filter(|(known, _)| known != name);
        let pairs = others.map(|(name, value)| (&**name, &**value)).chain([(name, value)]);
        let pairs =
            pairs.map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
        format!("{}?{}", self.path, pairs.collect::<Vec<_>>().join("&"))
    }
}

fn decoded<'a>(text: &'a str, name: &str) -> Result<Cow<'a, str>, Problem> {
    let plus: Cow<'a, str> = if text.contains('+') { text.replace('+', " ").into() } else { text.into() };
    let decoded = match plus {
        Cow::Borrowed(text) => percent_decode_str(text).decode_utf8(),
        Cow::Owned(ref text) => percent_decode_str(text).decode_utf8().map(|text| text.into_owned().into()),
    };
    decoded.map_err(|_| Problem::query(name, format!("`{name}` is not UTF-8")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(uri: &str) -> Result<u32, Problem> {
        let uri: Uri = uri.parse().unwrap();
        Query::of(&uri, &["limit", "pattern"]).and_then(|query| query.limit())
    }

    #[test]
    fn a_limit_is_a_number_within_its_bounds() {
        assert_eq!(limit("/x").unwrap(), LIMIT_DEFAULT);
        assert_eq!(limit("/x?limit=7").unwrap(), 7);
        for uri in
            ["/x?limit=0", "/x?limit=1001", "/x?limit=", "/x?limit=-1", "/x?limit=1.0", "/x?limit=%2B1"]
        {
            assert!(limit(uri).is_err(), "{uri}");
        }
    }

    #[test]
    fn what_is_not_known_or_there_twice_is_refused() {
        for uri in ["/x?limt=7", "/x?limit=7&limit=7", "/x?pattern=%FF"] {
            assert!(limit(uri).is_err(), "{uri}");
        }
    }

    #[test]
    fn the_link_to_the_next_page_reads_back() {
        let uri: Uri = "/v1/topics?pattern=a.%3E&after=b+c&limit=2".parse().unwrap();
        let known = ["pattern", "after", "limit"];
        let next = Query::of(&uri, &known).unwrap().with("after", "ä&=%+");
        let uri: Uri = next.parse().unwrap();
        let query = Query::of(&uri, &known).unwrap();
        assert_eq!(query.pattern().unwrap().as_str(), "a.>");
        assert_eq!(query.optional("after", |text| Ok(text.to_owned())).unwrap().as_deref(), Some("ä&=%+"));
    }
}
