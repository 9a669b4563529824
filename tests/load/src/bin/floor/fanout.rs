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
    /// Clients for whom messages of several topics are put together.
    joined: Vec<usize>,
    /// The topic of a frame, unmasked.
    name: Vec<u8>,
}

impl Fanout {
    /// Begins with no topics. If `direct`, messages don't wait for each other.
    pub(crate) fn new(direct: bool) -> Self {
        Self { direct, topics: Topics::default(), touched: Vec::new(), joined: Vec::new(), name: Vec::new() }
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
        let round = &mut self.topics.get_mut(number).round;
        if round.is_empty() {
            self.touched.push(number);
        }
        write_server_head(Opcode::Binary, message.len(), round);
        append_masked(message, turned(mask, end), round);
        if self.direct { self.end_round(clients).map_err(Broken::Floor) } else { Ok(()) }
    }

    /// Writes what came since the last time, once to each subscriber of its topic.
    pub(crate) fn end_round(&mut self, clients: &mut Clients) -> Result<(), LoadError> {
        while let Some(number) = self.touched.pop() {
            let topic = self.topics.get_mut(number);
            for &token in &topic.subscribers {
                match clients.get_mut(token) {
                    Some(client) if client.topics.len() > 1 && !self.direct => {
                        self.joined.extend(client.wait(&topic.round).then_some(token));
                    }
                    _ => clients.write(token, &topic.round)?,
                }
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
        let client = clients.get_mut(token).filter(|client| client.topics.len() < TOPICS_MAX);
        let Some(client) = client else { return Err(Broken::Client) };
        client.topics.push(self.topics.subscribe(&self.name, token));
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
