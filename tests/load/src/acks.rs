//! Which publishes were acknowledged: each with a sequence of its own, and none left out.

use crate::order::Faults;

/// The largest sequence that is believed: no sample publishes as much.
const SEQ_MAX: u64 = u32::MAX as u64;

/// The sequences that a stream gave to publishes, over all connections.
#[derive(Debug, Default)]
pub struct Acks {
    /// A bit for each sequence, from 1.
    seen: Vec<u64>,
    /// How many different ones were acknowledged.
    pub acknowledged: u64,
    again: u64,
    disordered: u64,
}

/// The sequences that one connection was told: what it publishes is worked off in order.
#[derive(Clone, Copy, Debug, Default)]
pub struct LastAck(u64);

impl Acks {
    /// Takes note of an acknowledgement on a connection.
    pub fn take(&mut self, last: &mut LastAck, seq: u64) {
        if seq > SEQ_MAX {
            self.disordered += 1;
            return;
        }
        self.disordered += u64::from(seq <= last.0);
        last.0 = last.0.max(seq);
        let bit = 1 << (seq % 64);
        let word = usize::try_from(seq / 64).unwrap_or(usize::MAX);
        if word >= self.seen.len() {
            self.seen.resize(word.saturating_add(1), 0);
        }
        if self.seen[word] & bit == 0 {
            self.seen[word] |= bit;
            self.acknowledged += 1;
        } else {
            self.again += 1;
        }
    }

    /// What went wrong, if `published` were published and the stream ends with `head`: then the sequences are 1 … `head`,
    /// and there is one for each publish.
    pub fn faults(&self, published: u64, head: u64) -> Faults {
        Faults {
            lost: published.max(head) - self.acknowledged.min(published.max(head)),
            duplicates: self.again + head.saturating_sub(published),
            disordered: self.disordered,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(connections: &[&[u64]], published: u64, head: u64) -> Faults {
        let mut acks = Acks::default();
        for seqs in connections {
            let mut last = LastAck::default();
            seqs.iter().for_each(|&seq| acks.take(&mut last, seq));
        }
        acks.faults(published, head)
    }

    #[test]
    fn each_once_over_all_connections_is_no_fault() {
        assert_eq!(faults(&[&[1, 2, 5, 6], &[3, 4]], 6, 6), Faults::default());
        assert_eq!(faults(&[], 0, 0), Faults::default());
    }

    #[test]
    fn a_publish_without_acknowledgement_is_lost() {
        assert_eq!(faults(&[&[1, 2]], 3, 2), Faults { lost: 1, ..Faults::default() });
        assert_eq!(faults(&[&[1, 2]], 3, 3), Faults { lost: 1, ..Faults::default() });
    }

    #[test]
    fn a_sequence_that_two_publishes_got_is_a_duplicate_and_a_loss() {
        let faults = faults(&[&[1, 2], &[2]], 3, 2);
        assert_eq!((faults.lost, faults.duplicates), (1, 1));
    }

    #[test]
    fn what_the_stream_has_beyond_what_was_published_is_a_duplicate() {
        assert_eq!(faults(&[&[1, 2]], 2, 3).duplicates, 1);
    }

    #[test]
    fn a_connection_whose_publishes_are_worked_off_in_another_order_is_told() {
        assert_eq!(faults(&[&[2, 1]], 2, 2).disordered, 1);
    }
}
