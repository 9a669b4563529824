//! Where traces go is read as it was meant, and what is wrong is told with its remedy.

use std::path::Path;

use crate::config::{Config, Overrides};
use crate::net::TraceSettings;

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
