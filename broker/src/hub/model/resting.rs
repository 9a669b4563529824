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
            if !self.settle_a_little()? && !self.wait_for_due() {
                return Ok(());
            }
        }
        Err(Violation::new(Check::Rest, format!("not at rest after {ROUNDS} rounds")))
    }

    /// Lets time pass until the next batch is due; false if none is.
    fn wait_for_due(&mut self) -> bool {
        let due = (0..self.desks.len()).filter_map(|number| self.due(number)).min();
        let Some(due) = due else { return false };
        let ms = due.since(self.now.moment).as_nanos().div_ceil(1_000_000);
        self.wait(u64::try_from(ms).unwrap());
        true
    }

    fn settle_a_little(&mut self) -> Checked<bool> {
        let mut busy = false;
        for number in 0..self.desks.len() {
            busy |= self.turn(number, false, None)?;
        }
        self.wake();
        for at in 0..self.clients.len() {
            busy |= self.catch_up(at);
            self.wake();
            busy |= self.flush(at, usize::MAX, 128 << 10);
            let client = &self.clients[at];
            let forgotten = !client.outbound.lanes().is_empty();
            ensure(!forgotten, Check::Rest, || {
                format!("{}: something waits, and nobody writes it", client.name())
            })?;
            self.read(at)?;
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
