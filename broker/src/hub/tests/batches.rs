//! Batches of conflated subscriptions, at times that are handed in.

use std::time::Duration;

use fanfare_protocol::frame::MaxRate;

use super::*;

const KEPT: &str = "kept";
const FLEETING: &str = "fleeting";

fn at(ms: u64) -> Moment {
    Moment::after_start(Duration::from_millis(ms))
}

/// What goes out at this time.
fn sent(bench: &mut Bench, outbound: &Outbound, ms: u64) -> Vec<String> {
    bench.fan_out();
    bench.shard.wake_due(at(ms));
    bench.shard.send_batches(outbound.slot(), at(ms));
    bench.heard(outbound)
}

#[test]
fn what_comes_within_an_interval_is_one_batch_with_the_newest_of_each_topic() {
    for topic in [KEPT, FLEETING] {
        let mut bench = Bench::new(&Limits::default());
        let outbound = bench.shard.attach(Encoding::Json, About::default());
        let subscribe = Subscribe {
            sub: 1,
            pattern: Pattern::new(&format!("{topic}.>")).unwrap(),
            from: ReplayFrom::Now,
            deliver: Deliver::Latest { max_rate: Some(MaxRate::new(2.0).unwrap()) },
        };
        bench.shard.subscribe(outbound.slot(), Caller::unlimited().subscribe(subscribe).unwrap()).unwrap();
        bench.publish(&format!("{topic}.first"), "opens the interval");
        assert_eq!(sent(&mut bench, &outbound, 0).last().unwrap(), "1: opens the interval");
        for number in 0..100 {
            bench.publish(&format!("{topic}.b"), &format!("b {number}"));
            bench.publish(&format!("{topic}.a"), &format!("a {number}"));
            assert_eq!(sent(&mut bench, &outbound, 1 + number * 4), [""; 0], "{topic} before its time");
        }
        assert_eq!(sent(&mut bench, &outbound, 499), [""; 0]);
        assert_eq!(sent(&mut bench, &outbound, 500), ["1: b 99", "1: a 99"], "in the order of publishing");
        assert_eq!(sent(&mut bench, &outbound, 2_000), [""; 0], "each once");
    }
}
