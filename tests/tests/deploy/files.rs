//! Files of `deploy/`, read and adapted to a test.

use std::path::PathBuf;

use fanfare_tests::workspace;

/// Where a file of `deploy/` is.
pub(crate) fn path(name: &str) -> PathBuf {
    workspace().join("deploy").join(name)
}

/// What it holds.
pub(crate) fn read(name: &str) -> String {
    let path = path(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text with each of these replaced, which must stand there as often as is said.
pub(crate) fn adapt(text: &str, replacements: &[(usize, &str, &str)]) -> String {
    replacements.iter().fold(text.to_owned(), |text, &(times, from, to)| {
        assert_eq!(text.matches(from).count(), times, "{from:?} in\n{text}");
        text.replace(from, to)
    })
}
