//! A shard's round: all mail is taken and put into the outbound queues of its subscribers.

use std::error::Error;
use std::sync::Arc;

use fanfare_protocol::frame::{Deliver, ReplayFrom, Subscribe};
use fanfare_protocol::{Encoding, Pattern, Topic};

use super::meter::check;
use super::parts::{PUBLISHER, SMALL_PAYLOAD, TOPIC, hub, payload, publish};
use super::{Meter, Outcome, Size};
use crate::auth::Caller;
use crate::clock::Now;
use crate::hub::{Hub, Mail, Shard};
use crate::outbound::{About, Burst, Outbound};

/// Rounds that are measured of each case.
const ROUNDS: u32 = 4;

pub(super) fn cases(meter: &mut Meter, size: Size) -> Outcome {
    for encoding in Encoding::ALL {
        for messages in [1, 64] {
            let mut crowd = Crowd::new(*encoding, size.subscribers)?;
            for round in 0..=ROUNDS {
                crowd.publish(messages)?;
                // The first round makes the room that later ones use again.
                if round == 0 {
                    crowd.fan_out();
                } else {
                    meter.measure(|| crowd.fan_out());
                }
                let expected = u64::from(messages * size.subscribers);
                check("messages in the queues", crowd.write_out(), expected)?;
                check("sessions to write to", crowd.dirty.len(), size.subscribers as usize)?;
            }
            let name = format!("round-of-{messages}-{}", encoding.as_str());
            meter.end(name, ROUNDS * messages * size.subscribers, "delivery");
        }
    }
    Ok(())
}

/// Subscribers of one topic.
struct Crowd {
    hub: Arc<Hub>,
    shard: Shard,
    mail: Mail,
    outbounds: Vec<Arc<Outbound>>,
    dirty: Vec<u32>,
}

impl Crowd {
    fn new(encoding: Encoding, subscribers: u32) -> Result<Self, Box<dyn Error>> {
        let hub = hub()?;
        let mut shard = Shard::new(Arc::clone(&hub), 0);
        let pattern = Pattern::new(TOPIC)?;
        let mut outbounds = Vec::new();
        for _ in 0..subscribers {
            let outbound = shard.attach(encoding, About::default());
            let pattern = pattern.clone();
            let subscribe = Subscribe { sub: 1, pattern, from: ReplayFrom::Now, deliver: Deliver::Every };
            shard.subscribe(outbound.slot(), Caller::unlimited().subscribe(subscribe)?)?;
            outbounds.push(outbound);
        }
        let mut crowd = Self { hub, shard, mail: Mail::default(), outbounds, dirty: Vec::new() };
        crowd.shard.take_dirty(&mut crowd.dirty);
        crowd.write_out();
        Ok(crowd)
    }

    fn publish(&self, messages: u32) -> Outcome {
        let caller = Caller::unlimited();
        for _ in 0..messages {
            let sent = publish(Topic::new(TOPIC)?, payload(Encoding::MsgPack, SMALL_PAYLOAD));
            self.hub.publish(caller.publish(sent)?, PUBLISHER, Now::default())?;
        }
        Ok(())
    }

    /// What a shard's loop does with its mail, but for writing.
    fn fan_out(&mut self) {
        self.hub.mailbox(0).take(&mut self.mail);
        while self.shard.fan_out(&mut self.mail) {}
        self.mail.done();
        self.shard.take_dirty(&mut self.dirty);
    }

    /// Empties all queues; how many messages there were.
    fn write_out(&self) -> u64 {
        let mut burst = Burst::default();
        let mut messages = 0;
        for outbound in &self.outbounds {
            let mut lanes = outbound.lanes();
            while !lanes.is_empty() {
                lanes.fill(&mut burst, usize::MAX);
                messages += lanes.advance(&burst, usize::MAX).messages;
            }
        }
        messages
    }
}
