//! What a person at a command line can do about a refusal: the broker's own words are for programs.

use std::fmt::Display;

use fanfare_client::{Closed, End, Error, RequestError};
use fanfare_protocol::{CloseCode, ErrorCode};

use super::terminal::CommandError;

/// How to come with a token.
const GIVE_TOKEN: &str = "give a token with --token-file FILE or in FANFARE_TOKEN";
/// How to see what a token is good for.
const SEE_GRANTS: &str = "`fanfare token inspect` shows what a token grants";
/// Advice of the broker to programs, which can do just that.
const FOR_PROGRAMS: [&str; 2] = [": send it in `hello`", "; connect with one"];

/// An error, and what to do about it.
pub(super) fn of(error: &Error) -> String {
    match error {
        Error::Closed(closed) => of_close(closed),
        Error::Request(refused) => of_request(refused),
        other => other.to_string(),
    }
}

/// That something could not be done to a topic or pattern, which the broker's answer does not name.
pub(super) fn about(deed: &str, name: impl Display, error: Error) -> CommandError {
    match error {
        Error::Request(refused) => {
            CommandError::Input(format!("can't {deed} {name}: {}", of_request(&refused)))
        }
        other => CommandError::Client(other),
    }
}

/// Why a subscription ended, and what to do about it.
pub(super) fn of_end(end: &End) -> String {
    match end {
        End::Closed(closed) => of_close(closed),
        End::NotResumed(refused) => format!("the subscription could not be resumed: {}", of_request(refused)),
        End::Unsubscribed(Some(ErrorCode::Forbidden)) => format!("{end}; {SEE_GRANTS}"),
        End::Unsubscribed(_) => end.to_string(),
    }
}

fn of_close(closed: &Closed) -> String {
    let code = match closed {
        Closed::ByBroker { code, .. } => CloseCode::from_number(*code),
        _ => None,
    };
    match code {
        Some(CloseCode::Unauthenticated | CloseCode::TokenExpired) => {
            format!("{}; {GIVE_TOKEN}", for_person(&closed.reason().to_string()))
        }
        _ => closed.to_string(),
    }
}

fn of_request(refused: &RequestError) -> String {
    match refused.code {
        ErrorCode::Unauthenticated => format!("{}; {GIVE_TOKEN}", for_person(&refused.to_string())),
        ErrorCode::Forbidden => format!("{refused}; {SEE_GRANTS}"),
        _ => refused.to_string(),
    }
}

fn for_person(text: &str) -> String {
    FOR_PROGRAMS.iter().fold(text.to_owned(), |text, advice| text.replace(advice, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_no_token_hears_how_to_give_one() {
        let reason = "a token is needed here: send it in `hello`".to_owned();
        let closed = Closed::ByBroker { code: CloseCode::Unauthenticated.number(), reason };
        let text = of(&Error::Closed(closed));
        assert!(
            text.ends_with("a token is needed here; give a token with --token-file FILE or in FANFARE_TOKEN"),
            "{text}"
        );
    }

    #[test]
    fn who_may_not_hears_what_has_to_grant_it() {
        let refused = |code, message: &str| {
            of(&Error::Request(RequestError { code, message: message.into(), retry_after: None, seq: None }))
        };
        let text = refused(ErrorCode::Forbidden, "you may not publish to this topic");
        assert!(text.contains("may not publish to this topic; `fanfare token inspect` shows"), "{text}");
        let text = refused(
            ErrorCode::Unauthenticated,
            "you may not publish to this topic without a token; connect with one",
        );
        assert!(
            text.ends_with("without a token; give a token with --token-file FILE or in FANFARE_TOKEN"),
            "{text}"
        );
        let text = refused(ErrorCode::RateLimited, "too fast");
        assert_eq!(text, "the broker says rate_limited: too fast");
    }
}
