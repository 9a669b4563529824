//! A socket that takes now more and now less, as the schedule says.

use shuttle::rand::{Rng, thread_rng};

/// What it may take at once, in bytes, unless a promise says otherwise.
const ROOMS: &[usize] = &[0, 1, 70, 300, usize::MAX, usize::MAX];
/// Once it takes nothing, it does so as many times more.
const STALLS: u32 = 4;

pub(super) struct Socket {
    /// What it may take at once, in bytes.
    rooms: &'static [usize],
    stalls: u32,
}

impl Default for Socket {
    fn default() -> Self {
        Self::new(ROOMS)
    }
}

impl Socket {
    pub(super) fn new(rooms: &'static [usize]) -> Self {
        Self { rooms, stalls: 0 }
    }

    /// What it takes this time, in bytes.
    pub(super) fn room(&mut self) -> usize {
        if self.stalls > 0 {
            self.stalls -= 1;
            return 0;
        }
        let room = self.rooms[thread_rng().gen_range(0..self.rooms.len())];
        self.stalls = if room == 0 { STALLS } else { 0 };
        room
    }
}
