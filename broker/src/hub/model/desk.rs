//! A shard at work, one turn at a time: it takes its mail, fans it out part by part, and pings its sessions after.

use std::sync::Arc;
use std::task::Waker;

use super::steps::Publication;
use super::violation::Checked;
use super::world::World;
use crate::clock::Moment;
use crate::hub::{Heads, Hub, Mail, Shard};
use crate::outbound::Burst;

pub(super) struct Desk {
    pub(super) shard: Shard,
    pub(super) burst: Burst,
    mail: Mail,
    task: Task,
    /// What the last ping carried.
    served: Heads,
}

/// What a shard is in the middle of.
#[derive(Debug)]
enum Task {
    Nothing,
    /// Fanning out its mail; with heads, a ping follows.
    Mail(Option<Heads>),
    Ping(Heads),
}

impl Desk {
    pub(super) fn new(hub: &Arc<Hub>, number: usize) -> Self {
        let shard = Shard::new(Arc::clone(hub), u8::try_from(number).unwrap());
        Self {
            shard,
            burst: Burst::default(),
            mail: Mail::default(),
            task: Task::Nothing,
            served: Heads::default(),
        }
    }
}

impl World {
    /// Lets a shard go on with what it is doing; else it takes its mail, after the heads if it looks after its
    /// sessions. Another thread publishes `meanwhile`. False if there was nothing to do.
    pub(super) fn turn(
        &mut self,
        number: usize,
        look_after: bool,
        meanwhile: Option<Publication>,
    ) -> Checked<bool> {
        let number = number % self.desks.len();
        match std::mem::replace(&mut self.desks[number].task, Task::Nothing) {
            Task::Nothing if look_after => self.begin_look_after(number, meanwhile),
            Task::Nothing if self.wake_due(number) => Ok(true),
            Task::Nothing => self.begin_mail(number, meanwhile),
            Task::Mail(heads) => {
                if look_after {
                    // Between two parts: what is fanned out now is not in all queues yet.
                    self.ping(number);
                }
                self.fan_out(number, heads);
                Ok(true)
            }
            Task::Ping(heads) => {
                self.desks[number].served = heads;
                self.ping(number);
                Ok(true)
            }
        }
    }

    /// Wakes the sessions whose batches are due; false if none is.
    fn wake_due(&mut self, number: usize) -> bool {
        let due = self.due(number).is_some_and(|due| due <= self.now.moment);
        if due {
            self.desks[number].shard.wake_due(self.now.moment);
        }
        due
    }

    /// When a shard's next batch is due.
    pub(super) fn due(&mut self, number: usize) -> Option<Moment> {
        self.desks[number].shard.earliest_due(Waker::noop())
    }

    fn begin_mail(&mut self, number: usize, meanwhile: Option<Publication>) -> Checked<bool> {
        let Desk { mail, .. } = &mut self.desks[number];
        let taken = self.hub.mailbox(number).poll_take(mail, Waker::noop()).is_ready();
        meanwhile.map_or(Ok(()), |publication| self.publish(publication))?;
        if taken {
            self.fan_out(number, None);
        }
        Ok(taken)
    }

    fn begin_look_after(&mut self, number: usize, meanwhile: Option<Publication>) -> Checked<bool> {
        let heads = self.hub.position_of_heads();
        meanwhile.map_or(Ok(()), |publication| self.publish(publication))?;
        let Desk { mail, .. } = &mut self.desks[number];
        self.hub.mailbox(number).take(mail);
        let heads = Heads::served(&self.hub, heads, mail);
        self.fan_out(number, Some(heads));
        Ok(true)
    }

    fn fan_out(&mut self, number: usize, heads: Option<Heads>) {
        let Desk { shard, mail, task, .. } = &mut self.desks[number];
        if shard.fan_out(mail) {
            *task = Task::Mail(heads);
            return;
        }
        mail.done();
        if let Some(heads) = heads {
            *task = Task::Ping(heads);
        }
    }

    fn ping(&mut self, number: usize) {
        let Desk { shard, served, .. } = &mut self.desks[number];
        for client in &self.clients {
            if client.outbound.shard() == number {
                shard.ping(client.outbound.slot(), served);
            }
        }
    }
}
