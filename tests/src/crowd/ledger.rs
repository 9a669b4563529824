//! What a subscriber has heard of messages whose payloads begin with their number, 0, 1, 2 …

/// What was heard, by number.
#[derive(Debug, Default)]
pub struct Ledger {
    /// For each number the sequence that it was heard with; 0 if it was not heard.
    seqs: Vec<u64>,
    heard: usize,
    /// Messages that were heard again.
    pub repeated: u64,
    /// Messages whose sequence was not over that of the message before.
    pub out_of_order: u64,
    /// The ranges of sequences that gaps told, ascending within a subscription.
    pub told: Vec<(u64, u64)>,
}

impl Ledger {
    /// Room for as many numbers.
    pub fn new(numbers: usize) -> Self {
        Self { seqs: vec![0; numbers], ..Self::default() }
    }

    /// Takes in a message; `ascends`: its sequence is over that of the message before.
    pub fn message(&mut self, payload: &[u8], seq: u64, ascends: bool) {
        let number = number(payload);
        let heard = self.seqs.get_mut(number).unwrap_or_else(|| panic!("nobody published {number}"));
        self.out_of_order += u64::from(!ascends);
        if *heard == 0 {
            *heard = seq;
            self.heard += 1;
        } else {
            self.repeated += 1;
        }
    }

    /// How many different messages were heard.
    pub fn heard(&self) -> usize {
        self.heard
    }

    /// The sequence that each number was heard with; 0 if it was not heard.
    pub fn seqs(&self) -> &[u64] {
        &self.seqs
    }

    /// How many of the published were not heard, and how many were heard with another sequence than acknowledged.
    pub fn compare(&self, acknowledged: &[u64]) -> (u64, u64) {
        assert_eq!(self.seqs.len(), acknowledged.len(), "both count the same messages");
        self.seqs.iter().zip(acknowledged).fold((0, 0), |(missing, wrong), (heard, acknowledged)| match heard
        {
            0 => (missing + 1, wrong),
            heard => (missing, wrong + u64::from(heard != acknowledged)),
        })
    }
}

/// The number that a payload begins with.
fn number(payload: &[u8]) -> usize {
    let digits = payload.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0'))
}
