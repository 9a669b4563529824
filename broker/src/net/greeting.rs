//! Admission: who a session is, by the token of its `hello` or `refresh`, and until when.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use fanfare_protocol::frame::{Hello, Welcome};
use fanfare_protocol::{CloseCode, ErrorCode, ServerFrame};

use super::deeds::{Effort, Failed, millis};
use super::io::Io;
use crate::auth::{Caller, Rejection};
use crate::clock::{Moment, Now};
use crate::hub::{AutoError, NotTaken, Who};
use crate::outbound::{Outbound, Wire};
use crate::session::{Fault, Session};

/// What whoever has as many sessions as one may is told; a close frame holds 123 bytes of it.
const TOO_MANY_SESSIONS: &str =
    "this subject has as many sessions as one may (max_connections_per_subject); end another first";
/// When to come back with a token whose key is not known yet.
const UNKNOWN_KEY_RETRY: Duration = Duration::from_secs(10);

/// Answers `hello`: says who this is, and opens what the token brings along.
///
/// # Errors
/// The token is not accepted: the session ends.
pub(super) fn enter(
    session: &mut Session,
    hello: &Hello<'_>,
    outbound: &Outbound,
    io: &Io,
    now: Now,
) -> Result<Effort, Fault> {
    let caller = io.hub.authority().admit(hello.token.as_deref(), now);
    let caller = caller.map_err(|refused| rejected(&refused.rejection))?;
    session.admitted(caller.clone());
    begin(&caller, hello.name.as_deref(), hello.resume.as_deref(), outbound, io, now)?;
    open_auto(&caller, outbound, io);
    // Verifying a signature takes as long as many small requests.
    Ok(if hello.token.is_some() { Effort::Heavy } else { Effort::Light })
}

/// Says who a session is, to whom it may concern and to itself. `name` is what its program calls itself, `resume` what
/// it says of the session that it goes on for.
///
/// # Errors
/// The caller was revoked, or has as many sessions as one may: the session ends.
pub(super) fn begin(
    caller: &Caller,
    name: Option<&str>,
    resume: Option<&str>,
    outbound: &Outbound,
    io: &Io,
    now: Now,
) -> Result<(), Fault> {
    identify(caller, outbound, io, now)?;
    note_expiry(outbound, None, caller, io);
    name.inspect(|name| outbound.about().set_name(name));
    io.hub.tell_opened(outbound, now);
    let resume = io.hub.begin_presence(outbound.session(), who(caller), resume);
    // An event stream can't send it back.
    let resume = resume.filter(|_| outbound.wire() != Wire::Events);
    let welcome = Welcome {
        session: Cow::Owned(io.hub.session_name(outbound.session())),
        heartbeat_ms: millis(io.limits.heartbeat()),
        max_payload_bytes: io.limits.max_payload_bytes() as u64,
        expires_in_ms: expires_in_ms(caller, now.moment),
        key_window_ms: Some(millis(io.limits.key_window())),
        resume: resume.map(Cow::Owned),
    };
    outbound.push_reply(&ServerFrame::Welcome(welcome));
    Ok(())
}

/// Answers `refresh`: the session goes on with another token of the same subject. Subscriptions that it does not cover
/// end.
///
/// # Errors
/// The caller was revoked: the session ends. A token that is not accepted is the second error, and the session goes on
/// until its own token expires.
pub(super) fn refresh(
    session: &mut Session,
    (id, token): (u64, &str),
    outbound: &Outbound,
    io: &Io,
    now: Now,
) -> Result<Result<Effort, Failed>, Fault> {
    let before = session.caller().cloned();
    let caller = match io.hub.authority().admit(Some(token), now) {
        Ok(caller) => caller,
        Err(refused) if refused.rejection == Rejection::Revoked => return Err(rejected(&refused.rejection)),
        Err(refused) => return Ok(Err(Failed::refresh(id, &refused.rejection))),
    };
    if before.as_ref().and_then(Caller::subject) != caller.subject() {
        let message = "this token is for another subject; open a session of its own for it";
        return Ok(Err(Failed::request(Some(id), ErrorCode::Forbidden, message.to_owned())));
    }
    identify(&caller, outbound, io, now)?;
    note_expiry(outbound, before.as_ref(), &caller, io);
    session.admitted(caller.clone());
    io.shard.borrow_mut().end_uncovered(outbound.slot(), &caller);
    if before.as_ref().and_then(Caller::info) != caller.info() {
        io.shard.borrow().show(outbound.slot(), who(&caller).as_ref());
    }
    outbound.push_reply(&ServerFrame::Ok { id, expires_in_ms: expires_in_ms(&caller, now.moment) });
    open_auto(&caller, outbound, io);
    Ok(Ok(Effort::Heavy))
}

/// What others are told of this caller where it is present.
fn who(caller: &Caller) -> Option<Arc<Who>> {
    let (subject, info) = (caller.subject().map(Arc::from), caller.info().map(Box::from));
    (subject.is_some() || info.is_some()).then(|| Arc::new(Who { subject, info }))
}

/// Notes whose session this is.
fn identify(caller: &Caller, outbound: &Outbound, io: &Io, now: Now) -> Result<(), Fault> {
    io.hub.identify(outbound, caller, now).map_err(|not_taken| match not_taken {
        NotTaken::Revoked => rejected(&Rejection::Revoked),
        NotTaken::TooMany => {
            let session = || io.hub.session_name(outbound.session());
            io.refusals.subject(caller.subject().unwrap_or_default(), session);
            Fault::Close(CloseCode::TooManySessions, TOO_MANY_SESSIONS.into())
        }
    })
}

fn rejected(rejection: &Rejection) -> Fault {
    Fault::Close(rejection.close_code(), Cow::Owned(rejection.to_string()))
}

fn expires_in_ms(caller: &Caller, now: Moment) -> Option<u64> {
    caller.expires().map(|expires| millis(expires.since(now)))
}

/// Has the session looked at when its token expires, and no more when the one before would have.
fn note_expiry(outbound: &Outbound, before: Option<&Caller>, caller: &Caller, io: &Io) {
    let (slot, session, mut expiring) = (outbound.slot(), outbound.session(), io.expiring.borrow_mut());
    if let Some(before) = before.and_then(Caller::expires) {
        expiring.forget(slot, session, before);
    }
    if let Some(expires) = caller.expires() {
        expiring.add(slot, session, expires);
    }
}

fn open_auto(caller: &Caller, outbound: &Outbound, io: &Io) {
    let failed = io.shard.borrow_mut().subscribe_auto(outbound.slot(), caller);
    for error in failed {
        let failed = match error {
            AutoError::Denied(denied) => Failed::denied(None, None, denied),
            AutoError::Subscribe(sub, error) => Failed::subscription(error, sub),
        };
        failed.answer(outbound, io);
    }
}

impl Failed {
    fn refresh(id: u64, rejection: &Rejection) -> Self {
        match rejection {
            Rejection::UnknownKey => Self::request(Some(id), ErrorCode::Unavailable, rejection.to_string())
                .retry_after(UNKNOWN_KEY_RETRY),
            _ => Self::request(Some(id), ErrorCode::Unauthenticated, rejection.to_string()),
        }
    }
}

/// Whether a session has to go because its token has expired; if not, when to look again.
pub(super) fn check_expiry(caller: &Caller, now: Moment) -> Result<Option<Moment>, Fault> {
    match caller.expires() {
        Some(expires) if expires <= now => {
            let reason = "the token expired and was not refreshed; connect with a new one";
            Err(Fault::Close(CloseCode::TokenExpired, reason.into()))
        }
        later => Ok(later),
    }
}
