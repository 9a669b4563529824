//! Units: durations and sizes as people write them, `"25s"` and `"64MiB"`, to numbers and back.

use std::time::Duration;

/// The text is no amount with a unit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}; {remedy}")]
pub struct UnitError {
    /// What is wrong, as the end of a sentence that begins with the setting.
    pub what: String,
    /// What to write instead.
    pub remedy: String,
}

/// Units from the largest to the smallest, each with its worth in the base unit.
type Units = &'static [(&'static str, u64)];

const DURATIONS: Units = &[("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
const SIZES: Units = &[
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1_000),
    ("B", 1),
];
const DURATION_EXAMPLE: &str = "25s";
const SIZE_EXAMPLE: &str = "64MiB";

/// Reads a duration such as `"500ms"`, `"25s"`, `"10m"`, `"2h"` or `"1d"`.
///
/// # Errors
/// Says what is wrong with the text, with an example.
pub fn parse_duration(text: &str) -> Result<Duration, UnitError> {
    parse(text, DURATIONS, DURATION_EXAMPLE).map(Duration::from_millis)
}

/// Reads a size such as `"512B"`, `"64KiB"` or `"1GB"`, in bytes.
///
/// # Errors
/// Says what is wrong with the text, with an example.
pub fn parse_bytes(text: &str) -> Result<u64, UnitError> {
    parse(text, SIZES, SIZE_EXAMPLE)
}

/// Writes a duration in the largest unit that keeps it whole; what is below a millisecond is cut off.
pub fn format_duration(duration: Duration) -> String {
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    if millis == 0 { "0s".to_owned() } else { format(millis, DURATIONS) }
}

/// Writes a size in the largest unit that keeps it whole.
pub fn format_bytes(bytes: u64) -> String {
    if bytes == 0 { "0B".to_owned() } else { format(bytes, SIZES) }
}

fn parse(text: &str, units: Units, example: &'static str) -> Result<u64, UnitError> {
    let text = text.trim();
    let (number, unit) = text.split_at(text.bytes().take_while(u8::is_ascii_digit).count());
    let unit = unit.trim_start();
    let like = |what: String| UnitError { what, remedy: format!("write it like {example:?}") };
    if number.is_empty() {
        return Err(like("begins with no number".to_owned()));
    }
    if unit.is_empty() {
        return Err(like("has no unit".to_owned()));
    }
    if unit.starts_with(['.', ',']) {
        let remedy = format!("write a whole number of a smaller unit, like {example:?}");
        return Err(UnitError { what: "has a fraction".to_owned(), remedy });
    }
    let Some((_, worth)) = units.iter().find(|(name, _)| *name == unit) else {
        let what = format!("has the unknown unit {:?}", unit.chars().take(16).collect::<String>());
        return Err(UnitError { what, remedy: format!("units are {}, as in {example:?}", names(units)) });
    };
    let amount = number.parse::<u64>().ok().and_then(|number| number.checked_mul(*worth));
    amount.ok_or_else(|| like("is too large".to_owned()))
}

fn names(units: Units) -> String {
    let names: Vec<_> = units.iter().rev().map(|(name, _)| *name).collect();
    names.join(" ")
}

fn format(amount: u64, units: Units) -> String {
    let whole = units.iter().find(|(_, worth)| amount.is_multiple_of(*worth));
    whole.map_or_else(|| amount.to_string(), |(name, worth)| format!("{}{name}", amount / worth))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_are_read_in_every_unit() {
        let cases =
            [("500ms", 500), ("25s", 25_000), ("10m", 600_000), ("2h", 7_200_000), ("1d", 86_400_000)];
        for (text, millis) in cases {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn sizes_are_read_in_binary_and_decimal_units() {
        let cases = [("512B", 512), ("64KiB", 65_536), ("1 MiB", 1 << 20), ("1GB", 1_000_000_000), ("0B", 0)];
        for (text, bytes) in cases {
            assert_eq!(parse_bytes(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn an_error_shows_what_to_write() {
        let cases = [
            ("", "begins with no number; write it like \"25s\""),
            ("s", "begins with no number; write it like \"25s\""),
            ("-1s", "begins with no number; write it like \"25s\""),
            ("25", "has no unit; write it like \"25s\""),
            ("1.5h", "has a fraction; write a whole number of a smaller unit, like \"25s\""),
            ("3 weeks", "has the unknown unit \"weeks\"; units are ms s m h d, as in \"25s\""),
            ("99999999999999999999s", "is too large; write it like \"25s\""),
            ("999999999999999999d", "is too large; write it like \"25s\""),
        ];
        for (text, message) in cases {
            assert_eq!(parse_duration(text).unwrap_err().to_string(), message, "{text}");
        }
        let units = "B KB MB GB TB KiB MiB GiB TiB";
        let message = format!("has the unknown unit \"kb\"; units are {units}, as in \"64MiB\"");
        assert_eq!(parse_bytes("64kb").unwrap_err().to_string(), message);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_the_same(amount: u64) {
            let duration = Duration::from_millis(amount);
            prop_assert_eq!(parse_duration(&format_duration(duration)), Ok(duration));
            prop_assert_eq!(parse_bytes(&format_bytes(amount)), Ok(amount));
        }

        #[test]
        fn any_text_is_read_or_refused(text: String) {
            let _ = parse_duration(&text);
            let _ = parse_bytes(&text);
        }
    }
}
