//! What clients say to the floor, and the writing of their messages to those who are subscribed.

use fanfare_load::adapter::floor::SUBSCRIBE;
use fanfare_load::error::LoadError;
use fanfare_load::frame::{Header, Opcode, append_masked, write_server, write_server_head};

use crate::client::Broken;
use crate::clients::Clients;
use crate::topics::Topics;

/// Most topics that a client subscribes to.
const TOPICS_MAX: usize = 1 << 20;

/// The topics, and what this round has brought.
pub(crate) struct Fanout {
    direct: bool,
    topics: Topics,
    /// Topics with messages of this round.
    touched: Vec<usize>,
    /// Clients for whom messages of several topics were put together.
    joined: Vec<usize>,
    /// A message as it goes out.
    message: Vec<u8>,
    /// The topic of a frame, unmasked.
    name: Vec<u8>,
}

impl Fanout {
    /// Begins with no topics. If `direct`, messages don't wait for each other.
    pub(crate) fn new(direct: bool) -> Self {
        let (touched, joined, message, name) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { direct, topics: Topics::default(), touched, joined, message, name }
    }

    /// Takes a client's frame. Messages that nobody is subscribed to end here.
    pub(crate) fn take(
        &mut self,
        token: usize,
        header: &Header,
        payload: &[u8],
        clients: &mut Clients,
    ) -> Result<(), Broken> {
        let (Opcode::Binary, Some(mask), Some(first)) = (header.opcode, header.mask, payload.first()) else {
            return Err(Broken::Client);
        };
        let first = first ^ mask[0];
        let end = if first == SUBSCRIBE { payload.len() } else { 1 + usize::from(first) };
        let (Some(name), Some(message)) = (payload.get(1..end), payload.get(end..)) else {
            return Err(Broken::Client);
        };
        self.name.clear();
        append_masked(name, turned(mask, 1), &mut self.name);
        if first == SUBSCRIBE {
            return self.subscribe(token, clients);
        }
        let Some(number) = self.topics.find(&self.name) else { return Ok(()) };
        self.add(number, message, turned(mask, end), clients);
        if self.direct { self.end_round(clients).map_err(Broken::Floor) } else { Ok(()) }
    }

    /// Adds a message to what the round's end writes.
    #[inline]
    fn add(&mut self, number: usize, message: &[u8], mask: [u8; 4], clients: &mut Clients) {
        let topic = self.topics.get_mut(number);
        if !topic.subscribers.is_empty() {
            if topic.round.is_empty() {
                self.touched.push(number);
            }
            write_server_head(Opcode::Binary, message.len(), &mut topic.round);
            append_masked(message, mask, &mut topic.round);
        }
        if topic.joiners.is_empty() {
            return;
        }
        self.message.clear();
        write_server_head(Opcode::Binary, message.len(), &mut self.message);
        append_masked(message, mask, &mut self.message);
        for &token in &topic.joiners {
            let first = clients.get_mut(token).is_some_and(|client| client.wait(&self.message));
            self.joined.extend(first.then_some(token));
        }
    }

    /// Writes what came since the last time, once to each subscriber of its topic.
    pub(crate) fn end_round(&mut self, clients: &mut Clients) -> Result<(), LoadError> {
        while let Some(number) = self.touched.pop() {
            let topic = self.topics.get_mut(number);
            for &token in &topic.subscribers {
                clients.write(token, &topic.round)?;
            }
            topic.round.clear();
        }
        while let Some(token) = self.joined.pop() {
            clients.flush(token)?;
        }
        Ok(())
    }

    /// Closes a client.
    pub(crate) fn close(&mut self, token: usize, clients: &mut Clients) {
        for number in clients.remove(token).map(|client| client.topics).unwrap_or_default() {
            self.topics.unsubscribe(number, token);
        }
    }

    fn subscribe(&mut self, token: usize, clients: &mut Clients) -> Result<(), Broken> {
        // Who changes from subscriber to joiner is to get what came before as a subscriber.
        self.end_round(clients).map_err(Broken::Floor)?;
        let client = clients.get_mut(token).filter(|client| client.topics.len() < TOPICS_MAX);
        let Some(client) = client else { return Err(Broken::Client) };
        let number = self.topics.subscribe(&self.name, token, &client.topics);
        client.topics.push(number);
        let mut answer = Vec::new();
        write_server(Opcode::Binary, &[&[SUBSCRIBE], self.name.as_slice()].concat(), &mut answer);
        clients.write(token, &answer).map_err(Broken::Floor)
    }
}

/// A mask for what begins `bytes` behind the place where it begins.
fn turned(mut mask: [u8; 4], bytes: usize) -> [u8; 4] {
    mask.rotate_left(bytes % 4);
    mask
}
