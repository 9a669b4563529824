//! A whole publish: from the frame that a WebSocket message holds to the mailbox of the shard that has a subscriber.

use fanfare_protocol::frame::{Deliver, Hello, ReplayFrom, Subscribe};
use fanfare_protocol::{ClientFrame, Encoding, Pattern, Topic};

use super::meter::check;
use super::parts::{PAYLOADS, PUBLISHER, TOPIC, hub, payload, publish};
use super::{Meter, Outcome, Size};
use crate::auth::Caller;
use crate::clock::{Moment, Now};
use crate::hub::{Hub, Mail, Shard};
use crate::outbound::About;
use crate::session::{Deed, Session, SessionLimits};

/// Messages until the shard takes its mail.
const ROUND: usize = 64;

pub(super) fn cases(meter: &mut Meter, size: Size) -> Outcome {
    for encoding in Encoding::ALL {
        for (name, bytes) in PAYLOADS {
            measure(meter, size, *encoding, bytes)?;
            meter.end(format!("{}-{name}", encoding.as_str()), size.pieces, "publish");
        }
    }
    Ok(())
}

fn measure(meter: &mut Meter, size: Size, encoding: Encoding, bytes: usize) -> Outcome {
    let hub = hub()?;
    let mut shard = Shard::new(hub.clone(), 0);
    let session = shard.attach(encoding, About::default()).slot();
    let pattern = Pattern::new(TOPIC)?;
    let subscribe = Subscribe { sub: 1, pattern, from: ReplayFrom::Now, deliver: Deliver::Every };
    shard.subscribe(session, Caller::unlimited().subscribe(subscribe)?)?;
    let mut publisher = Publisher::new(&hub, encoding)?;
    let mut frame = Vec::new();
    let sent = publish(Topic::new(TOPIC)?, payload(encoding, bytes));
    encoding.encode_client(&ClientFrame::Publish(sent), &mut frame);
    let mut mail = Mail::default();
    let mut mailed = 0;
    for round in 0..=size.pieces as usize / ROUND {
        let mut work = || (0..ROUND).filter(|_| publisher.take_in(&frame)).count();
        // The first round makes the room that later ones use again.
        let accepted = if round == 0 { work() } else { meter.measure(work) };
        check("publishes that were accepted", accepted, ROUND)?;
        hub.mailbox(0).take(&mut mail);
        mailed += mail.messages.len();
        mail.done();
    }
    check("messages that came by mail", mailed, size.pieces as usize + ROUND)
}

/// A session that publishes.
struct Publisher<'a> {
    hub: &'a Hub,
    encoding: Encoding,
    session: Session,
    limits: SessionLimits,
    caller: Caller,
}

impl<'a> Publisher<'a> {
    fn new(hub: &'a Hub, encoding: Encoding) -> Result<Self, Box<dyn std::error::Error>> {
        let mut session = Session::new(Moment::default());
        let limits = SessionLimits::from(&crate::limits::Limits::default());
        let hello = session.frame(Ok(ClientFrame::Hello(Hello::default())), Moment::default(), limits);
        check("a session that opens", hello.is_ok(), true)?;
        session.admitted(Caller::unlimited());
        Ok(Self { hub, encoding, session, limits, caller: Caller::unlimited() })
    }

    /// What `net` does with a frame, without socket and counters; true if it was published.
    fn take_in(&mut self, frame: &[u8]) -> bool {
        let frame = self.encoding.decode_client(frame);
        let Ok(Deed::Publish(publish)) = self.session.frame(frame, Moment::default(), self.limits) else {
            return false;
        };
        let Ok(permitted) = self.caller.publish(publish) else { return false };
        self.hub.publish(permitted, PUBLISHER, Now::default()).is_ok()
    }
}
