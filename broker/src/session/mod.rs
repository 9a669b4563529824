//! A session as a pure state machine: which frames are legal now, and when a silent or noisy peer has to go.
//!
//! It does no I/O and is handed the time; what to do with a legal frame is a [`Deed`] for whoever drives it.

mod rates;

use std::borrow::Cow;
use std::time::Duration;

use fanfare_protocol::frame::{Hello, History, Presence, Publish, Subscribe};
use fanfare_protocol::{ClientFrame, CloseCode, DecodeError, ErrorCode};

use crate::auth::Caller;
use crate::clock::Moment;
use crate::limits::Limits;
use rates::Rates;

/// The state of one session.
#[derive(Debug)]
pub(crate) struct Session {
    stage: Stage,
    last_heard: Moment,
    rates: Rates,
}

/// How far the greeting has come.
#[derive(Debug)]
enum Stage {
    /// `hello` is still to come. The handshake may have brought a token; boxed, for every idle session would carry it.
    Greeting(#[allow(clippy::box_collection, reason = "a thin pointer")] Option<Box<String>>),
    /// `hello` has come, and it is to be said who this is.
    Admitting,
    Open(Caller),
}

/// The bounds that a session keeps its peer to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SessionLimits {
    pub(crate) heartbeat: Duration,
    pub(crate) max_overhead_frames: usize,
    pub(crate) publishes_per_second: usize,
    pub(crate) frames_per_second: usize,
    pub(crate) bytes_per_second: usize,
}

/// What a legal frame asks for.
#[derive(Debug)]
pub(crate) enum Deed<'a> {
    /// Say who this is, and answer.
    Welcome(Hello<'a>),
    Subscribe(Subscribe),
    Unsubscribe {
        sub: u32,
    },
    Publish(Publish<'a>),
    History(History),
    Presence(Presence),
    Refresh {
        id: u64,
        token: Cow<'a, str>,
    },
    AnswerPing,
    Nothing,
}

/// What is wrong with a frame.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Answer with an error; the session lives on.
    Answer(DecodeError),
    /// A publish too many in this second: answer with an error; the session lives on.
    TooFast {
        /// The `id` of the publish.
        id: Option<u64>,
        /// The time until the next second.
        retry_after: Duration,
    },
    /// End the session.
    Close(CloseCode, Cow<'static, str>),
}

impl From<&Limits> for SessionLimits {
    fn from(limits: &Limits) -> Self {
        Self {
            heartbeat: limits.heartbeat,
            max_overhead_frames: limits.max_overhead_frames,
            publishes_per_second: limits.publishes_per_second,
            frames_per_second: limits.frames_per_second,
            bytes_per_second: limits.bytes_per_second,
        }
    }
}

impl Session {
    pub(crate) fn new(now: Moment) -> Self {
        Self { stage: Stage::Greeting(None), last_heard: now, rates: Rates::new(now) }
    }

    /// A session whose handshake brought this token; that of `hello` goes before it.
    pub(crate) fn with_bearer(bearer: Option<String>, now: Moment) -> Self {
        Self { stage: Stage::Greeting(bearer.map(Box::new)), ..Self::new(now) }
    }

    /// A session whose request said already who it is.
    pub(crate) fn opened(caller: Caller, now: Moment) -> Self {
        Self { stage: Stage::Open(caller), ..Self::new(now) }
    }

    /// Whether `hello` has come, and was accepted.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Open(_))
    }

    /// Who this is, once that is known.
    pub(crate) fn caller(&self) -> Option<&Caller> {
        match &self.stage {
            Stage::Open(caller) => Some(caller),
            Stage::Greeting(_) | Stage::Admitting => None,
        }
    }

    /// `hello` or `refresh` was accepted.
    pub(crate) fn admitted(&mut self, caller: Caller) {
        self.stage = Stage::Open(caller);
    }

    /// This many bytes came from the peer; none if they were counted when they came.
    pub(crate) fn heard(&mut self, bytes: usize, now: Moment) {
        self.last_heard = now;
        self.rates.bytes(bytes, now);
    }

    /// When reading may go on, if the peer has sent all that it may in one second. The moment may be past.
    pub(crate) fn rest(&self, limits: SessionLimits) -> Option<Moment> {
        self.rates.rest(limits)
    }

    /// WebSocket frames came that carry no request: pings, pongs, fragments.
    pub(crate) fn overhead(&mut self, frames: u32, now: Moment, limits: SessionLimits) -> Result<(), Fault> {
        if self.rates.overhead(frames, now) as usize > limits.max_overhead_frames {
            return Err(Fault::Close(
                CloseCode::Flood,
                "too many frames without a request (max_overhead_frames)".into(),
            ));
        }
        Ok(())
    }

    /// A frame came, readable or not.
    pub(crate) fn frame<'a>(
        &mut self,
        frame: Result<ClientFrame<'a>, DecodeError>,
        now: Moment,
        limits: SessionLimits,
    ) -> Result<Deed<'a>, Fault> {
        self.rates.frame(now);
        let frame = match frame {
            Ok(frame) => frame,
            Err(error) => {
                self.overhead(1, now, limits)?;
                return Err(Fault::Answer(error));
            }
        };
        if matches!(frame, ClientFrame::Ping | ClientFrame::Pong) {
            self.overhead(1, now, limits)?;
        }
        if !self.is_open() {
            return self.greet(frame);
        }
        if let ClientFrame::Publish(publish) = &frame {
            let id = publish.id;
            let counted = self.rates.publish(now, limits);
            counted.map_err(|retry_after| Fault::TooFast { id, retry_after })?;
        }
        already_open(frame)
    }

    fn greet<'a>(&mut self, frame: ClientFrame<'a>) -> Result<Deed<'a>, Fault> {
        let (Stage::Greeting(bearer), ClientFrame::Hello(hello)) = (&mut self.stage, frame) else {
            return Err(Fault::Close(CloseCode::Protocol, "the first frame must be `hello`".into()));
        };
        let bearer = bearer.take().map(|bearer| Cow::Owned(*bearer));
        self.stage = Stage::Admitting;
        Ok(Deed::Welcome(Hello { token: hello.token.or(bearer), ..hello }))
    }

    /// Whether the peer has been silent for too long, though it was asked. A ping that was written at `pinged` has had
    /// time to be answered; there is none if its answer may be stuck.
    pub(crate) fn silent(
        &self,
        now: Moment,
        pinged: Option<Moment>,
        limits: SessionLimits,
    ) -> Result<(), Fault> {
        let was_asked = pinged.is_some_and(|pinged| pinged > self.last_heard);
        if was_asked && now.since(self.last_heard) > limits.heartbeat * 2 {
            return Err(Fault::Close(
                CloseCode::HeartbeatMissed,
                "nothing was heard for two heartbeats".into(),
            ));
        }
        Ok(())
    }
}

fn already_open(frame: ClientFrame<'_>) -> Result<Deed<'_>, Fault> {
    Ok(match frame {
        ClientFrame::Hello(_) => {
            return Err(Fault::Answer(DecodeError {
                code: ErrorCode::InvalidFrame,
                message: "`hello` came already; it opens a session once".to_owned(),
                id: None,
                sub: None,
            }));
        }
        ClientFrame::Subscribe(subscribe) => Deed::Subscribe(subscribe),
        ClientFrame::Unsubscribe { sub } => Deed::Unsubscribe { sub },
        ClientFrame::Publish(publish) => Deed::Publish(publish),
        ClientFrame::History(history) => Deed::History(history),
        ClientFrame::Presence(presence) => Deed::Presence(presence),
        ClientFrame::Refresh { id, token } => Deed::Refresh { id, token },
        ClientFrame::Ping => Deed::AnswerPing,
        ClientFrame::Pong => Deed::Nothing,
    })
}

#[cfg(test)]
mod tests {
    use fanfare_protocol::{Payload, Topic};

    use super::*;

    const LIMITS: SessionLimits = SessionLimits {
        heartbeat: Duration::from_secs(25),
        max_overhead_frames: 10,
        publishes_per_second: 5,
        frames_per_second: 20,
        bytes_per_second: 1_000,
    };

    fn at(seconds: u64) -> Moment {
        Moment::after_start(Duration::from_secs(seconds))
    }

    fn close_code<T>(result: Result<T, Fault>) -> Option<CloseCode> {
        result.err().and_then(|fault| match fault {
            Fault::Close(code, _) => Some(code),
            Fault::Answer(_) | Fault::TooFast { .. } => None,
        })
    }

    fn open() -> Session {
        let mut session = Session::new(at(0));
        session.frame(Ok(ClientFrame::Hello(Hello::default())), at(0), LIMITS).unwrap();
        session.admitted(Caller::unlimited());
        session
    }

    #[test]
    fn a_first_frame_that_is_no_hello_ends_the_session() {
        let fault = Session::new(at(0)).frame(Ok(ClientFrame::Ping), at(0), LIMITS);
        assert_eq!(close_code(fault), Some(CloseCode::Protocol));
    }

    #[test]
    fn the_token_of_hello_goes_before_that_of_the_handshake() {
        for (bearer, token, expected) in
            [(Some("a"), None, Some("a")), (Some("a"), Some("b"), Some("b")), (None, None, None)]
        {
            let mut session = Session::with_bearer(bearer.map(str::to_owned), at(0));
            let hello = Hello { token: token.map(Cow::Borrowed), ..Hello::default() };
            let deed = session.frame(Ok(ClientFrame::Hello(hello)), at(0), LIMITS).unwrap();
            let Deed::Welcome(hello) = deed else { panic!("no welcome") };
            assert_eq!(hello.token.as_deref(), expected);
            assert!(!session.is_open(), "it is not said yet who this is");
        }
    }

    #[test]
    fn a_second_hello_is_an_error_and_the_session_lives_on() {
        let mut session = open();
        let second = session.frame(Ok(ClientFrame::Hello(Hello::default())), at(1), LIMITS);
        assert!(matches!(second, Err(Fault::Answer(_))));
        assert!(matches!(session.frame(Ok(ClientFrame::Ping), at(1), LIMITS), Ok(Deed::AnswerPing)));
    }

    #[test]
    fn a_flood_of_pings_within_a_second_ends_the_session() {
        let mut session = open();
        for _ in 0..10 {
            session.frame(Ok(ClientFrame::Ping), at(1), LIMITS).unwrap();
        }
        assert_eq!(close_code(session.frame(Ok(ClientFrame::Ping), at(1), LIMITS)), Some(CloseCode::Flood));
    }

    #[test]
    fn as_many_pings_over_several_seconds_are_no_flood() {
        let mut session = open();
        for second in 0..30 {
            session.frame(Ok(ClientFrame::Ping), at(second), LIMITS).unwrap();
        }
    }

    #[test]
    fn a_peer_is_given_two_heartbeats_of_silence() {
        let mut session = open();
        session.heard(1, at(10));
        let asked = Some(at(20));
        assert!(session.silent(at(60), asked, LIMITS).is_ok());
        assert_eq!(close_code(session.silent(at(61), asked, LIMITS)), Some(CloseCode::HeartbeatMissed));
    }

    #[test]
    fn a_peer_that_was_not_asked_since_it_spoke_is_not_silent() {
        let mut session = open();
        session.heard(1, at(10));
        for pinged in [None, Some(at(5)), Some(at(10))] {
            assert!(session.silent(at(600), pinged, LIMITS).is_ok(), "{pinged:?}");
        }
    }

    fn publish(session: &mut Session, now: Moment) -> Result<Deed<'static>, Fault> {
        let publish = Publish {
            id: Some(7),
            topic: Topic::new("a").unwrap(),
            payload: Payload::text("x"),
            key: None,
            expect: None,
            echo: true,
            headers: None,
        };
        session.frame(Ok(ClientFrame::Publish(publish)), now, LIMITS)
    }

    #[test]
    fn a_publish_too_many_is_told_when_the_next_second_begins() {
        let mut session = open();
        let half = Moment::after_start(Duration::from_millis(1_300));
        for _ in 0..5 {
            publish(&mut session, at(1)).unwrap();
        }
        let Err(Fault::TooFast { id, retry_after }) = publish(&mut session, half) else { panic!() };
        assert_eq!((id, retry_after), (Some(7), Duration::from_millis(700)));
        publish(&mut session, half.plus(retry_after)).unwrap();
    }

    #[test]
    fn what_may_come_in_a_second_may_come_at_once_and_then_reading_rests_until_it_is_over() {
        let mut session = open();
        for _ in 0..20 {
            assert_eq!(session.rest(LIMITS), None);
            session.frame(Ok(ClientFrame::Unsubscribe { sub: 1 }), at(1), LIMITS).unwrap();
        }
        assert_eq!(session.rest(LIMITS), Some(at(2)));
        session.heard(999, at(2));
        assert_eq!(session.rest(LIMITS), None);
        session.heard(1, at(2));
        assert_eq!(session.rest(LIMITS), Some(at(3)));
    }
}
