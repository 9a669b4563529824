//! 100 subscribers of which 10 never read: what the other 90 notice of it, and what the 10 get when they read again.

use std::time::Duration;

use super::{Bound, Row, SET_UP_SECONDS};
use crate::account::Told;
use crate::adapter::Adapter;
use crate::error::LoadError;
use crate::fanout::Fanout;
use crate::follower::{Follower, connect_all, read_until};
use crate::plan::Plan;
use crate::procfs::resident_bytes;
use crate::samples::{Figure, Sample};
use crate::server::Server;
use crate::window::fault_figures;
use crate::workload::{Pace, Workload};

/// Subscribers that read, and subscribers that don't.
const READERS: u32 = 90;
const STUCK: usize = 10;
const PAYLOAD_BYTES: usize = 1024;
const PACE: Pace = Pace::InFlight(64);
/// Longest time that those who read again wait for more.
const PATIENCE: Duration = Duration::from_secs(5);

/// What some slow readers cost the others.
#[derive(Debug)]
pub struct SlowReaders;

impl Row for SlowReaders {
    fn name(&self) -> &'static str {
        "slow-readers"
    }

    fn title(&self) -> String {
        "100 subscribers of which 10 never read, 1 KiB, 64 messages in flight".into()
    }

    fn bound(&self) -> Bound {
        Bound::AtLeast(90.0)
    }

    fn seconds(&self, plan: &Plan) -> f64 {
        SET_UP_SECONDS + 2.0 * (plan.warm_up + plan.window).as_secs_f64()
    }

    /// First the 90 alone, then with the 10, at the same server. What is kept is the rate of the 90.
    #[expect(clippy::cast_precision_loss, reason = "far fewer bytes than 2^52")]
    fn sample(&self, _point: u32, adapter: &dyn Adapter, plan: &Plan) -> Result<Sample, LoadError> {
        let server = plan.start(adapter)?;
        let workload = Workload { payload_bytes: PAYLOAD_BYTES, ..Workload::one_topic(READERS, PACE) };
        let topics = workload.topics();
        let mut fanout = Fanout::connect(&server, adapter, &workload)?;
        let (alone, memory_alone) = measure(&mut fanout, &server, plan)?;
        let stuck = subscribe_stuck(&server, adapter, &topics[0])?;
        let (beside, memory_beside) = measure(&mut fanout, &server, plan)?;
        let faults = fanout.finish()?;
        let head = fanout.published();
        let mut sample = vec![
            Figure::new("rate kept", "%", 100.0 * value(&beside, 1) / value(&alone, 1)),
            Figure::new("memory alone", "MB", memory_alone as f64 / 1e6),
            Figure::new("memory with the 10", "MB", memory_beside as f64 / 1e6),
        ];
        sample.extend(beside);
        sample.extend(read_again(stuck, adapter, head.into())?);
        sample.extend(fault_figures(faults));
        Ok(sample)
    }
}

/// The figures of a window, and the server's resident memory at its end.
fn measure(fanout: &mut Fanout<'_>, server: &Server, plan: &Plan) -> Result<(Sample, u64), LoadError> {
    fanout.run_for(plan.warm_up)?;
    let figures = fanout.measure(server, plan.window)?;
    Ok((figures, resident_bytes(server.pid())?))
}

fn value(figures: &Sample, index: usize) -> f64 {
    figures.get(index).map_or(0.0, |figure| figure.value)
}

/// Subscribers that read nothing once they are confirmed.
fn subscribe_stuck<'a>(
    server: &Server,
    adapter: &'a dyn Adapter,
    topic: &'a str,
) -> Result<Vec<Follower<'a>>, LoadError> {
    let mut stuck: Vec<Follower<'_>> = (0..STUCK).map(|_| Follower::new(adapter, topic)).collect();
    connect_all(&mut stuck, server, PATIENCE)?;
    Ok(stuck)
}

/// Lets the ten read all up to sequence `head`: each is to be delivered once or named by a gap. Only Fanfare says so.
#[expect(clippy::cast_precision_loss, reason = "far fewer messages than 2^52")]
fn read_again(mut stuck: Vec<Follower<'_>>, adapter: &dyn Adapter, head: u64) -> Result<Sample, LoadError> {
    if adapter.fanfare().is_none() {
        return Ok(Vec::new());
    }
    read_until(&mut stuck, PATIENCE, |follower| follower.account.head() >= head)?;
    let sum = |count: fn(&Told) -> u64| stuck.iter().map(|follower| count(&follower.account.told)).sum();
    let (lost, duplicates): (u64, u64) = (sum(|told| told.in_silence), sum(|told| told.again));
    if lost + duplicates > 0 {
        return Err(LoadError::Deliveries { lost, duplicates, disordered: 0 });
    }
    let (messages, in_gaps): (u64, u64) = (sum(|told| told.messages), sum(|told| told.in_gaps));
    Ok(vec![
        Figure::new("read later", "messages", messages as f64),
        Figure::new("told as gaps", "messages", in_gaps as f64),
    ])
}
