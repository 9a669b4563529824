//! Where a subscription begins, as people write it.

use fanfare_client::ReplayFrom;
use toml::value::{Date, Datetime, Offset, Time};

const FORMS: &str = "write now, last, start, a time ago such as 5m, a time such as 2026-01-31T12:00:00Z, or milliseconds since 1970";
const MS_PER_DAY: i64 = 86_400_000;

/// Reads `now`, `last`, `start`, a time ago (`90s`), RFC 3339, or milliseconds since 1970.
///
/// # Errors
/// Says which forms there are.
pub(super) fn from(text: &str, now_ms: u64) -> Result<ReplayFrom, String> {
    match text {
        "now" => return Ok(ReplayFrom::Now),
        "last" => return Ok(ReplayFrom::Last),
        "start" => return Ok(ReplayFrom::Start),
        _ => {}
    }
    let ago = || ago_ms(text).map(|ago| now_ms.saturating_sub(ago));
    let time_ms = text.parse().ok().or_else(ago).or_else(|| rfc3339_ms(text));
    time_ms.map(ReplayFrom::Time).ok_or_else(|| FORMS.to_owned())
}

fn ago_ms(text: &str) -> Option<u64> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(unit_at);
    let unit_ms = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit_ms)
}

/// A date, a time and an offset; none of them may be absent.
fn rfc3339_ms(text: &str) -> Option<u64> {
    let Datetime { date: Some(date), time: Some(time), offset: Some(offset) } = text.parse().ok()? else {
        return None;
    };
    let offset_minutes = match offset {
        Offset::Z => 0,
        Offset::Custom { minutes } => i64::from(minutes),
    };
    let ms = days_since_1970(date) * MS_PER_DAY + ms_of_day(time) - offset_minutes * 60_000;
    u64::try_from(ms).ok()
}

fn ms_of_day(time: Time) -> i64 {
    let seconds = i64::from(time.second.unwrap_or_default());
    let ms = i64::from(time.nanosecond.unwrap_or_default() / 1_000_000);
    (i64::from(time.hour) * 60 + i64::from(time.minute)) * 60_000 + seconds * 1_000 + ms
}

/// Counts years from March, so that a leap day is the last of its year.
fn days_since_1970(date: Date) -> i64 {
    let (year, month, day) = (i64::from(date.year), i64::from(date.month), i64::from(date.day));
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let days_before_year = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let days_before_month = (153 * month + 2) / 5;
    // 719,468 days lie between the first of March of year 0 and 1970.
    days_before_year + days_before_month + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: u64 = 1_763_800_000_000;

    #[test]
    fn every_form_that_the_help_names_is_read() {
        let cases = [
            ("now", ReplayFrom::Now),
            ("last", ReplayFrom::Last),
            ("start", ReplayFrom::Start),
            ("1500", ReplayFrom::Time(1_500)),
            ("5m", ReplayFrom::Time(NOW_MS - 300_000)),
            ("250ms", ReplayFrom::Time(NOW_MS - 250)),
            ("1d", ReplayFrom::Time(NOW_MS - 86_400_000)),
            ("1970-01-01T00:00:00Z", ReplayFrom::Time(0)),
            ("2000-03-01T00:00:00Z", ReplayFrom::Time(951_868_800_000)),
            ("2024-02-29T12:30:15.5Z", ReplayFrom::Time(1_709_209_815_500)),
            ("2025-11-22T09:26:40+01:00", ReplayFrom::Time(NOW_MS)),
        ];
        for (text, from_there) in cases {
            assert_eq!(from(text, NOW_MS), Ok(from_there), "{text}");
        }
    }

    #[test]
    fn what_can_not_be_read_is_answered_with_the_forms() {
        for text in
            ["", "yesterday", "5", "5y", "m", "-5m", "2026-01-31", "2026-01-31T12:00:00", "99999999999999d"]
        {
            let read = from(text, NOW_MS);
            assert_eq!(read.is_ok(), text == "5", "{text}: {read:?}");
        }
    }
}
