//! The broker's end and its next start: with nothing after a crash, with what it saved after a stop.

use std::io::Cursor;
use std::sync::Arc;

use super::desk::Desk;
use super::setup::{Setup, StreamSetup};
use super::steps::Publication;
use super::truth::{Log, Truth};
use super::violation::{Check, Checked, Violation, ensure};
use super::world::World;
use crate::clock::Now;
use crate::engine::memory::{read_saved, write_saved};
use crate::engine::{KeyLimits, MemoryEngine, SavedStream};
use crate::hub::Hub;
use crate::limits::LiveLimits;
use crate::metrics::Metrics;

/// A broker without a past, and the reference to it.
pub(super) fn new_broker(setup: &Setup) -> (Arc<Hub>, Truth) {
    let hub = broker(setup, Vec::new(), Now::default());
    let logs = hub.engine.streams().iter().zip(&setup.streams);
    let logs =
        logs.map(|(stream, setup)| Log::new(setup.name, setup.patterns, setup.rules, stream.epoch().clone()));
    let truth = Truth { logs: logs.collect(), ..Truth::default() };
    (hub, truth)
}

fn broker(setup: &Setup, saved: Vec<SavedStream>, now: Now) -> Arc<Hub> {
    let configs: Vec<_> = setup.streams.iter().map(StreamSetup::config).collect();
    let engine = MemoryEngine::new(&configs, KeyLimits::from(&setup.limits), saved, now).unwrap();
    let metrics = Arc::new(Metrics::new(setup.shards, &[]));
    Arc::new(Hub::new(engine, setup.shards, Arc::new(LiveLimits::new(&setup.limits)), metrics).unwrap())
}

pub(super) fn desks(hub: &Arc<Hub>) -> Vec<Desk> {
    (0..hub.shards()).map(|number| Desk::new(hub, number)).collect()
}

impl World {
    /// The broker dies with all it has; clients know where they stood.
    pub(super) fn crash(&mut self) -> Checked {
        self.end();
        let (hub, truth) = new_broker(&self.setup);
        let same = |log: &&Log| self.truth.logs.iter().any(|old| old.epoch == log.epoch);
        let told = truth.logs.iter().find(same).map(|log| log.name);
        self.desks = desks(&hub);
        (self.hub, self.truth) = (hub, truth);
        ensure(told.is_none(), Check::Reset, || format!("{told:?} counts anew under its old epoch"))
    }

    /// The broker is stopped, saves its streams, and goes on with them.
    pub(super) fn restart(&mut self) -> Checked {
        self.hub.stop_publishing();
        self.refuses_to_publish()?;
        self.end();
        let saved = self.over_a_file(&self.hub.save(self.now))?;
        self.hub = broker(&self.setup, saved, self.now);
        self.desks = desks(&self.hub);
        self.truth.restarts();
        for log in 0..self.truth.logs.len() {
            let (epoch, old) = (self.stream(log).epoch(), &self.truth.logs[log].epoch);
            ensure(epoch == old, Check::Reset, || format!("{old:?} goes on as {epoch:?}"))?;
        }
        self.has_swept()
    }

    fn end(&mut self) {
        while !self.clients.is_empty() {
            self.drop_client(0);
        }
        self.note_overflows();
    }

    /// A broker that is being stopped takes nothing more for a stream.
    fn refuses_to_publish(&mut self) -> Checked {
        let (_, answer) = self.send(Publication::plain(0, 8), None);
        ensure(answer.is_err(), Check::Answer, || format!("{answer:?} while it stops"))
    }

    /// What is saved, written to a file and read from it.
    fn over_a_file(&self, saved: &[SavedStream]) -> Checked<Vec<SavedStream>> {
        let mut file = Vec::new();
        write_saved(&mut file, 1, saved).unwrap();
        let configs: Vec<_> = self.setup.streams.iter().map(StreamSetup::config).collect();
        let content = read_saved(Cursor::new(file), Some(1), &configs, self.now.moment);
        let content =
            content.map_err(|error| Violation::new(Check::Answer, format!("{error:?} for its own file")))?;
        ensure(content.left_out.is_empty(), Check::Answer, || format!("{:?}", content.left_out))?;
        Ok(content.streams)
    }
}
