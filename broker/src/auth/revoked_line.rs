//! How revocations are written into a file, a line of JSON for those that were made together.

use serde_json::{Map, Value, json};

use super::revocations::{Change, Revoked};

/// Names the form; another one is refused.
const FORM: u64 = 1;

/// A line that can't be understood: another version of the broker wrote it, or nobody did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is in no form that this version reads")]
pub(crate) struct Unread;

/// Changes as a line.
pub(crate) fn write(changes: &[Change]) -> String {
    let change = |Change { who, until_ms }: &Change| {
        let (kind, name) = match who {
            Revoked::Subject(subject) => ("subject", subject),
            Revoked::Token(token_id) => ("token_id", token_id),
        };
        json!({ kind: name, "until": until_ms })
    };
    json!({ "form": FORM, "changes": changes.iter().map(change).collect::<Vec<_>>() }).to_string()
}

/// The changes of a line.
///
/// # Errors
/// It can't be understood. Nothing of it is passed over: that could let somebody in.
pub(crate) fn read(line: &str) -> Result<Vec<Change>, Unread> {
    let line: Map<String, Value> = serde_json::from_str(line).map_err(|_| Unread)?;
    if line.get("form").and_then(Value::as_u64) != Some(FORM) {
        return Err(Unread);
    }
    let changes = line.get("changes").and_then(Value::as_array).ok_or(Unread)?;
    changes.iter().map(change).collect()
}

fn change(change: &Value) -> Result<Change, Unread> {
    let name = |kind: &str| change.get(kind).and_then(Value::as_str);
    let who = match (name("subject"), name("token_id")) {
        (Some(subject), None) => Revoked::Subject(subject.into()),
        (None, Some(token_id)) => Revoked::Token(token_id.into()),
        _ => return Err(Unread),
    };
    let until_ms = match change.get("until") {
        Some(Value::Null) => None,
        Some(until) => Some(until.as_u64().ok_or(Unread)?),
        None => return Err(Unread),
    };
    Ok(Change { who, until_ms })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let changes = [
            Change { who: Revoked::Subject("al\"ice\n".into()), until_ms: Some(u64::MAX) },
            Change { who: Revoked::Token("t".into()), until_ms: None },
        ];
        let line = write(&changes);
        assert!(!line.contains('\n'));
        assert_eq!(read(&line).unwrap(), changes);
    }

    #[test]
    fn what_is_not_understood_is_never_passed_over() {
        for line in [
            "",
            "[]",
            r#"{"changes":[]}"#,
            r#"{"form":2,"changes":[]}"#,
            r#"{"form":1,"changes":[{"subject":"a"}]}"#,
            r#"{"form":1,"changes":[{"until":5}]}"#,
            r#"{"form":1,"changes":[{"subject":"a","token_id":"b","until":5}]}"#,
            r#"{"form":1,"changes":[{"subject":"a","until":-5}]}"#,
        ] {
            assert_eq!(read(line), Err(Unread), "{line}");
        }
    }
}
