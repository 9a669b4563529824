//! With publishers quiet and every socket willing, everything arrives, and every subscription is live at the head.

use super::client::Client;
use super::violation::{Check, Checked, Violation, ensure};
use super::world::World;

/// Rounds in which everything must have arrived.
const ROUNDS: usize = 20_000;

impl World {
    pub(super) fn rest(&mut self) -> Checked {
        for client in &mut self.clients {
            client.stalled = false;
        }
        self.settle()?;
        for at in 0..self.clients.len() {
            let (name, truth) = (self.clients[at].name(), &self.truth);
            for (number, sub) in
                self.clients[at].subs.iter_mut().flat_map(|(n, subs)| subs.iter_mut().map(move |s| (n, s)))
            {
                let everything = sub.has_everything(truth);
                everything.map_err(|v| v.of(format!("{name}: {number} on {}", sub.who.pattern)))?;
            }
        }
        self.tell(|| "    all is quiet; a ping for everyone".into());
        for number in 0..self.desks.len() {
            self.turn(number, true, None)?;
        }
        self.settle()?;
        for client in &self.clients {
            for (number, sub) in client.subs.iter().flat_map(|(n, subs)| subs.iter().map(move |s| (n, s))) {
                let at_rest = sub.is_at_rest(&self.truth);
                at_rest.map_err(|v| v.of(format!("{}: {number} on {}", client.name(), sub.who.pattern)))?;
            }
        }
        self.counts_agree()
    }

    /// Lets shards and sockets work until nothing is left to do.
    fn settle(&mut self) -> Checked {
        for _ in 0..ROUNDS {
            if !self.settle_a_little()? {
                return Ok(());
            }
        }
        Err(Violation::new(Check::Rest, format!("not at rest after {ROUNDS} rounds")))
    }

    fn settle_a_little(&mut self) -> Checked<bool> {
        let mut busy = false;
        for number in 0..self.desks.len() {
            busy |= self.turn(number, false, None)?;
        }
        self.wake();
        let mut at = 0;
        while at < self.clients.len() {
            let outbound = &self.clients[at].outbound;
            busy |= self.desks[outbound.shard()].shard.catch_up(outbound.slot(), self.now.moment);
            self.wake();
            if let Some(client) = self.clients.get_mut(at) {
                busy |= client.write(usize::MAX, 128 << 10);
                let forgotten = !client.outbound.lanes().is_empty();
                ensure(!forgotten, Check::Rest, || {
                    format!("{}: something waits, and nobody writes it", client.name())
                })?;
                self.read(at)?;
            }
            at += 1;
        }
        Ok(busy)
    }

    /// The broker's own counts of what is open are right.
    fn counts_agree(&self) -> Checked {
        let open: usize = self.clients.iter().map(Client::open_count).sum();
        let metrics = &self.hub.metrics;
        let (counted, behind) = (metrics.sum(|s| s.subscriptions.get()), metrics.sum(|s| s.behind.get()));
        ensure((counted, behind) == (open as u64, 0), Check::Rest, || {
            format!("{counted} subscriptions are counted of {open}, {behind} of them behind")
        })
    }
}
