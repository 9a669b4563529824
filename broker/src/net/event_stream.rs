//! Event streams: who may open one, and how its session begins. Nothing is heard of its client afterwards but the end.

use std::sync::Arc;

use fanfare_protocol::frame::Subscribe;
use fanfare_protocol::{CloseCode, ErrorCode};

use super::connection::Connection;
use super::greeting;
use super::handshake::{EventsRequest, Refusal};
use super::io::Io;
use super::transport::Transport;
use crate::auth::{Caller, Permitted, Rejection};
use crate::clock::{self, Now};
use crate::outbound::Outbound;
use crate::session::Fault;

/// How many times the longest `id` of an event must fit the head of the request with which a client comes back.
const IDS_PER_HEAD: usize = 2;
/// What is asked of who comes without a token.
const TOKEN_NEEDED: &str = "A token is needed here: send it as `Authorization: Bearer`, as the cookie that auth.cookie \
                            names, or as `token` in the query.";

/// Someone who may hear what they ask for.
#[derive(Debug)]
pub(super) struct Hearer {
    caller: Caller,
    subscribe: Permitted<Subscribe>,
}

/// Decides about a request.
///
/// # Errors
/// Why it is refused, and the answer.
pub(super) fn admit(io: &Io, request: &EventsRequest) -> Result<Hearer, (Refusal, Vec<u8>)> {
    let refuse = |reason, detail: Option<&str>| (reason, request.refuse(reason, detail));
    let caller = io.hub.authority().admit_by(&request.brought, clock::read());
    let caller = caller.map_err(|refused| match &refused.rejection {
        Rejection::Missing => refuse(Refusal::Unauthenticated, Some(TOKEN_NEEDED)),
        Rejection::UnknownKey => refuse(Refusal::UnknownKey, None),
        revoked @ Rejection::Revoked => refuse(Refusal::Forbidden, Some(&revoked.to_string())),
        other => refuse(Refusal::Unauthenticated, Some(&other.to_string())),
    })?;
    if io.hub.position_bytes(&request.subscribe.pattern) * IDS_PER_HEAD > io.limits.max_head_bytes() {
        return Err(refuse(Refusal::TooManyStreams, None));
    }
    let subscribe = caller.subscribe(request.subscribe.clone()).map_err(|denied| {
        let reason = match denied.code() {
            ErrorCode::Unauthenticated => Refusal::Unauthenticated,
            _ => Refusal::Forbidden,
        };
        refuse(reason, Some(&denied.to_string()))
    })?;
    Ok(Hearer { caller, subscribe })
}

/// Opens the session of someone whose request was answered, with its only subscription.
pub(super) fn open(io: &Io, outbound: Arc<Outbound>, transport: Transport, hearer: Hearer) -> Connection {
    let now = clock::read();
    // A client that answers nothing is found to be gone by what its kernel does not acknowledge.
    transport.end_unacknowledged_after(io.limits.stall_timeout());
    let caller = hearer.caller.clone();
    if outbound.lanes().closing().is_none()
        && let Err(Fault::Close(code, reason)) = begin(io, &outbound, hearer, now)
    {
        outbound.close(code, &reason);
    }
    Connection::opened(outbound, transport, caller, now.moment)
}

fn begin(io: &Io, outbound: &Outbound, hearer: Hearer, now: Now) -> Result<(), Fault> {
    let Hearer { caller, subscribe } = hearer;
    greeting::begin(&caller, None, None, outbound, io, now)?;
    // One that hears nothing would look as if nothing happened: it ends, and its client comes again later.
    let subscribed = io.shard.borrow_mut().subscribe(outbound.slot(), subscribe);
    subscribed.map_err(|error| Fault::Close(CloseCode::OverCapacity, error.to_string().into()))
}
