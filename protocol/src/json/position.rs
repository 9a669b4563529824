//! A position as text, for programs that keep it and resume there later: its JSON form.

use std::fmt;
use std::str::FromStr;

use serde_json::value::RawValue;

use crate::json::structure;
use crate::json::write::Json;
use crate::position::Position;

/// A text that is no position; says what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}; write it as {{\"recent\":{{\"epoch\":\"9f2c\",\"seq\":41}}}}")]
pub struct PositionError(String);

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::new();
        self.write(&mut text);
        f.write_str(&String::from_utf8_lossy(&text))
    }
}

impl FromStr for Position {
    type Err = PositionError;

    fn from_str(text: &str) -> Result<Self, PositionError> {
        let raw: &RawValue = serde_json::from_str(text).map_err(|e| PositionError(e.to_string()))?;
        structure::position("position", raw).map_err(|fault| PositionError(fault.message().to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_written_as_text_reads_back() {
        for text in ["{}", r#"{"audit":{"epoch":"a","seq":0},"recent":{"epoch":"9f2c","seq":41}}"#] {
            assert_eq!(text.parse::<Position>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_text_that_is_no_position_is_answered_with_the_form() {
        for text in ["", "41", r#"{"recent":41}"#, r#"{"recent":{"epoch":"9f2c"}}"#] {
            let error = text.parse::<Position>().unwrap_err().to_string();
            assert!(error.ends_with(r#"write it as {"recent":{"epoch":"9f2c","seq":41}}"#), "{error}");
        }
    }
}
