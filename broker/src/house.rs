//! The order of the house: a part imports only from parts below it.

use std::fs;
use std::path::{Path, PathBuf};

/// The parts, from the ground.
const FLOORS: &[&str] = &[
    "version", "clock", "sync", "fault", "notation", "network", "whose", "census", "durable", "journal",
    "notice", "limits", "metrics", "trace", "engine", "auth", "index", "outbound", "hub", "session", "net",
    "config", "server", "cli", "micro", "fuzz",
];

/// Every source file below a directory.
fn sources(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

/// What of a file is built into the broker: tests may look at anything.
fn built(text: &str) -> &str {
    text.split_once("\n#[cfg(test)]\nmod tests {").map_or(text, |(built, _)| built)
}

/// The parts that a text imports from, one by one or several in braces.
fn imported(text: &str) -> impl Iterator<Item = &str> {
    let after = text.match_indices("crate::").map(|(at, found)| &text[at + found.len()..]);
    after.flat_map(|rest| {
        let braces = rest.strip_prefix('{').and_then(|list| list.split_once('}'));
        let list = braces.map_or_else(|| rest.split([',', ';']).next().unwrap_or_default(), |(list, _)| list);
        list.split(',').map(|name| {
            let name = name.trim_start();
            name.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
        })
    })
}

fn floor(part: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| *floor == part)
}

#[test]
fn imports_are_found_alone_and_in_braces() {
    let text =
        "use crate::hub::{Hub, Mail};\nuse crate::{auth::Caller, net};\nlet now = crate::clock::now();";
    assert_eq!(imported(text).collect::<Vec<_>>(), ["hub", "auth", "net", "clock"]);
}

#[test]
fn every_part_imports_only_from_parts_below_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut seen = Vec::new();
    for file in sources(&root) {
        let inside = file.strip_prefix(&root).unwrap().with_extension("");
        let parts: Vec<_> = inside.iter().map(|part| part.to_str().unwrap()).collect();
        if parts.contains(&"tests") || matches!(parts[0], "lib" | "main" | "house") {
            continue;
        }
        let own = floor(parts[0]).unwrap_or_else(|| panic!("{} has no floor", parts[0]));
        seen.push(own);
        let text = fs::read_to_string(&file).unwrap();
        for part in imported(built(&text)) {
            let below = floor(part).is_none_or(|floor| floor <= own);
            assert!(below, "{} imports from `{part}`, which is above it", file.display());
        }
    }
    for (at, name) in FLOORS.iter().enumerate() {
        assert!(seen.contains(&at), "nothing is on the floor `{name}`");
    }
}
