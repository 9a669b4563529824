//! The table, the struct and the rules between neighbours agree.

use super::neighbours::SHARES;
use super::*;

#[test]
fn the_table_and_the_struct_agree_on_every_default() {
    let limits = Limits::default();
    for limit in TABLE {
        assert_eq!((limit.get)(&limits), limit.default, "{}", limit.name);
    }
}

#[test]
fn every_row_reads_and_writes_its_own_field_alone() {
    for limit in TABLE {
        let mut limits = Limits::default();
        (limit.set)(&mut limits, limit.max);
        for other in TABLE {
            let expected = if other.name == limit.name { limit.max } else { other.default };
            assert_eq!((other.get)(&limits), expected, "{} after {}", other.name, limit.name);
        }
    }
}

#[test]
fn the_live_bounds_are_those_that_were_put_there() {
    let live = LiveLimits::new(&Limits::default());
    assert_eq!(live.snapshot(), Limits::default());
    for limit in TABLE {
        let mut limits = live.snapshot();
        (limit.set)(&mut limits, limit.max);
        live.put(&limits);
        assert_eq!(live.snapshot(), limits, "{}", limit.name);
    }
}

#[test]
fn what_is_read_once_is_a_limit() {
    let kept: Vec<_> = TABLE.iter().filter(|limit| !limit.live).map(|limit| limit.name).collect();
    assert_eq!(kept, AT_START);
}

#[test]
fn every_default_is_within_its_own_range() {
    for limit in TABLE {
        assert!((limit.min..=limit.max).contains(&limit.default), "{}", limit.name);
    }
}

#[test]
fn every_row_says_what_happens_and_where_it_shows() {
    for limit in TABLE {
        assert!(!limit.beyond.is_empty() && !limit.metric.is_empty(), "{}", limit.name);
    }
}

#[test]
fn the_defaults_have_no_conflict() {
    assert_eq!(Limits::default().conflicts(), []);
}

#[test]
fn a_share_that_nobody_set_leaves_half_of_a_lowered_total_to_the_others() {
    for (share, total) in SHARES {
        let (share, total) = (Limit::named(share).unwrap(), Limit::named(total).unwrap());
        let mut limits = Limits::default();
        limits.fit_shares(|_| false);
        assert_eq!(limits, Limits::default(), "the defaults are shares");
        let low = (share.default / 2).max(2 * share.min);
        (total.set)(&mut limits, low);
        limits.fit_shares(|_| false);
        assert_eq!((share.get)(&limits), low / 2, "{} of {}", share.name, total.name);
        assert_eq!(limits.is_half_of(share), Some(total.name));
        assert_eq!(limits.conflicts(), []);
        // Whoever sets it means it; as much as all means that there is no share.
        (share.set)(&mut limits, low);
        limits.fit_shares(|name| name == share.name);
        assert_eq!((share.get)(&limits), low);
    }
    let mut limits = Limits { max_connections: 1, ..Limits::default() };
    limits.fit_shares(|_| false);
    assert_eq!(limits.max_connections_per_address, 1, "one may come in");
}

#[test]
fn a_frame_that_holds_no_payload_in_base64_is_a_conflict() {
    let limits = Limits { max_payload_bytes: 250 << 10, ..Limits::default() };
    let conflicts = limits.conflicts();
    assert_eq!(conflicts.len(), 1);
    assert_eq!((conflicts[0].limit, conflicts[0].neighbour), ("max_frame_bytes", "max_payload_bytes"));
}

#[test]
fn what_a_running_broker_keeps_holds_back_what_does_not_go_with_it() {
    let running = Limits::default();
    let mut limits = Limits { mailbox_bytes: 64 << 20, max_subscriptions: 7, ..Limits::default() };
    assert_eq!(limits.keep(&running, |_| false), ["mailbox_bytes"]);
    assert_eq!(limits, Limits { max_subscriptions: 7, ..Limits::default() });
    let mut limits = Limits { queue_bytes: 32 << 20, reply_bytes: 32 << 20, ..limits };
    (limits.mailbox_bytes, limits.max_frame_bytes) = (32 << 20, 32 << 20);
    assert_eq!(limits.keep(&running, |_| false).len(), 5);
    assert_eq!(limits, running);
}

#[test]
fn a_conflict_names_the_value_that_resolves_it() {
    let mut limits = Limits { max_payload_bytes: 10 << 20, ..Limits::default() };
    for _ in TABLE {
        for conflict in limits.conflicts() {
            let row = Limit::named(conflict.limit).unwrap();
            (row.set)(&mut limits, conflict.at_least);
        }
    }
    assert_eq!(limits.conflicts(), []);
}

#[test]
fn a_share_fits_the_total_that_a_running_broker_keeps() {
    let mut running = Limits { max_http_requests: 16, ..Limits::default() };
    running.fit_shares(|_| false);
    assert_eq!(running.max_http_requests_per_caller, 8);
    let mut limits = Limits::default();
    assert!(limits.keep(&running, |_| false).contains(&"max_http_requests"));
    assert_eq!((limits.max_http_requests, limits.max_http_requests_per_caller), (16, 8));
    let mut limits = Limits { max_http_requests_per_caller: 5, ..Limits::default() };
    limits.keep(&running, |name| name == "max_http_requests_per_caller");
    assert_eq!(limits.max_http_requests_per_caller, 5, "what is set holds as it is written");
}
