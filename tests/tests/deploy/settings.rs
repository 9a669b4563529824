//! What a broker would run with, as `fanfare check` tells it.

use std::collections::BTreeMap;
use std::path::Path;

use fanfare_tests::command;
use serde_json::Value;

use crate::tools::{Said, run_command};

/// Every setting by its name.
#[derive(Debug)]
pub(crate) struct Settings(BTreeMap<String, Value>);

impl Settings {
    /// The defaults.
    pub(crate) async fn defaults() -> Self {
        Self::told(check(None, &[]).await)
    }

    /// Those of a file, which must have no fault.
    pub(crate) async fn of_file(file: &Path) -> Self {
        Self::told(check(Some(file), &[]).await)
    }

    /// Those of a file, if there is one, and of these variables; there must be no fault.
    pub(crate) async fn with(file: Option<&Path>, variables: &[(String, String)]) -> Self {
        Self::told(check(file, variables).await)
    }

    fn told(said: Said) -> Self {
        let report: Value = serde_json::from_str(&said.fine()).unwrap();
        assert_eq!(report["warnings"].as_array().map(Vec::len), Some(0), "{report}");
        let settings = report["settings"].as_array().unwrap().iter();
        Self(
            settings.map(|row| (row["setting"].as_str().unwrap().to_owned(), row["value"].clone())).collect(),
        )
    }

    /// The value of a setting.
    pub(crate) fn get(&self, name: &str) -> &Value {
        self.0.get(name).unwrap_or_else(|| panic!("{name} in {self:?}"))
    }

    /// A duration, in milliseconds.
    pub(crate) fn millis(&self, name: &str) -> u64 {
        millis(self.get(name).as_str().unwrap())
    }

    /// The longest that a stop takes before the streams are written, in milliseconds.
    pub(crate) fn drain_millis(&self) -> u64 {
        /// Time for the last close frames.
        const LAST_WORDS: u64 = 1_000;
        self.millis("limits.drain_delay") + self.millis("limits.drain_timeout") + LAST_WORDS
    }
}

/// What `fanfare check` says of a file and these variables.
pub(crate) async fn check(file: Option<&Path>, variables: &[(String, String)]) -> Said {
    let mut check = command();
    check.args(["check", "--print", "--json"]).args(file).envs(variables.iter().map(|(k, v)| (k, v)));
    run_command(check).await
}

/// A duration such as "25s", in milliseconds.
pub(crate) fn millis(text: &str) -> u64 {
    let (number, unit) = text.split_at(text.bytes().take_while(u8::is_ascii_digit).count());
    let worth = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => panic!("{text}"),
    };
    number.parse::<u64>().unwrap() * worth
}
