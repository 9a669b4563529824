//! Amounts as people read them: three digits that mean something, and a unit.

use std::time::Duration;

const THOUSANDS: [&str; 5] = ["", "k", "M", "G", "T"];
const BYTES: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];

/// How many: `7`, `12.3k`, `1.20M`.
pub(super) fn count(n: u64) -> String {
    short(real(n), 1_000.0, &THOUSANDS, "")
}

/// How many of something: `1 shard`, `12.3k shards`.
pub(super) fn counted(n: u64, what: &str) -> String {
    format!("{} {what}{}", count(n), if n == 1 { "" } else { "s" })
}

/// How many a second: `12.3k/s`.
pub(super) fn rate(per_second: f64) -> String {
    format!("{}/s", short(per_second, 1_000.0, &THOUSANDS, ""))
}

/// A size: `12.3 MiB`.
pub(super) fn bytes(n: u64) -> String {
    short(real(n), 1_024.0, &BYTES, " ")
}

/// A size a second.
pub(super) fn byte_rate(per_second: f64) -> String {
    format!("{}/s", short(per_second, 1_024.0, &BYTES, " "))
}

/// A part of a whole: `12.3 %`, and `100 %` for nothing less.
pub(super) fn share(part: f64) -> String {
    if part >= 1.0 { "100 %".to_owned() } else { format!("{:.1} %", (part * 100.0).min(99.9)) }
}

/// A time in its largest unit: `12s`, `5m`, `3h`, `2d`.
pub(super) fn age(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..=119 => format!("{seconds}s"),
        120..=7_199 => format!("{}m", seconds / 60),
        7_200..=172_799 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// A time in milliseconds: `250 ms`, `12.0 s`, and as an age from two minutes on.
pub(super) fn millis(ms: u64) -> String {
    match ms {
        0..=999 => format!("{ms} ms"),
        1_000..=119_999 => format!("{:.1} s", real(ms) / 1_000.0),
        _ => age(Duration::from_millis(ms)),
    }
}

/// The time of day (UTC) of milliseconds since 1970.
pub(super) fn clock(wall_ms: u64) -> String {
    let seconds = wall_ms / 1_000 % 86_400;
    format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// A bound of a latency in milliseconds, if there is one.
pub(super) fn bound(ms: Option<f64>) -> String {
    match ms {
        Some(ms) if ms >= 1_000.0 => format!("≤ {} s", ms / 1_000.0),
        Some(ms) => format!("≤ {ms} ms"),
        None => "–".to_owned(),
    }
}

/// Counts by their label: `dropped 5, expired 1`.
pub(super) fn labelled<'a>(counts: impl IntoIterator<Item = (&'a String, &'a u64)>) -> String {
    let each: Vec<_> = counts.into_iter().map(|(label, n)| format!("{label} {}", count(*n))).collect();
    each.join(", ")
}

/// How often something happens in a second, if it happened so often in `time`.
pub(super) fn per_second(n: u64, time: Duration) -> f64 {
    if time.is_zero() { 0.0 } else { real(n) / time.as_secs_f64() }
}

#[allow(clippy::cast_precision_loss, reason = "for people")]
pub(super) fn real(n: u64) -> f64 {
    n as f64
}

/// The nearest whole number, for a bar.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "never below zero, and a bar needs no more"
)]
pub(super) fn whole(value: f64) -> u64 {
    value.max(0.0).round() as u64
}

fn short(value: f64, step: f64, units: &[&str], space: &str) -> String {
    let (mut value, mut at) = (value, 0);
    // What would be shown as a whole step is shown in the next unit.
    while value >= step - 0.5 && at + 1 < units.len() {
        value /= step;
        at += 1;
    }
    let digits = match value {
        value if at == 0 && (value - value.round()).abs() < 0.05 => 0,
        value if value < 9.995 => 2 - usize::from(at == 0),
        value if value < 99.95 => 1,
        _ => 0,
    };
    let unit = units.get(at).copied().unwrap_or_default();
    let space = if unit.is_empty() { "" } else { space };
    format!("{value:.digits$}{space}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_sizes_have_three_digits_and_a_unit() {
        for (n, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1.00k"),
            (12_345, "12.3k"),
            (999_960, "1.00M"),
            (7_100_000, "7.10M"),
        ] {
            assert_eq!(count(n), text);
        }
        for (n, text) in [
            (0, "0 B"),
            (1_023, "1023 B"),
            (1_024, "1.00 KiB"),
            (65 << 20, "65.0 MiB"),
            (3 << 40, "3.00 TiB"),
        ] {
            assert_eq!(bytes(n), text);
        }
        assert_eq!((counted(1, "shard"), counted(0, "shard")), ("1 shard".into(), "0 shards".into()));
        assert_eq!(
            (rate(0.5), rate(99.0), byte_rate(2_048.0)),
            ("0.5/s".into(), "99/s".into(), "2.00 KiB/s".into())
        );
    }

    #[test]
    fn the_whole_is_nothing_less() {
        assert_eq!([0.0, 0.123, 0.9999, 1.0].map(share), ["0.0 %", "12.3 %", "99.9 %", "100 %"]);
    }

    #[test]
    fn times_are_short_and_of_the_day() {
        let ages = [59, 119, 120, 7_200, 200_000].map(|seconds| age(Duration::from_secs(seconds)));
        assert_eq!(ages, ["59s", "119s", "2m", "2h", "2d"]);
        assert_eq!([999, 12_000, 300_000].map(millis), ["999 ms", "12.0 s", "5m"]);
        assert_eq!(clock(1_763_800_000_000), "08:26:40");
        assert_eq!([bound(Some(0.5)), bound(Some(2_500.0)), bound(None)], ["≤ 0.5 ms", "≤ 2.5 s", "–"]);
    }

    #[test]
    fn nothing_happens_so_often_in_no_time() {
        assert!(per_second(5, Duration::ZERO).abs() < f64::EPSILON);
        assert!((per_second(5, Duration::from_millis(500)) - 10.0).abs() < f64::EPSILON);
    }
}
