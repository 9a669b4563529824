//! What a client's frame sets going: decode, ask the session whether it is legal, do it, answer.

use std::borrow::Cow;
use std::time::Duration;

use fanfare_protocol::frame::{ErrorFrame, Presence, Publish, Published};
use fanfare_protocol::{ClientFrame, CloseCode, DecodeError, Encoding, ErrorCode, ServerFrame};

use super::greeting;
use super::io::Io;
use super::websocket::Incoming;
use crate::auth::{Caller, Denied};
use crate::clock::{self, Now};
use crate::hub::{Accepted, PresenceError, PublishError, SubscribeError};
use crate::outbound::Outbound;
use crate::session::{Deed, Fault, Session};

/// A request that failed, and how its answer is found again.
pub(super) struct Failed {
    id: Option<u64>,
    sub: Option<u32>,
    code: ErrorCode,
    message: String,
    retry_after: Option<Duration>,
    /// The actual last sequence, after a conflict.
    seq: Option<u64>,
}

/// How much a request took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effort {
    Light,
    /// Enough that others should have their turn before the next.
    Heavy,
}

/// Takes in one message from the client. Errors that end the session are returned; all others are answered.
pub(super) fn take_in(
    session: &mut Session,
    outbound: &Outbound,
    io: &Io,
    incoming: &Incoming<'_>,
    now: Now,
) -> Result<Effort, Fault> {
    let frame = decode(outbound.encoding(), incoming);
    let done = match session.frame(frame, now.moment, io.session_limits()) {
        Ok(Deed::Welcome(hello)) => return greeting::enter(session, &hello, outbound, io, now),
        Ok(Deed::Refresh { id, token }) => {
            let refreshed = greeting::refresh(session, (id, &token), outbound, io, now)?;
            // A signature that is wrong takes as long to verify as one that is right.
            return Ok(refreshed.unwrap_or_else(|failed| {
                failed.answer(outbound, io);
                Effort::Heavy
            }));
        }
        Ok(deed) => match session.caller() {
            Some(caller) => perform(deed, caller, outbound, io, now),
            None => return Err(Fault::Close(CloseCode::Protocol, "the first frame must be `hello`".into())),
        },
        Err(Fault::Answer(error)) => Err(Failed::from(error)),
        Err(Fault::TooFast { id, retry_after }) => Err(Failed::too_fast(id, retry_after)),
        Err(end) => return Err(end),
    };
    Ok(done.unwrap_or_else(|failed| {
        failed.answer(outbound, io);
        Effort::Light
    }))
}

fn decode<'a>(encoding: Encoding, incoming: &'a Incoming<'_>) -> Result<ClientFrame<'a>, DecodeError> {
    match (encoding, incoming) {
        (Encoding::Json, Incoming::Text(text)) => encoding.decode_client(text.as_bytes()),
        (Encoding::MsgPack, Incoming::Binary(bytes)) => encoding.decode_client(bytes.as_bytes()),
        (_, Incoming::Close { .. }) => Err(wrong_type("a close frame carries no request")),
        (Encoding::Json, _) => Err(wrong_type("this session speaks JSON; send text frames, not binary ones")),
        (Encoding::MsgPack, _) => {
            Err(wrong_type("this session speaks MessagePack; send binary frames, not text"))
        }
    }
}

fn wrong_type(message: &str) -> DecodeError {
    DecodeError { code: ErrorCode::InvalidFrame, message: message.to_owned(), id: None, sub: None }
}

fn perform(
    deed: Deed<'_>,
    caller: &Caller,
    outbound: &Outbound,
    io: &Io,
    now: Now,
) -> Result<Effort, Failed> {
    let slot = outbound.slot();
    match deed {
        Deed::Publish(publish) => self::publish(publish, caller, outbound, io, now)?,
        Deed::Subscribe(subscribe) => {
            let sub = subscribe.sub;
            let permitted = caller.subscribe(subscribe);
            let permitted = permitted.map_err(|denied| Failed::denied(None, Some(sub), denied))?;
            let subscribed = io.shard.borrow_mut().subscribe(slot, permitted);
            subscribed.map_err(|error| Failed::subscription(error, sub))?;
        }
        Deed::Unsubscribe { sub } => {
            let ended = io.shard.borrow_mut().unsubscribe(slot, sub);
            ended.map_err(|error| Failed::subscription(error, sub))?;
        }
        Deed::History(history) => {
            let id = Some(history.id);
            let permitted = caller.history(history);
            let permitted = permitted.map_err(|denied| Failed::denied(id, None, denied))?;
            outbound.push_reply_payload(io.hub.history(permitted, outbound.encoding()));
            return Ok(Effort::Heavy);
        }
        Deed::Presence(presence) => {
            let Presence { id, topic, after, limit } = presence;
            let permitted = caller.presence(topic);
            let permitted = permitted.map_err(|denied| Failed::denied(Some(id), None, denied))?;
            let page = io.hub.presence(permitted, after, limit);
            let page = page.map_err(|error| Failed::presence(id, error))?;
            outbound.push_reply(&ServerFrame::Presence { id, page });
            return Ok(Effort::Heavy);
        }
        Deed::AnswerPing => outbound.push_reply(&ServerFrame::Pong),
        // Those who say who they are come by `greeting`.
        Deed::Nothing | Deed::Welcome(_) | Deed::Refresh { .. } => {}
    }
    Ok(Effort::Light)
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn publish(
    publish: Publish<'_>,
    caller: &Caller,
    outbound: &Outbound,
    io: &Io,
    now: Now,
) -> Result<(), Failed> {
    let id = publish.id;
    let permitted = caller.publish(publish).map_err(|denied| Failed::denied(id, None, denied))?;
    let accepted = io.hub.publish(permitted, outbound.session(), now);
    let Accepted { at, duplicate } = accepted.map_err(|error| Failed::publish(id, &error))?;
    let counters = io.counters();
    let count = if duplicate { &counters.duplicates } else { &counters.received_messages };
    count.add(1);
    if let Some(id) = id {
        outbound.push_reply(&ServerFrame::Published(Published { id, at, duplicate }));
    }
    Ok(())
}

impl Failed {
    /// Tells the client.
    pub(super) fn answer(self, outbound: &Outbound, io: &Io) {
        io.counters().errors.count(self.code.as_str());
        outbound.about().note_error(self.code, clock::wall_ms());
        let session = || io.hub.session_name(outbound.session());
        io.refusals.request(self.code, &self.message, session, self.id);
        outbound.push_reply(&ServerFrame::Error(ErrorFrame {
            id: self.id,
            sub: self.sub,
            code: self.code,
            message: Cow::Owned(self.message),
            retry_after_ms: self.retry_after.map(whole_ms),
            seq: self.seq,
        }));
    }

    pub(super) fn request(id: Option<u64>, code: ErrorCode, message: String) -> Self {
        Self { id, sub: None, code, message, retry_after: None, seq: None }
    }

    pub(super) fn denied(id: Option<u64>, sub: Option<u32>, denied: Denied) -> Self {
        Self { sub, ..Self::request(id, denied.code(), denied.to_string()) }
    }

    /// The same, with a time after which it may be tried again.
    pub(super) fn retry_after(self, time: Duration) -> Self {
        Self { retry_after: Some(time), ..self }
    }

    fn too_fast(id: Option<u64>, retry_after: Duration) -> Self {
        let message = "more publishes in a second than a session may send (publishes_per_second)".to_owned();
        Self { retry_after: Some(retry_after), ..Self::request(id, ErrorCode::RateLimited, message) }
    }

    fn publish(id: Option<u64>, error: &PublishError) -> Self {
        let failed = Self::request(id, error.code(), error.to_string());
        match *error {
            PublishError::Conflict { last } => Self { seq: Some(last), ..failed },
            PublishError::KeysFull { retry_after, .. } => Self { retry_after: Some(retry_after), ..failed },
            PublishError::TooLarge { .. } | PublishError::NeedsStream | PublishError::Stopping => failed,
        }
    }

    pub(super) fn subscription(error: SubscribeError, sub: u32) -> Self {
        let code = match error {
            SubscribeError::InUse => ErrorCode::Conflict,
            SubscribeError::Unknown => ErrorCode::NotFound,
            SubscribeError::TooMany(_)
            | SubscribeError::TooManyOfSubject(_)
            | SubscribeError::TooManyInAll(_)
            | SubscribeError::TooManyPatterns(_) => ErrorCode::LimitExceeded,
        };
        Self { sub: Some(sub), ..Self::request(None, code, error.to_string()) }
    }

    fn presence(id: u64, error: PresenceError) -> Self {
        let code = match error {
            PresenceError::NotKept => ErrorCode::NotFound,
            PresenceError::TooLong => ErrorCode::InvalidTopic,
        };
        Self::request(Some(id), code, error.to_string())
    }
}

impl From<DecodeError> for Failed {
    fn from(error: DecodeError) -> Self {
        Self { sub: error.sub, ..Self::request(error.id, error.code, error.message) }
    }
}

/// At least this many milliseconds, so that nobody comes back too early.
fn whole_ms(time: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX).max(1)
}
