//! What a request without frames brings to say who it is, and which of it counts.

use super::rejection::Rejection;

/// Tokens, by the way that they came. None of them has been looked at.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Brought {
    /// That of `Authorization: Bearer`.
    pub(crate) bearer: Option<String>,
    /// That of the query.
    pub(crate) query: Option<String>,
    /// The values of `Cookie`, as far as they are meant for this request.
    pub(crate) cookies: Vec<String>,
}

/// The token that counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Counting<'a> {
    pub(super) token: &'a str,
    /// Whether it stands in a URL, which is kept in many places.
    pub(super) in_url: bool,
}

impl Brought {
    /// The token that counts: what a program put there goes before what a browser adds by itself. `cookie` is the name of
    /// the cookie that may hold one.
    ///
    /// # Errors
    /// There are several cookies of that name, and which of them is meant would be a guess.
    pub(super) fn counting(&self, cookie: Option<&str>) -> Result<Option<Counting<'_>>, Rejection> {
        if let Some(token) = &self.bearer {
            return Ok(Some(Counting { token, in_url: false }));
        }
        if let Some(token) = &self.query {
            return Ok(Some(Counting { token, in_url: true }));
        }
        let Some(name) = cookie else { return Ok(None) };
        let pairs = self.cookies.iter().flat_map(|value| value.split(';'));
        let mut tokens = pairs.filter_map(|pair| {
            let (known, value) = pair.trim_ascii().split_once('=')?;
            (known == name).then(|| value.trim_matches('"'))
        });
        let first = tokens.next().filter(|token| !token.is_empty());
        if tokens.next().is_some() {
            return Err(Rejection::Ambiguous);
        }
        Ok(first.map(|token| Counting { token, in_url: false }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brought(bearer: Option<&str>, query: Option<&str>, cookies: &[&str]) -> Brought {
        let owned = |text: &str| text.to_owned();
        Brought {
            bearer: bearer.map(owned),
            query: query.map(owned),
            cookies: cookies.iter().map(|cookie| owned(cookie)).collect(),
        }
    }

    /// What counts, and whether it stands in the URL.
    fn counting(brought: &Brought, cookie: Option<&str>) -> Option<(String, bool)> {
        let counting = brought.counting(cookie).ok().flatten();
        counting.map(|counting| (counting.token.to_owned(), counting.in_url))
    }

    #[test]
    fn what_a_program_sends_goes_before_what_a_browser_adds() {
        let cookies = ["a=1; token=c"];
        let of = |bearer, query| counting(&brought(bearer, query, &cookies), Some("token"));
        assert_eq!(of(Some("b"), Some("q")), Some(("b".to_owned(), false)));
        assert_eq!(of(None, Some("q")), Some(("q".to_owned(), true)));
        assert_eq!(of(None, None), Some(("c".to_owned(), false)));
    }

    #[test]
    fn a_cookie_counts_by_its_name_alone() {
        for cookies in [&["token=c"][..], &["x=1", "token=\"c\";y"], &["xtoken=no;  token=c ; tokenx=no"]] {
            let found = counting(&brought(None, None, cookies), Some("token"));
            assert_eq!(found, Some(("c".to_owned(), false)), "{cookies:?}");
        }
        for cookies in [&["Token=c"][..], &["token"], &["token="], &[]] {
            assert_eq!(counting(&brought(None, None, cookies), Some("token")), None, "{cookies:?}");
        }
        assert_eq!(counting(&brought(None, None, &["token=c"]), None), None, "no cookie is configured");
    }

    #[test]
    fn a_cookie_that_is_there_twice_is_refused() {
        let twice = brought(None, None, &["token=a; token=b"]);
        assert!(twice.counting(Some("token")).is_err());
    }
}
