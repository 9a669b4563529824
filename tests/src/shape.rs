//! The shape of a frame: what it must hold at least.

use serde_json::Value;

/// Whether `actual` holds all that `wanted` does: objects may hold more, all else must be equal.
pub fn has_shape(actual: &Value, wanted: &Value) -> bool {
    match (actual, wanted) {
        (Value::Object(actual), Value::Object(wanted)) => {
            wanted.iter().all(|(key, wanted)| actual.get(key).is_some_and(|actual| has_shape(actual, wanted)))
        }
        (Value::Array(actual), Value::Array(wanted)) => {
            actual.len() == wanted.len() && actual.iter().zip(wanted).all(|(a, w)| has_shape(a, w))
        }
        _ => actual == wanted,
    }
}

/// Fails with both where `actual` does not have the shape.
pub fn assert_shape(actual: &Value, wanted: &Value) {
    assert!(has_shape(actual, wanted), "wanted at least {wanted}\n     but it is {actual}");
}
