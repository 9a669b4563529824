//! Limits of the configuration: units read, ranges and neighbours checked.

use std::time::Duration;

use super::fault::{Fault, Located, Place};
use super::units::{format_bytes, format_duration, parse_bytes, parse_duration};
use super::written::{Written, WrittenAmount};
use crate::limits::{Conflict, Limit, Limits, Unit};

/// Checks what was written, each limit by itself and then beside its neighbours; the rest has its default.
pub(super) fn resolve_limits(written: &Written, faults: &mut Vec<Fault>) -> Limits {
    let mut limits = Limits::default();
    let faults_before = faults.len();
    for (limit, Located { value, place }) in &written.limits {
        match resolve_amount(limit, value) {
            Ok(number) => (limit.set)(&mut limits, number),
            Err((what, remedy)) => faults.push(Fault::new(*place, what, remedy)),
        }
    }
    limits.fit_shares(|name| written.limits.iter().any(|(limit, _)| limit.name == name));
    // A limit that could not be read has its default for now, which says nothing of its neighbours.
    if faults.len() == faults_before {
        faults.extend(neighbour_faults(&limits, written));
    }
    limits
}

fn resolve_amount(limit: &Limit, written: &WrittenAmount) -> Result<u64, (String, String)> {
    let named = |what: &str| format!("`{}` {what}", limit.name);
    let number = match (written, limit.unit) {
        (WrittenAmount::Number(number), _) => Ok(*number),
        (WrittenAmount::WithUnit(text), Unit::Time) => {
            parse_duration(text).map(|duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
        }
        (WrittenAmount::WithUnit(text), _) => parse_bytes(text),
    };
    let number = number.map_err(|error| (named(&error.what), error.remedy))?;
    if (limit.min..=limit.max).contains(&number) {
        return Ok(number);
    }
    let show = |number| show_amount(limit.unit, number);
    let what =
        named(&format!("= {} is not between {} and {}", show(number), show(limit.min), show(limit.max)));
    Err((what, format!("the default is {}", show(limit.default))))
}

/// A limit's number as TOML writes it.
pub(super) fn show_amount(unit: Unit, number: u64) -> String {
    match unit {
        Unit::Count | Unit::PerSecond => number.to_string(),
        Unit::Bytes => format!("{:?}", format_bytes(number)),
        Unit::Time => format!("{:?}", format_duration(Duration::from_millis(number))),
    }
}

fn neighbour_faults(limits: &Limits, written: &Written) -> Vec<Fault> {
    let place =
        |name: &str| written.limits.iter().find(|(limit, _)| limit.name == name).map(|(_, at)| at.place);
    let fault = |conflict: Conflict| {
        let Conflict { limit: name, at_least, neighbour, because } = conflict;
        let place = place(name).or_else(|| place(neighbour)).unwrap_or(Place::Whole);
        let enough = match Limit::named(name).map(|limit| limit.unit) {
            // Whole KiB read better, and a little more does no harm.
            Some(Unit::Bytes) | None => show_amount(Unit::Bytes, at_least.next_multiple_of(1024)),
            Some(unit) => show_amount(unit, at_least),
        };
        let what = format!("`{name}` is too small beside `{neighbour}`: {because}");
        Fault::new(place, what, format!("set {name} = {enough} or more, or lower {neighbour}"))
    };
    limits.conflicts().into_iter().map(fault).collect()
}
