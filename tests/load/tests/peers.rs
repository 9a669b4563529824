//! Each peer as it is installed here: it starts, and delivers every message once and in order.
//!
//! One that is not installed is passed over: `tests/load/run` installs those that it is asked to measure.
#![expect(clippy::panic, clippy::print_stderr, reason = "helpers of tests")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use fanfare_load::adapter::{Adapter, Kind};
use fanfare_load::catalogue::adapters;
use fanfare_load::error::LoadError;
use fanfare_load::fanout;
use fanfare_load::plan::Plan;
use fanfare_load::server::Cpus;
use fanfare_load::workload::{Pace, Workload};

/// Subscribes a few clients to several topics, and publishes for a short time.
fn check(peer: &dyn Adapter, plan: &Plan) {
    let few = Workload::one_topic(5, Pace::InFlight(32));
    let topics = Workload { topics: 20, ..few };
    let large = Workload { payload_bytes: 16 << 10, ..Workload::one_topic(5, Pace::InFlight(2)) };
    for workload in [few, topics, large] {
        match fanout::sample(peer, &workload, plan) {
            Ok(sample) => {
                let lost = sample.iter().find(|figure| figure.name == "lost").map(|figure| figure.value);
                assert_eq!(lost, Some(0.0), "{}: {workload:?}", peer.name());
            }
            Err(error @ LoadError::NotInstalled { .. }) => return eprintln!("passed over: {error}"),
            Err(error) => panic!("{}: {workload:?}: {error}", peer.name()),
        }
    }
}

#[test]
fn peers_that_are_installed_deliver_every_message_once_and_in_order() {
    let plan = Plan {
        warm_up: Duration::from_millis(20),
        window: Duration::from_millis(100),
        cpus: Cpus::pick().expect("two CPUs"),
        log: PathBuf::from("/dev/null"),
    };
    let programs = Path::new(env!("CARGO_BIN_EXE_floor")).with_file_name("");
    for peer in adapters(&programs).iter().filter(|adapter| adapter.kind() == Kind::Peer) {
        check(peer.as_ref(), &plan);
    }
}
