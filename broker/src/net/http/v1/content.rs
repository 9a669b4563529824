//! Content types of requests: what kind of payload, or which form of a list, a body is.

use axum::http::{HeaderMap, header};
use fanfare_protocol::PayloadKind;

use super::problem::{Kind, Place, Problem};

/// A media type and its charset, as far as anyone here looks at them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ContentType {
    /// In lower case, without parameters; empty if there is none.
    pub(super) essence: String,
    charset: Option<String>,
}

impl ContentType {
    /// That of a request.
    ///
    /// # Errors
    /// It is there twice, or not text.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let mut given = headers.get_all(header::CONTENT_TYPE).iter();
        let Some(value) = given.next() else { return Ok(Self::default()) };
        let text = value.to_str().map_err(|_| invalid("`Content-Type` is not readable"))?;
        if given.next().is_some() {
            return Err(invalid("`Content-Type` is there more than once; keep one"));
        }
        let mut parts = text.split(';').map(str::trim);
        let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
        let parameters = parts.filter_map(|part| part.split_once('='));
        let charset = parameters
            .filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))
            .map(|(_, value)| value.trim().trim_matches('"').to_ascii_lowercase())
            .next();
        Ok(Self { essence, charset })
    }

    /// The kind of a payload of this type.
    ///
    /// # Errors
    /// It is text in another charset than UTF-8.
    pub(super) fn payload_kind(&self) -> Result<PayloadKind, Problem> {
        match self.essence.as_str() {
            "application/json" => Ok(PayloadKind::Json),
            "text/plain" => {
                let plain = matches!(self.charset.as_deref(), None | Some("utf-8" | "utf8" | "us-ascii"));
                if plain { Ok(PayloadKind::Text) } else { Err(unsupported("text is taken in UTF-8 only")) }
            }
            _ => Ok(PayloadKind::Bytes),
        }
    }
}

/// A body of this type is not taken here.
pub(super) fn unsupported(detail: impl Into<String>) -> Problem {
    Problem::part(Kind::UnsupportedMediaType, Place::Header, "Content-Type", detail)
}

fn invalid(detail: &str) -> Problem {
    Problem::part(Kind::InvalidRequest, Place::Header, "Content-Type", detail)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn kind(content_type: &'static str) -> Option<PayloadKind> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        ContentType::of(&headers).unwrap().payload_kind().ok()
    }

    #[test]
    fn the_type_says_the_kind_whatever_its_case_and_parameters() {
        for (content_type, expected) in [
            ("application/json", Some(PayloadKind::Json)),
            ("Application/JSON; charset=utf-8", Some(PayloadKind::Json)),
            ("text/plain", Some(PayloadKind::Text)),
            ("text/plain;charset=\"UTF-8\"", Some(PayloadKind::Text)),
            ("text/plain; charset=iso-8859-1", None),
            ("application/octet-stream", Some(PayloadKind::Bytes)),
            ("image/png", Some(PayloadKind::Bytes)),
            ("", Some(PayloadKind::Bytes)),
        ] {
            assert_eq!(kind(content_type), expected, "{content_type}");
        }
        assert_eq!(ContentType::of(&HeaderMap::new()).unwrap().payload_kind().ok(), Some(PayloadKind::Bytes));
    }
}
