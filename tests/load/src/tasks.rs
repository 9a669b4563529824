//! Which samples a run takes, and in which order.

use crate::adapter::Adapter;
use crate::rows::Row;

/// How many samples are taken of each subject.
#[derive(Clone, Copy, Debug)]
pub struct Pairs {
    /// Of the floor and Fanfare.
    pub ours: u16,
    /// Of each peer.
    pub peers: u16,
}

/// One sample to take.
#[derive(Clone, Copy)]
pub struct Task<'a> {
    /// Its row.
    pub row: &'a dyn Row,
    /// The point of the row's axis.
    pub point: u32,
    /// Whom to measure.
    pub adapter: &'a dyn Adapter,
    /// The pair, from 1.
    pub pair: u16,
}

impl Pairs {
    fn of(self, adapter: &dyn Adapter, row: &dyn Row) -> u16 {
        let pairs = if adapter.delivers_all() { self.ours } else { self.peers };
        pairs.min(row.pairs_max())
    }
}

/// The samples of one row in their order: pair by pair, point by point, the subjects taking turns.
pub fn tasks<'a>(row: &'a dyn Row, adapters: &[&'a dyn Adapter], pairs: Pairs) -> Vec<Task<'a>> {
    let mut tasks = Vec::new();
    for pair in 1..=pairs.ours.max(pairs.peers) {
        for &point in row.axis().points {
            let turns = adapters.iter().filter(|adapter| pair <= pairs.of(**adapter, row));
            tasks.extend(turns.map(|&adapter| Task { row, point, adapter, pair }));
        }
    }
    tasks
}
