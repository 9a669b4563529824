//! Codes: why something failed or ended, sorted by what the peer should do.

/// Makes an enum whose variants have one name on the wire, with one more for the names of later versions.
macro_rules! wire_names {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$vdoc])* $variant,)*
            /// A name that only a later version knows; what stands beside it holds all the same. Never sent.
            Unknown,
        }

        impl $name {
            /// Every variant that has a name, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* Self::Unknown => "unknown" }
            }

            /// The variant with this name on the wire.
            pub fn from_name(name: &str) -> Self {
                match name { $($text => Self::$variant,)* _ => Self::Unknown }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

wire_names! {
    /// Why a request failed (`code` of `error` and `unsubscribed`).
    ErrorCode {
        /// The frame can't be read, or a field is missing or wrong: mend the client.
        InvalidFrame = "invalid_frame",
        /// The frame's `op` is not one that this broker knows: mend the client, or upgrade the broker.
        UnknownOp = "unknown_op",
        /// No token, or one that is not accepted: get a new one.
        Unauthenticated = "unauthenticated",
        /// The identity may not do this: ask for the permission.
        Forbidden = "forbidden",
        /// The topic or pattern breaks the rules for names: mend the name.
        InvalidTopic = "invalid_topic",
        /// The payload is over `max_payload_bytes`: send less.
        TooLarge = "too_large",
        /// Too many requests in a time: wait `retry_after_ms`.
        RateLimited = "rate_limited",
        /// A bound on what one session may hold is reached: release something first.
        LimitExceeded = "limit_exceeded",
        /// The state is another than the request expects: look at it (`seq`), then decide.
        Conflict = "conflict",
        /// What the request names does not exist.
        NotFound = "not_found",
        /// Outcome unknown, or not possible now: retry, with the same key.
        Unavailable = "unavailable",
        /// A fault of the broker: report it.
        Internal = "internal",
    }
}

wire_names! {
    /// Why messages are missing (`reason` of `gap`).
    GapReason {
        /// Retention removed them before they could be delivered.
        Expired = "expired",
        /// The stream's numbering began anew, or the stream is not met (any more).
        Reset = "reset",
        /// They were dropped because the session's queue was full.
        Dropped = "dropped",
    }
}

/// What a client should do after a close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reconnect {
    /// Don't: the same would happen again.
    Never,
    /// After a growing, jittered pause.
    BackOff,
    /// At once.
    Now,
}

/// Why the broker closes a session: the code of the WebSocket close frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u16)]
pub enum CloseCode {
    /// The client is done, or asked for the close.
    Normal = 1000,
    /// Broken WebSocket framing, or a first frame that is no `hello`.
    Protocol = 4000,
    /// The token in `hello` or at the handshake is not accepted.
    Unauthenticated = 4001,
    /// The token expired and was not refreshed.
    TokenExpired = 4002,
    /// The identity may not connect, or was revoked.
    Forbidden = 4003,
    /// A WebSocket message over `max_frame_bytes`.
    TooLarge = 4004,
    /// The broker holds as many sessions as it may.
    OverCapacity = 4100,
    /// The socket took nothing, or too little, for too long.
    TooSlow = 4101,
    /// More frames without a request in a second than a session may send.
    Flood = 4102,
    /// No `hello` in time.
    NoHello = 4103,
    /// The subject has as many sessions as one may.
    TooManySessions = 4104,
    /// The broker is about to stop.
    Drain = 4200,
    /// Nothing was heard for two heartbeats.
    HeartbeatMissed = 4201,
}

impl CloseCode {
    /// Every code that the broker sends.
    pub const ALL: &'static [Self] = &[
        Self::Normal,
        Self::Protocol,
        Self::Unauthenticated,
        Self::TokenExpired,
        Self::Forbidden,
        Self::TooLarge,
        Self::OverCapacity,
        Self::TooSlow,
        Self::Flood,
        Self::NoHello,
        Self::TooManySessions,
        Self::Drain,
        Self::HeartbeatMissed,
    ];

    /// The number in the close frame.
    pub fn number(self) -> u16 {
        self as u16
    }

    /// A word for logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Protocol => "protocol",
            Self::Unauthenticated => "unauthenticated",
            Self::TokenExpired => "token_expired",
            Self::Forbidden => "forbidden",
            Self::TooLarge => "too_large",
            Self::OverCapacity => "over_capacity",
            Self::TooSlow => "too_slow",
            Self::Flood => "flood",
            Self::NoHello => "no_hello",
            Self::TooManySessions => "too_many_sessions",
            Self::Drain => "drain",
            Self::HeartbeatMissed => "heartbeat_missed",
        }
    }

    /// The code with this number, if it is one of ours.
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.number() == number)
    }
}

impl Reconnect {
    /// What a client should do after a close with this code, known to it or not.
    pub fn after(code: u16) -> Self {
        match code {
            1000 | 4000..=4099 => Self::Never,
            4200..=4299 => Self::Now,
            _ => Self::BackOff,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CloseCode, ErrorCode, GapReason, Reconnect};

    #[test]
    fn each_name_means_one_code() {
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::from_name(code.as_str()), *code);
        }
        for reason in GapReason::ALL {
            assert_eq!(GapReason::from_name(reason.as_str()), *reason);
        }
        assert_eq!(ErrorCode::from_name("Conflict"), ErrorCode::Unknown);
        assert_eq!(GapReason::from_name("later"), GapReason::Unknown);
    }

    #[test]
    fn each_number_means_one_close() {
        for code in CloseCode::ALL {
            assert_eq!(CloseCode::from_number(code.number()), Some(*code));
        }
        assert_eq!(CloseCode::from_number(1006), None);
    }

    #[test]
    fn the_range_of_a_close_says_what_to_do_even_if_the_code_is_unknown() {
        for (code, expected) in [
            (1000, Reconnect::Never),
            (4000, Reconnect::Never),
            (4099, Reconnect::Never),
            (4100, Reconnect::BackOff),
            (4199, Reconnect::BackOff),
            (4200, Reconnect::Now),
            (4299, Reconnect::Now),
            (1001, Reconnect::BackOff),
            (1006, Reconnect::BackOff),
        ] {
            assert_eq!(Reconnect::after(code), expected, "{code}");
        }
    }
}
