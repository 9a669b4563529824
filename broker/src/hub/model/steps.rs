//! The operations that a run is made of, drawn at random. What they are about is a number that means one of what is
//! there, whatever that is: so any of them can be left out, and the others still mean something.

use super::names::{PATTERNS, TOPICS};
use super::random::Random;

#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    Publish(Publication),
    /// Many messages, on the topics in turn.
    Burst {
        count: usize,
        topics: usize,
        size: usize,
    },
    Subscribe(Wish),
    Unsubscribe {
        client: usize,
        number: u32,
    },
    Join {
        shard: usize,
        json: bool,
    },
    /// The connection is lost.
    Leave {
        client: usize,
    },
    /// The shard goes on with its mail; another publishes meanwhile.
    Turn {
        shard: usize,
        meanwhile: Option<Publication>,
    },
    /// The shard looks after its sessions: heads, mail, pings.
    LookAfter {
        shard: usize,
        meanwhile: Option<Publication>,
    },
    Write {
        client: usize,
        room: usize,
        chunk: usize,
    },
    Stall {
        client: usize,
        stalled: bool,
    },
    CatchUp {
        client: usize,
    },
    /// An answer that overtakes what waits.
    Answer {
        client: usize,
    },
    Wait {
        ms: u64,
    },
    /// The clock on the wall is set back.
    SetBack {
        ms: u64,
    },
    Sweep,
    History {
        json: bool,
        pattern: usize,
        from: From,
        limit: u32,
    },
    /// Publishers are quiet until everything has arrived.
    Rest,
    /// The broker dies, and comes back with nothing.
    Crash,
    /// The broker is stopped, and comes back with what it saved.
    Restart,
}

/// A subscription that a client asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish {
    pub(super) client: usize,
    pub(super) number: u32,
    pub(super) pattern: usize,
    pub(super) from: From,
    pub(super) manner: Manner,
}

/// How it is delivered.
#[derive(Debug, Clone, Copy)]
pub(super) enum Manner {
    Every,
    /// The newest of each topic, at so many batches a second.
    Latest {
        per_second: Option<u32>,
    },
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Publication {
    pub(super) topic: usize,
    /// Which client publishes; beyond the last one, someone else.
    pub(super) by: usize,
    pub(super) echo: bool,
    pub(super) size: usize,
    pub(super) key: Option<u8>,
    pub(super) expect: Option<Expect>,
}

/// The sequence that a publisher expects to be its topic's last.
#[derive(Debug, Clone, Copy)]
pub(super) enum Expect {
    Last,
    /// One that is yet to come.
    Later,
    Nothing,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum From {
    Now,
    Last,
    Start,
    /// So long ago.
    Time {
        ago_ms: u64,
    },
    /// Where some client once stood.
    Position {
        memory: usize,
        twist: Twist,
    },
}

/// What is odd about a position that a client resumes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Twist {
    Nothing,
    /// It is another pattern's.
    OtherPattern,
    /// Its first stream's sequence is yet to come.
    Future,
    /// It names a stream that there is not.
    UnknownStream,
    /// It lacks its first stream.
    LacksStream,
}

#[derive(Clone, Copy)]
enum Kind {
    Publish,
    Burst,
    Subscribe,
    Unsubscribe,
    Join,
    Leave,
    Turn,
    LookAfter,
    Write,
    Stall,
    CatchUp,
    Answer,
    Wait,
    SetBack,
    Sweep,
    History,
    Rest,
    Crash,
    Restart,
}

const WEIGHTS: &[(usize, Kind)] = &[
    (600, Kind::Publish),
    (6, Kind::Burst),
    (150, Kind::Subscribe),
    (40, Kind::Unsubscribe),
    (50, Kind::Join),
    (15, Kind::Leave),
    (350, Kind::Turn),
    (60, Kind::LookAfter),
    (400, Kind::Write),
    (20, Kind::Stall),
    (120, Kind::CatchUp),
    (10, Kind::Answer),
    (60, Kind::Wait),
    (2, Kind::SetBack),
    (30, Kind::Sweep),
    (10, Kind::History),
    (7, Kind::Rest),
    (2, Kind::Crash),
    (3, Kind::Restart),
];

impl Step {
    pub(super) fn drawn(random: &mut Random) -> Self {
        let client = random.below(8);
        let shard = random.below(3);
        match random.weighted(WEIGHTS) {
            Kind::Publish => Self::Publish(Publication::drawn(random)),
            Kind::Burst => Self::Burst {
                count: random.weighted(&[(8, 20), (8, 70), (4, 300), (1, 1_500)]),
                topics: random.pick(&[1, 3, TOPICS.len()]),
                size: random.pick(&[8, 8, 300]),
            },
            Kind::Subscribe => Self::Subscribe(Wish::drawn(random, client)),
            Kind::Unsubscribe => Self::Unsubscribe { client, number: number(random) },
            Kind::Join => Self::Join { shard, json: random.one_in(2) },
            Kind::Leave => Self::Leave { client },
            Kind::Turn => Self::Turn { shard, meanwhile: Publication::maybe(random) },
            Kind::LookAfter => Self::LookAfter { shard, meanwhile: Publication::maybe(random) },
            Kind::Write => {
                let room = random.pick(&[1, 20, 300, 2_000, 100_000, 1 << 20]);
                Self::Write { client, room: 1 + random.below(room), chunk: random.pick(&[1, 500, 128 << 10]) }
            }
            Kind::Stall => Self::Stall { client, stalled: random.one_in(2) },
            Kind::CatchUp => Self::CatchUp { client },
            Kind::Answer => Self::Answer { client },
            Kind::Wait => {
                let most = random.pick(&[10, 200, 3_000]);
                Self::Wait { ms: random.below(most) as u64 }
            }
            Kind::SetBack => Self::SetBack { ms: random.below(500) as u64 },
            Kind::Sweep => Self::Sweep,
            Kind::History => Self::History {
                json: random.one_in(2),
                pattern: random.below(PATTERNS.len()),
                from: From::drawn(random),
                limit: random.pick(&[1, 2, 10, 1_000]),
            },
            Kind::Rest => Self::Rest,
            Kind::Crash => Self::Crash,
            Kind::Restart => Self::Restart,
        }
    }
}

impl Wish {
    fn drawn(random: &mut Random, client: usize) -> Self {
        Self {
            client,
            number: number(random),
            pattern: random.below(PATTERNS.len()),
            from: From::drawn(random),
            manner: random.weighted(&[
                (5, Manner::Every),
                (1, Manner::Latest { per_second: None }),
                (1, Manner::Latest { per_second: Some(50) }),
                (1, Manner::Latest { per_second: Some(1) }),
            ]),
        }
    }
}

impl Publication {
    fn drawn(random: &mut Random) -> Self {
        let size = random.weighted(&[(300, 8), (60, 100), (30, 700), (6, 5_000), (2, 20_000)]);
        Self {
            topic: random.below(TOPICS.len()),
            by: random.below(10),
            echo: !random.one_in(4),
            size: size + random.below(size),
            key: random.one_in(6).then(|| u8::try_from(random.below(3)).unwrap()),
            expect: random
                .one_in(8)
                .then(|| random.pick(&[Expect::Last, Expect::Last, Expect::Later, Expect::Nothing])),
        }
    }

    /// One of someone else's, without conditions.
    pub(super) fn plain(topic: usize, size: usize) -> Self {
        Self { topic, by: usize::MAX, echo: true, size, key: None, expect: None }
    }

    fn maybe(random: &mut Random) -> Option<Self> {
        random.one_in(4).then(|| Self::drawn(random))
    }
}

impl From {
    fn drawn(random: &mut Random) -> Self {
        match random.below(10) {
            0..3 => Self::Now,
            3 => Self::Last,
            4 => Self::Start,
            5 => Self::Time { ago_ms: random.below(3_000) as u64 },
            _ => Self::Position {
                memory: random.below(64),
                twist: random.weighted(&[
                    (20, Twist::Nothing),
                    (3, Twist::OtherPattern),
                    (1, Twist::Future),
                    (1, Twist::UnknownStream),
                    (1, Twist::LacksStream),
                ]),
            },
        }
    }
}

/// Few numbers, so that each is used again soon.
fn number(random: &mut Random) -> u32 {
    1 + u32::try_from(random.below(6)).unwrap()
}
