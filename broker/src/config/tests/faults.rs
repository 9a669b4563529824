//! Every fault is found, and told where it stands and what to do about it.

use super::*;

#[test]
fn every_fault_is_reported_at_once_in_the_order_of_the_file() {
    check_faults(
        r#"listen = 7440
shard = 2
heartbeat = "25s"

[limits]
heartbeat = 25
hello_timeuot = "1s"
max_connections = "many"
stall_timeout = "5 weeks"
max_head_bytes = "1B"
"#,
        r#"
fanfare.toml:1:10: `listen` takes text, not a number
    write listen = "127.0.0.1:7440"
fanfare.toml:2:1: unknown setting `shard` at the top
    did you mean `shards`?
fanfare.toml:3:1: unknown setting `heartbeat` at the top
    `heartbeat` belongs under [limits]
fanfare.toml:6:13: `heartbeat` takes text with a unit, such as "25s"
    write heartbeat = "25s"
fanfare.toml:7:1: unknown setting `hello_timeuot` in [limits]
    did you mean `hello_timeout`?
fanfare.toml:8:19: `max_connections` takes a whole number from 0, not text
    write max_connections = 100000
fanfare.toml:9:17: `stall_timeout` has the unknown unit "weeks"
    units are ms s m h d, as in "25s"
fanfare.toml:10:18: `max_head_bytes` = "1B" is not between "512B" and "1MiB"
    the default is "8KiB"
"#,
    );
}

#[test]
fn streams_are_checked_each_and_against_each_other() {
    check_faults(
        r#"[[stream]]
name = "a b"
patterns = ["x..y", "$sys.>", 3]
[[stream]]
name = "orders"
patterns = ["orders.*"]
max_bytes = "1KiB"
max_age = "0s"
[[stream]]
name = "orders"
patterns = ["orders.eu", "*.x"]
max_messages_per_topic = 0
[[stream]]
patterns = []
colour = "red"
"#,
        r#"
fanfare.toml:2:8: `name` "a b" is not 1 to 64 characters of A-Z a-z 0-9 _ -
    rename the stream, like "orders"
fanfare.toml:3:13: pattern "x..y" has an empty segment; remove the extra `.`
    write segments joined by dots, like "orders.*.>"
fanfare.toml:3:21: pattern "$sys.>" is over topics of the broker itself (`$`)
    remove it; no stream is over them
fanfare.toml:3:31: `patterns` takes a list of texts, not a number
    write patterns = ["orders.>"]
fanfare.toml:7:13: `max_bytes` = "1KiB" is less than one payload may have (`max_payload_bytes`)
    set at least "64KiB"
fanfare.toml:8:11: `max_age` is nothing
    write it like "2m"
fanfare.toml:10:8: there is another stream named "orders"
    rename one, or give one stream the patterns of both
fanfare.toml:11:13: pattern "orders.eu" of stream "orders" meets topics of "orders.*" of stream "orders"
    a topic is in one stream at most: narrow one of the two
fanfare.toml:11:26: pattern "*.x" of stream "orders" meets topics of "orders.*" of stream "orders"
    a topic is in one stream at most: narrow one of the two
fanfare.toml:12:26: `max_messages_per_topic` = 0 is not between 1 and 4294967295
    leave it out for no such limit
fanfare.toml:13:1: this stream has no `name`
    add name = "orders"
fanfare.toml:13:1: this stream has no patterns
    add one, like "orders.>"
fanfare.toml:15:1: unknown setting `colour` in [[stream]]
    remove it; known here: name, patterns, max_age, max_bytes, max_messages_per_topic, publisher
"#,
    );
}

#[test]
fn neighbouring_limits_are_checked_against_each_other() {
    check_faults(
        "[limits]\nmax_payload_bytes = \"1MiB\"\nqueue_bytes = \"64KiB\"",
        r#"
fanfare.toml:2:21: `max_frame_bytes` is too small beside `max_payload_bytes`: a payload in base64 must fit a frame
    set max_frame_bytes = "1386KiB" or more, or lower max_payload_bytes
fanfare.toml:3:15: `queue_bytes` is too small beside `max_frame_bytes`: a frame must fit the queue
    set queue_bytes = "256KiB" or more, or lower max_frame_bytes
"#,
    );
}

#[test]
fn what_is_not_toml_is_reported_line_by_line() {
    let faults = parse("listen = 127.0.0.1:7440\nshards = 2\n[limits]\nheartbeat = 25s\n").unwrap_err();
    let places: Vec<_> = faults.lines().filter(|line| !line.starts_with(' ')).collect();
    let lines: Vec<_> = places.iter().filter_map(|line| line.split(':').nth(1)).collect();
    assert_eq!(lines, ["1", "4"], "{faults}");
}

#[test]
fn columns_count_characters() {
    check_faults(
        "stream = [{ name = \"ä ö\", patterns = [\"a\"] }]",
        "fanfare.toml:1:20: `name` \"ä ö\" is not 1 to 64 characters of A-Z a-z 0-9 _ -\n    \
         rename the stream, like \"orders\"",
    );
}

#[test]
fn a_file_that_is_not_there_is_a_fault() {
    let faults = Config::load(Some(Path::new("no/such/file.toml")), &Overrides::default()).unwrap_err();
    assert!(faults.to_string().starts_with("no/such/file.toml: can't be read: "), "{faults}");
    assert_eq!(faults.iter().len(), 1);
}

#[test]
fn presence_is_checked_each_and_against_each_other() {
    let text = "[[presence]]\npatterns = [\"rooms.>\", \"$sys.>\"]\nby = \"user\"\nlinger = \"5\"\n\
                [[presence]]\npatterns = [\"*.1\"]\nlinger = \"2h\"\nannounce = \"yes\"\n[[presence]]\ncolour = 1";
    let expected = r#"
fanfare.toml:2:24: pattern "$sys.>" is over topics of the broker itself (`$`)
    remove it; no presence is over them
fanfare.toml:3:6: `by` = "user" is neither "session" nor "subject"
    write by = "session", or leave it out
fanfare.toml:4:10: `linger` has no unit; write it like "25s"
fanfare.toml:6:13: pattern "*.1" meets topics of "rooms.>" in another [[presence]]
    presence is kept in one way: narrow one of the two
fanfare.toml:7:10: `linger` = "2h" is not between "0s" and "1h"
    the default is "5s"
fanfare.toml:8:12: `announce` takes true or false, not text
    write announce = true
fanfare.toml:9:1: this presence has no `patterns`
    add patterns = ["rooms.>"]
fanfare.toml:10:1: unknown setting `colour` in [[presence]]
    remove it; known here: patterns, by, linger, announce
"#;
    check_faults(text, &expected.replace("has no unit; write", "has no unit\n    write"));
}

#[test]
fn a_log_level_is_a_level() {
    for level in ["info", "off", "warn,fanfare::net=debug", "fanfare=trace"] {
        assert_eq!(parse(&format!("log_level = {level:?}")).unwrap().log_level, level);
    }
    for level in ["", "chatty", "info,loud", "fanfare=loud"] {
        let faults = parse(&format!("log_level = {level:?}")).unwrap_err();
        assert!(faults.contains("names no level\n    write off, error,"), "{faults}");
    }
}
