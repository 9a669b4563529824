//! One connection that publishes: on schedule, or as fast as the server delivers.

use std::cell::RefCell;
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use fanfare_client::{Payload, Topic};
use fanfare_protocol::ClientFrame;
use fanfare_protocol::frame::Publish;
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::Notify;
use tokio::task::spawn_local;

use super::alarm::Alarm;
use super::attendant::Attendant;
use super::course::{Course, Phase};
use super::incoming::{Incoming, Troubles};
use super::latencies::Latencies;
use super::link::{Link, Voice};
use super::plan::Pace;
use super::schedule::{Schedule, Turn};
use super::stamp::Stamp;

/// Written at a time, in bytes, and one message more.
const MAX_BATCH_BYTES: usize = 64 * 1024;

/// One connection that publishes.
pub(super) struct Publisher {
    course: Arc<Course>,
    socket: OwnedWriteHalf,
    voice: Voice,
    schedule: Schedule,
    payload: Vec<u8>,
    /// What is to be written next.
    out: Vec<u8>,
    /// How long after they were due measured messages were sent.
    lateness: Latencies,
}

/// What one publisher met with.
#[derive(Debug)]
pub(super) struct Published {
    pub(super) lateness: Latencies,
    pub(super) troubles: Troubles,
}

/// Publishes from the warm-up until the run drains, and holds the connection until it is over.
///
/// # Errors
/// The operating system has no timer.
pub(super) async fn publish(
    course: Arc<Course>,
    link: Link,
    schedule: Schedule,
) -> Result<Published, String> {
    let lateness = Latencies::new().map_err(|error| error.to_string())?;
    let alarm = Alarm::new().map_err(|error| format!("no timer to keep the pace with: {error}"))?;
    let (voice, (read, socket)) = (link.voice, link.socket.into_split());
    let (heartbeats, troubles) = (Rc::new(Notify::new()), Rc::new(RefCell::new(Troubles::default())));
    let attendant =
        Attendant::new(read, link.tail, voice.encoding, Rc::clone(&heartbeats), Rc::clone(&troubles));
    let attending = spawn_local(attendant.run());
    let payload = vec![0; course.plan.size];
    let mut publisher = Publisher {
        course: Arc::clone(&course),
        socket,
        voice,
        schedule,
        payload,
        out: Vec::new(),
        lateness,
    };
    tokio::select! {
        // Whoever is stuck in its socket ends with the run.
        () = course.reaches(Phase::Over) => {}
        ended = publisher.run(&alarm, &heartbeats) => {
            if let (Err(error), 0) = (ended, troubles.borrow().ended) {
                let why = format!("a publishing connection broke: {error}");
                troubles.borrow_mut().note(Incoming::End(why));
            }
            course.count_finished();
            course.reaches(Phase::Over).await;
            publisher.say_goodbye();
        }
    }
    attending.abort();
    let troubles = troubles.take();
    Ok(Published { lateness: publisher.lateness, troubles })
}

impl Publisher {
    async fn run(&mut self, alarm: &Alarm, heartbeats: &Notify) -> io::Result<()> {
        let course = Arc::clone(&self.course);
        course.reaches(Phase::WarmingUp).await;
        let mut draining = pin!(course.reaches(Phase::Draining));
        loop {
            tokio::select! {
                biased;
                () = &mut draining => return Ok(()),
                () = heartbeats.notified() => self.voice.say(&ClientFrame::Pong, &mut self.out),
                turn = self.turn(alarm) => {
                    turn?;
                    self.fill();
                }
            }
            self.socket.write_all(&self.out).await?;
            self.out.clear();
        }
    }

    /// Waits until a message may be sent. Nothing is lost if the future is dropped.
    async fn turn(&self, alarm: &Alarm) -> io::Result<()> {
        let Pace::Rate(per_second) = self.course.plan.pace else {
            self.course.room().await;
            return Ok(());
        };
        match self.due_ns(per_second).checked_sub(self.course.now_ns()) {
            None | Some(0) => Ok(()),
            Some(early_ns) => alarm.after(Duration::from_nanos(early_ns)).await,
        }
    }

    /// Writes down what may be sent: at least one message, as [`Self::turn`] said.
    fn fill(&mut self) {
        let now_ns = self.course.now_ns();
        if let Pace::Rate(per_second) = self.course.plan.pace {
            while self.due_ns(per_second) <= now_ns && self.out.len() <= MAX_BATCH_BYTES {
                let due_ns = self.due_ns(per_second);
                if due_ns >= self.course.measured_from_ns() {
                    self.lateness.record(now_ns - due_ns);
                }
                self.add(due_ns);
            }
        } else {
            self.add(now_ns);
            while self.out.len() <= MAX_BATCH_BYTES && self.course.try_room() {
                self.add(now_ns);
            }
        }
    }

    /// Writes down the message whose turn it is.
    fn add(&mut self, due_ns: u64) {
        let Turn { topic, number } = self.schedule.turn();
        Stamp { number, due_ns }.write(self.course.plan.tag(), &mut self.payload);
        let text = str::from_utf8(&self.payload).unwrap_or_default();
        let Ok(name) = Topic::new(&self.course.plan.topic(topic)) else { return };
        let publish = Publish {
            id: None,
            topic: name,
            payload: Payload::text(text),
            key: None,
            expect: None,
            echo: true,
            headers: None,
        };
        self.voice.say(&ClientFrame::Publish(publish), &mut self.out);
        self.course.count_sent(topic);
        self.schedule.advance();
    }

    /// When the next message is due.
    fn due_ns(&self, per_second: u64) -> u64 {
        self.course.first_due_ns().saturating_add(self.schedule.due_ns(per_second))
    }

    /// Takes leave, as far as the socket allows at once.
    fn say_goodbye(&mut self) {
        self.voice.say_goodbye(&mut self.out);
        // The run is over: whoever can't be told hears of the end from the operating system.
        let _ = self.socket.try_write(&self.out);
    }
}
