//! Tracing in the configuration: `[tracing]` as written, and what it means.

use hyper::Uri;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{Fault, Located};
use super::reader::{Reader, Setting};
use super::written::report_unknown;
use crate::net::TraceSettings;

/// `[tracing]`.
#[derive(Debug, Default)]
pub(super) struct WrittenTracing {
    endpoint: Option<Located<String>>,
    sample_ratio: Option<Located<f64>>,
    service_name: Option<Located<String>>,
}

const ENDPOINT: Setting = Setting { key: "endpoint", example: "\"http://127.0.0.1:4318/v1/traces\"" };
const SAMPLE_RATIO: Setting = Setting { key: "sample_ratio", example: "0.01" };
const SERVICE_NAME: Setting = Setting { key: "service_name", example: "\"fanfare\"" };
/// Every key of `[tracing]`.
pub(super) const TRACING: &[&str] = &[ENDPOINT.key, SAMPLE_RATIO.key, SERVICE_NAME.key];

/// Where collectors take traces unless an address says otherwise.
const USUAL_PATH: &str = "/v1/traces";
const MILLION: f64 = 1_000_000.0;
const DEFAULT_PARTS: u32 = 10_000;
const DEFAULT_NAME: &str = "fanfare";

/// Reads `[tracing]`.
pub(super) fn read_tracing(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>) -> WrittenTracing {
    let DeValue::Table(table) = value.get_ref() else {
        let example = "{ endpoint = \"http://127.0.0.1:4318/v1/traces\" }";
        reader.wrong_type(value, Setting { key: "tracing", example }, "a table");
        return WrittenTracing::default();
    };
    report_unknown(reader, table, "in [tracing]", TRACING);
    read_table(reader, table)
}

fn read_table(reader: &mut Reader<'_>, table: &DeTable<'_>) -> WrittenTracing {
    WrittenTracing {
        endpoint: reader.string(table, ENDPOINT),
        sample_ratio: reader.number(table, SAMPLE_RATIO),
        service_name: reader.string(table, SERVICE_NAME),
    }
}

/// Checks what was written; nothing is traced without an endpoint.
pub(super) fn resolve_tracing(written: &WrittenTracing, faults: &mut Vec<Fault>) -> Option<TraceSettings> {
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Config, Overrides};

    fn parsed(text: &str) -> Result<Option<TraceSettings>, String> {
        let config = Config::parse(Path::new("f.toml"), text, &Overrides::default());
        config.map(|config| config.tracing).map_err(|faults| faults.to_string())
    }

    #[test]
    fn nothing_is_traced_unless_there_is_an_endpoint() {
        assert_eq!(parsed(""), Ok(None));
        assert_eq!(parsed("[tracing]\nsample_ratio = 1"), Ok(None));
    }

    #[test]
    fn an_endpoint_without_a_path_means_the_usual_one() {
        let endpoint = |url: &str| {
            let settings = parsed(&format!("[tracing]\nendpoint = {url:?}")).unwrap().unwrap();
            assert_eq!((settings.parts_per_million, settings.service_name.as_str()), (10_000, "fanfare"));
            settings.endpoint.to_string()
        };
        assert_eq!(endpoint("http://127.0.0.1:4318"), "http://127.0.0.1:4318/v1/traces");
        assert_eq!(endpoint("https://otel.example.com/"), "https://otel.example.com/v1/traces");
        assert_eq!(endpoint("http://otel/custom?a=b"), "http://otel/custom?a=b");
    }

    #[test]
    fn a_ratio_is_a_part_of_a_whole() {
        let parts = |ratio: &str| {
            let text = format!("[tracing]\nendpoint = \"http://a\"\nsample_ratio = {ratio}");
            parsed(&text).map(|settings| settings.unwrap().parts_per_million)
        };
        let good = [("0", 0), ("0.0", 0), ("1", 1_000_000), ("0.25", 250_000), ("1e-6", 1)];
        for (ratio, expected) in good {
            assert_eq!(parts(ratio), Ok(expected), "{ratio}");
        }
        for ratio in ["-0.1", "1.5", "1e-9", "nan", "\"0.1\""] {
            assert!(parts(ratio).unwrap_err().contains("sample_ratio"), "{ratio}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_remedy() {
        for endpoint in ["localhost:4318", "grpc://a", "http://"] {
            let error = parsed(&format!("[tracing]\nendpoint = {endpoint:?}")).unwrap_err();
            assert!(error.contains("4318"), "{endpoint}: {error}");
        }
        assert!(parsed("[tracing]\nservice_name = \"\"").unwrap_err().contains("service_name"));
        assert!(parsed("[tracing]\nendpint = \"\"").unwrap_err().contains("did you mean `endpoint`"));
    }
}
