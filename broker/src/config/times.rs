//! Times of the configuration: read, and within their bounds.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::fault::{Fault, Located};
use super::units::{format_duration, parse_duration};

/// A time that a setting is, which may be left out; a fault tells of one that can't be read or is out of bounds.
pub(super) fn resolve_time(
    name: &str,
    written: Option<&Located<String>>,
    default: Duration,
    range: RangeInclusive<Duration>,
    faults: &mut Vec<Fault>,
) -> Duration {
    let Some(Located { value, place }) = written else { return default };
    match parse_duration(value) {
        Ok(time) if range.contains(&time) => time,
        Ok(_) => {
            let (least, most) = (format_duration(*range.start()), format_duration(*range.end()));
            let what = format!("`{name}` = {value:?} is not between {least:?} and {most:?}");
            faults.push(Fault::new(*place, what, format!("the default is {:?}", format_duration(default))));
            default
        }
        Err(error) => {
            faults.push(Fault::new(*place, format!("`{name}` {}", error.what), error.remedy));
            default
        }
    }
}
