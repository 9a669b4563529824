//! Ops: the name and the number of every frame, and which of `sub` and `id` it carries.

/// What a frame carries right after its op.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Second {
    /// Neither `sub` nor `id` (or, in `error`, among the optional fields).
    Nothing,
    /// The number of a subscription.
    Sub,
    /// The number of a request.
    Id,
}

/// Makes an enum of ops from a table of variant, number, name and second field.
macro_rules! ops {
    ($(#[$doc:meta])* $enum:ident { $($variant:ident = $number:literal $name:literal $second:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $enum { $($variant,)* }

        impl $enum {
            /// The op with this name in JSON.
            pub(crate) fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }

            /// The op with this number in MessagePack.
            pub(crate) fn from_number(number: u64) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)* _ => None }
            }

            /// The name in JSON.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The number in MessagePack.
            pub(crate) fn number(self) -> u8 {
                match self { $(Self::$variant => $number,)* }
            }

            /// Names and numbers, for messages to people.
            #[allow(dead_code, reason = "a client ignores unknown ops, so only a client's ops are ever listed")]
            pub(crate) const LIST: &'static str =
                concat!($($name, " (", $number, ") "),*).trim_ascii_end();

            /// What stands right after the op.
            pub(crate) fn second(self) -> Second {
                match self { $(Self::$variant => Second::$second,)* }
            }
        }
    };
}

ops! {
    /// The op of a frame from client to broker.
    ClientOp {
        Hello = 1 "hello" Nothing,
        Subscribe = 2 "subscribe" Sub,
        Unsubscribe = 3 "unsubscribe" Sub,
        Publish = 4 "publish" Id,
        History = 5 "history" Id,
        Presence = 6 "presence" Id,
        Refresh = 7 "refresh" Id,
        Ping = 8 "ping" Nothing,
        Pong = 9 "pong" Nothing,
    }
}

ops! {
    /// The op of a frame from broker to client.
    ServerOp {
        Ping = 8 "ping" Nothing,
        Pong = 9 "pong" Nothing,
        Welcome = 17 "welcome" Nothing,
        Subscribed = 18 "subscribed" Sub,
        Message = 19 "message" Sub,
        Gap = 20 "gap" Sub,
        Behind = 21 "behind" Sub,
        Live = 22 "live" Sub,
        Unsubscribed = 23 "unsubscribed" Sub,
        Published = 24 "published" Id,
        Ok = 25 "ok" Id,
        History = 26 "history" Id,
        Presence = 27 "presence" Id,
        Error = 28 "error" Nothing,
        Goaway = 29 "goaway" Nothing,
    }
}
