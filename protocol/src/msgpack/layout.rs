//! The numbers of the MessagePack encoding: how many elements each array has, and the keys of each trailing map.
//!
//! Both are part of the wire: a number once given is never given to something else, and an array never grows. New
//! fields get new keys.

use crate::op::{ClientOp, ServerOp};

/// Elements of a client's frame, op and trailing map included.
pub(super) fn client_len(op: ClientOp) -> usize {
    match op {
        ClientOp::Hello | ClientOp::Ping | ClientOp::Pong => 2,
        ClientOp::Unsubscribe => 3,
        ClientOp::Subscribe | ClientOp::Presence | ClientOp::Refresh => 4,
        ClientOp::History => 5,
        ClientOp::Publish => 6,
    }
}

/// Elements of a broker's frame, op and trailing map included.
pub(super) fn server_len(op: ServerOp) -> usize {
    match op {
        ServerOp::Ping | ServerOp::Pong => 2,
        ServerOp::Behind | ServerOp::Unsubscribed | ServerOp::Published | ServerOp::Ok => 3,
        ServerOp::Gap | ServerOp::Live | ServerOp::Presence | ServerOp::Error | ServerOp::Goaway => 4,
        ServerOp::Welcome | ServerOp::Subscribed => 5,
        ServerOp::History => 6,
        ServerOp::Message => 2 + MESSAGE_LEN,
    }
}

/// Elements of a message without op and `sub`, as `history` has it: topic, kind, payload, time, map.
pub(super) const MESSAGE_LEN: usize = 5;
/// Elements of a gap without op and `sub`, as `history` has it: reason, map.
pub(super) const GAP_LEN: usize = 2;
/// Elements of a member in `presence`: session, map.
pub(super) const MEMBER_LEN: usize = 2;
/// Elements of a place in a position: epoch, seq.
pub(super) const PLACE_LEN: usize = 2;

/// Makes one module per map, with a constant per key.
macro_rules! keys {
    ($($(#[$doc:meta])* $map:ident { $($key:ident = $number:literal,)* })*) => {
        $($(#[$doc])* pub(super) mod $map { $(pub(in crate::msgpack) const $key: u64 = $number;)* })*
    };
}

keys! {
    /// `hello`
    hello { TOKEN = 1, NAME = 2, RESUME = 3, }
    /// `subscribe`
    subscribe { FROM = 1, DELIVER = 2, MAX_RATE = 3, }
    /// `publish`
    publish { KEY = 1, EXPECT = 2, ECHO = 3, HEADERS = 4, }
    /// `history`, the request
    history { LIMIT = 1, }
    /// `presence`, the request
    presence { LIMIT = 1, AFTER = 2, }
    /// The value of `from`, when it is not one word
    from { POSITION = 1, TIME = 2, LAST = 3, }
    /// `welcome`
    welcome { EXPIRES_IN_MS = 1, KEY_WINDOW_MS = 2, RESUME = 3, }
    /// `subscribed`
    subscribed { PATTERN = 1, RECOVERED = 2, EPHEMERAL = 3, }
    /// `message`, and the messages of `history`
    message { STREAM = 1, SEQ = 2, PREV = 3, BY = 4, HEADERS = 5, }
    /// `gap`, and the gaps of `history`
    gap { STREAM = 1, FROM = 2, TO = 3, COUNT = 4, POSITION = 5, }
    /// `unsubscribed`
    unsubscribed { CODE = 1, }
    /// `published`
    published { STREAM = 1, EPOCH = 2, SEQ = 3, DUPLICATE = 4, }
    /// `ok`
    ok { EXPIRES_IN_MS = 1, }
    /// `history`, the answer
    page { GAPS = 1, }
    /// `presence`, the answer
    present { COUNT = 1, NEXT = 2, }
    /// The members of `presence`
    member { SUBJECT = 1, INFO = 2, }
    /// `error`
    error { ID = 1, SUB = 2, RETRY_AFTER_MS = 3, SEQ = 4, }
    /// `ping` from the broker
    ping { POSITION = 1, EXCEPT = 2, }
}

#[cfg(test)]
mod tests {
    use super::{client_len, server_len};
    use crate::op::{ClientOp, ServerOp};

    /// Name, code and number of elements of each row of the table of ops in `WIRE.md`.
    fn documented() -> Vec<(&'static str, u64, usize)> {
        let rows = include_str!("../../WIRE.md").lines().filter(|line| line.contains(", options]` |"));
        let cells = |row: &'static str| row.split('|').map(str::trim).collect::<Vec<_>>();
        let name = |cell: &'static str| cell.split('`').nth(1).unwrap();
        rows.map(cells)
            .map(|cells| (name(cells[1]), cells[2].parse().unwrap(), cells[3].split(',').count()))
            .collect()
    }

    #[test]
    fn the_table_in_the_documentation_has_each_op_as_it_is() {
        let table = documented();
        assert_eq!(table.len(), 22);
        for (name, code, elements) in table {
            let client = ClientOp::from_number(code).map(|op| (op.name(), client_len(op)));
            let server = ServerOp::from_number(code).map(|op| (op.name(), server_len(op)));
            assert_eq!(client.or(server), Some((name, elements)));
            assert!(client.is_none() || server.is_none() || client == server);
        }
    }
}
