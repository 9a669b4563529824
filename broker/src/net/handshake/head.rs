//! The head of an HTTP request, parsed, with its headers at hand.

use httparse::{EMPTY_HEADER, Error, Header, Request, Status};

use super::refusal::Refusal;

/// Most headers of a request; browsers send about 15.
const HEADERS_MAX: usize = 64;

/// Room for the headers of one request.
pub(super) type Space<'b> = [Header<'b>; HEADERS_MAX];

/// Room for the headers of one request, empty.
pub(super) fn space<'b>() -> Space<'b> {
    [EMPTY_HEADER; HEADERS_MAX]
}

/// What bytes amount to as HTTP.
#[derive(Debug)]
pub(super) enum Parsed<'h, 'b> {
    Partial,
    Malformed(Refusal),
    Complete(Head<'h, 'b>),
}

/// A complete request head.
#[derive(Debug)]
pub(super) struct Head<'h, 'b> {
    pub(super) method: &'b str,
    /// The path without its query.
    pub(super) path: &'b str,
    /// The query, as it was sent; empty if there is none.
    pub(super) query: &'b str,
    /// The minor version: 1 for HTTP/1.1.
    pub(super) version: u8,
    /// Length in bytes, the empty line included.
    pub(super) len: usize,
    headers: &'h [Header<'b>],
}

/// Parses a request head.
pub(super) fn parse<'h, 'b>(bytes: &'b [u8], space: &'h mut Space<'b>) -> Parsed<'h, 'b> {
    let mut request = Request::new(space);
    let len = match request.parse(bytes) {
        Ok(Status::Complete(len)) => len,
        Ok(Status::Partial) => return Parsed::Partial,
        Err(Error::TooManyHeaders) => return Parsed::Malformed(Refusal::HeadTooLarge),
        Err(_) => return Parsed::Malformed(Refusal::Malformed),
    };
    let (Some(method), Some(target), Some(version)) = (request.method, request.path, request.version) else {
        return Parsed::Malformed(Refusal::Malformed);
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Parsed::Complete(Head { method, path, query, version, len, headers: request.headers })
}

impl<'b> Head<'_, 'b> {
    /// The values of every header with this name, in order, as they came.
    pub(super) fn raw(&self, name: &str) -> impl Iterator<Item = &'b [u8]> {
        let named = self.headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name));
        named.map(|header| header.value)
    }

    /// The same as text; those that are not UTF-8 read as empty.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &'b str> {
        self.raw(name).map(|value| str::from_utf8(value).unwrap_or_default().trim_ascii())
    }

    /// The value of a header that may stand once.
    ///
    /// # Errors
    /// It stands more than once, and which of them counts would be a guess.
    pub(super) fn at_most_one(&self, name: &str) -> Result<Option<&'b str>, Refusal> {
        let mut values = self.all(name);
        let first = values.next();
        values.next().map_or(Ok(first), |_| Err(Refusal::Malformed))
    }

    /// The words between commas of every header with this name.
    pub(super) fn words(&self, name: &str) -> impl Iterator<Item = &'b str> {
        let words = self.all(name).flat_map(|value| value.split(',')).map(str::trim_ascii);
        words.filter(|word| !word.is_empty())
    }

    /// Whether a list header holds a word, in any case.
    pub(super) fn says(&self, name: &str, word: &str) -> bool {
        self.words(name).any(|said| said.eq_ignore_ascii_case(word))
    }
}
