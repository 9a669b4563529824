//! What a message of the bench carries: its number on its topic and when it was to be sent, as text that no encoding
//! needs to escape.

/// Marks the messages of one run: letters, so that no topic of the bench holds it.
const TAG_BYTES: usize = 8;
const NUMBER_BYTES: usize = 10;
const TIME_BYTES: usize = 12;
/// The smallest payload, in bytes: tag, number and time.
pub(super) const MIN_PAYLOAD_BYTES: usize = TAG_BYTES + NUMBER_BYTES + TIME_BYTES;

/// The letter that stands for the half byte 0; the others follow it in the alphabet.
const ZERO: u8 = b'a';
const FILLER: u8 = b'.';

/// What tells this run's messages from everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag([u8; TAG_BYTES]);

/// What is read of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Which message of its topic, from 0.
    pub(super) number: u64,
    /// When it was to be sent, in nanoseconds since the run began.
    pub(super) due_ns: u64,
}

/// Finds stamps in frames without decoding them: in all messages of a topic they stand at the same place.
#[derive(Debug, Default)]
pub(super) struct Finder {
    at: usize,
}

impl Tag {
    pub(super) fn new(run: u32) -> Self {
        let mut tag = [0; TAG_BYTES];
        write(run.into(), &mut tag);
        Self(tag)
    }
}

impl Stamp {
    /// Writes a payload of this stamp over `payload`, which has at least [`MIN_PAYLOAD_BYTES`].
    pub(super) fn write(self, tag: Tag, payload: &mut [u8]) {
        let Some((tag_at, rest)) = payload.split_first_chunk_mut::<TAG_BYTES>() else { return };
        let Some((number_at, rest)) = rest.split_first_chunk_mut::<NUMBER_BYTES>() else { return };
        let Some((time_at, rest)) = rest.split_first_chunk_mut::<TIME_BYTES>() else { return };
        *tag_at = tag.0;
        write(self.number, number_at);
        write(self.due_ns, time_at);
        rest.fill(FILLER);
    }

    fn read(bytes: &[u8], tag: Tag) -> Option<Self> {
        let (number, time) = bytes.strip_prefix(&tag.0)?.split_at_checked(NUMBER_BYTES)?;
        Some(Self { number: read(number)?, due_ns: read(time.get(..TIME_BYTES)?)? })
    }
}

impl Finder {
    /// The stamp in a frame, if it carries one of this run.
    pub(super) fn find(&mut self, frame: &[u8], tag: Tag) -> Option<Stamp> {
        let known = frame.get(self.at..).and_then(|bytes| Stamp::read(bytes, tag));
        known.or_else(|| {
            self.at = frame.windows(TAG_BYTES).position(|window| window == tag.0)?;
            Stamp::read(frame.get(self.at..)?, tag)
        })
    }
}

/// Writes a number as letters, the high half byte first.
fn write(mut number: u64, letters: &mut [u8]) {
    for letter in letters.iter_mut().rev() {
        *letter = ZERO + (number & 0xF).to_le_bytes()[0];
        number >>= 4;
    }
}

fn read(letters: &[u8]) -> Option<u64> {
    letters.iter().try_fold(0, |number, letter| {
        let half = letter.wrapping_sub(ZERO);
        (half < 16).then_some(number << 4 | u64::from(half))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAG: u32 = 0x0123_4567;

    fn payload(number: u64, due_ns: u64) -> String {
        let mut payload = vec![0; 40];
        Stamp { number, due_ns }.write(Tag::new(TAG), &mut payload);
        String::from_utf8(payload).unwrap()
    }

    #[test]
    fn a_stamp_is_found_wherever_it_stands() {
        let mut finder = Finder::default();
        for (head, number, due_ns) in [("ab", 0, 0), ("ab", 1, 7), ("longer", (1 << 40) - 1, (1 << 48) - 1)] {
            let frame = format!("{head}{}\"tail", payload(number, due_ns));
            assert_eq!(finder.find(frame.as_bytes(), Tag::new(TAG)), Some(Stamp { number, due_ns }));
        }
    }

    #[test]
    fn another_run_and_other_frames_have_no_stamp() {
        let mut finder = Finder::default();
        let frame = payload(1, 2);
        assert_eq!(finder.find(frame.as_bytes(), Tag::new(1)), None);
        assert_eq!(finder.find(&frame.as_bytes()[..MIN_PAYLOAD_BYTES - 1], Tag::new(TAG)), None);
        assert_eq!(finder.find(b"", Tag::new(TAG)), None);
    }

    #[test]
    fn a_payload_is_filled_to_its_size() {
        assert!(payload(1, 2).ends_with(".........."));
    }
}
