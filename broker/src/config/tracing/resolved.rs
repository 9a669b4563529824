//! What `[tracing]` means: where traces go, how many, and under which name.

use hyper::Uri;

use super::written::{ENDPOINT, WrittenTracing};
use crate::config::fault::{Fault, Located};
use crate::net::TraceSettings;

/// Where collectors take traces unless an address says otherwise.
const USUAL_PATH: &str = "/v1/traces";
const MILLION: f64 = 1_000_000.0;
const DEFAULT_PARTS: u32 = 10_000;
const DEFAULT_NAME: &str = "fanfare";

/// Checks what was written; nothing is traced without an endpoint.
pub(in crate::config) fn resolve_tracing(
    written: &WrittenTracing,
    faults: &mut Vec<Fault>,
) -> Option<TraceSettings> {
    let parts_per_million = resolve_ratio(written.sample_ratio.as_ref(), faults);
    let service_name = resolve_name(written.service_name.as_ref(), faults);
    let endpoint = resolve_endpoint(written.endpoint.as_ref()?, faults)?;
    Some(TraceSettings { endpoint, parts_per_million, service_name })
}

fn resolve_endpoint(Located { value, place }: &Located<String>, faults: &mut Vec<Fault>) -> Option<Uri> {
    let text = value.trim();
    let uri = text.parse::<Uri>().ok().filter(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
    });
    let uri = uri.and_then(|uri| match uri.path() {
        "" | "/" => format!("{}{USUAL_PATH}", text.trim_end_matches('/')).parse().ok(),
        _ => Some(uri),
    });
    if uri.is_none() {
        let what = format!("`endpoint` = {value:?} is no address of a collector");
        faults.push(Fault::new(*place, what, format!("write it like {}", ENDPOINT.example)));
    }
    uri
}

fn resolve_ratio(written: Option<&Located<f64>>, faults: &mut Vec<Fault>) -> u32 {
    let Some(Located { value, place }) = written else { return DEFAULT_PARTS };
    let parts = (value * MILLION).round();
    if !(0.0..=1.0).contains(value) || (parts < 1.0 && *value > 0.0) {
        let what = format!("`sample_ratio` = {value} is neither 0 nor between 0.000001 and 1");
        faults.push(Fault::new(*place, what, "write 0.01 for one in a hundred; that is the default"));
        return DEFAULT_PARTS;
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to a million")]
    {
        parts as u32
    }
}

fn resolve_name(written: Option<&Located<String>>, faults: &mut Vec<Fault>) -> String {
    let Some(Located { value, place }) = written else { return DEFAULT_NAME.to_owned() };
    if value.trim().is_empty() {
        faults.push(Fault::new(*place, "`service_name` is empty", "leave it out for \"fanfare\""));
    }
    value.trim().to_owned()
}
