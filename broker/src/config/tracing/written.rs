//! `[tracing]` as written; its meaning is not judged.

use toml::de::DeTable;

use crate::config::fault::Located;
use crate::config::reader::{Reader, Setting};
use crate::config::written::report_unknown;

/// `[tracing]`.
#[derive(Debug, Default)]
pub(in crate::config) struct WrittenTracing {
    pub(super) endpoint: Option<Located<String>>,
    pub(super) sample_ratio: Option<Located<f64>>,
    pub(super) service_name: Option<Located<String>>,
}

const TRACING: Setting =
    Setting { key: "tracing", example: "{ endpoint = \"http://127.0.0.1:4318/v1/traces\" }" };
pub(super) const ENDPOINT: Setting =
    Setting { key: "endpoint", example: "\"http://127.0.0.1:4318/v1/traces\"" };
const SAMPLE_RATIO: Setting = Setting { key: "sample_ratio", example: "0.01" };
const SERVICE_NAME: Setting = Setting { key: "service_name", example: "\"fanfare\"" };
/// Every key of `[tracing]`.
pub(in crate::config) const KEYS: &[&str] = &[ENDPOINT.key, SAMPLE_RATIO.key, SERVICE_NAME.key];

/// Reads `[tracing]`.
pub(in crate::config) fn read_tracing(reader: &mut Reader<'_>, top: &DeTable<'_>) -> WrittenTracing {
    let Some((table, _)) = reader.table(top, TRACING) else { return WrittenTracing::default() };
    report_unknown(reader, table, "in [tracing]", KEYS);
    WrittenTracing {
        endpoint: reader.string(table, ENDPOINT),
        sample_ratio: reader.number(table, SAMPLE_RATIO),
        service_name: reader.string(table, SERVICE_NAME),
    }
}
