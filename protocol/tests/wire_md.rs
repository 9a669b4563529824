//! `WIRE.md` tells the truth: its worked examples are the test vectors, byte for byte.

use std::collections::HashMap;

use serde::Deserialize;

const WIRE: &str = include_str!("../WIRE.md");
const FRAMES: &str = include_str!("../../tests/vectors/frames.json");

#[derive(Deserialize)]
struct Vector {
    name: String,
    msgpack: String,
}

/// The digits of a line; what follows two spaces explains them.
fn digits(line: &str) -> String {
    line.split("  ").next().unwrap_or_default().split(' ').collect()
}

#[test]
fn worked_examples_are_the_vectors_that_they_name() -> Result<(), serde_json::Error> {
    let vectors: Vec<Vector> = serde_json::from_str(FRAMES)?;
    let vectors: HashMap<_, _> = vectors.into_iter().map(|vector| (vector.name, vector.msgpack)).collect();
    let blocks: Vec<_> =
        WIRE.split("```hex\n# ").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(blocks.len(), 4);
    for block in blocks {
        let (name, lines) = block.split_once('\n').unwrap_or((block, ""));
        let bytes: String = lines.lines().map(digits).collect();
        assert_eq!(Some(&bytes), vectors.get(name), "{name}");
    }
    Ok(())
}

#[test]
fn every_close_code_stands_in_the_table() {
    for code in fanfare_protocol::CloseCode::ALL.iter().filter(|code| code.number() >= 4000) {
        let row = format!("| {} | `{}` |", code.number(), code.as_str());
        assert!(include_str!("../WIRE.md").contains(&row), "{row}");
    }
}
