//! Which revision a build is made from: what its builder says, else what the source tells of itself.

/// Digits of a commit that are told.
const DIGITS: usize = 12;
/// The longest revision that a builder may say, in bytes.
const SAID_MAX_BYTES: usize = 64;
/// What is told where nothing is known.
const UNKNOWN: &str = "unknown";

/// What may tell the revision, the best first.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    /// What the builder says.
    pub(crate) said: Option<String>,
    /// What cargo noted when it made the package.
    pub(crate) package: Option<String>,
    /// What `git archive` wrote in the place of `$Format:%H$`.
    pub(crate) archive: Option<String>,
    /// The commit that the clone stands at.
    pub(crate) git: Option<String>,
}

impl Sources {
    /// The revision.
    ///
    /// # Errors
    /// The builder said one that can't stand in a metric and a version line; the text says what to do.
    pub(crate) fn revision(&self) -> Result<String, String> {
        let said = self.said.as_deref().map(str::trim).filter(|said| !said.is_empty());
        if let Some(said) = said {
            return if is_plain(said) { Ok(shortened(said)) } else { Err(not_plain(said)) };
        }
        let package = self.package.as_deref().and_then(commit_of_package);
        let told = [package, self.archive.as_deref(), self.git.as_deref()];
        let commit = told.into_iter().flatten().map(str::trim).find(|told| is_commit(told));
        Ok(commit.map_or_else(|| UNKNOWN.to_owned(), shortened))
    }
}

/// Whether a version that the builder says, if any, is that of the source.
///
/// # Errors
/// It is another one.
pub(crate) fn check_version(said: Option<&str>, version: &str) -> Result<(), String> {
    let said = said.map(str::trim).filter(|said| !said.is_empty());
    match said.map(|said| said.strip_prefix('v').unwrap_or(said)) {
        Some(said) if said != version => Err(format!(
            "FANFARE_VERSION says {said}, but this source is version {version}: build the tag that is meant, or leave \
             FANFARE_VERSION out"
        )),
        _ => Ok(()),
    }
}

fn not_plain(said: &str) -> String {
    format!(
        "FANFARE_REVISION = {said:?} is no revision: give a commit, or up to {SAID_MAX_BYTES} letters, digits and any of . \
         _ + -"
    )
}

fn is_plain(said: &str) -> bool {
    said.len() <= SAID_MAX_BYTES
        && said.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte))
}

fn is_commit(text: &str) -> bool {
    text.len() >= DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A commit as it is told; anything else as it is.
fn shortened(revision: &str) -> String {
    match revision.get(..DIGITS) {
        Some(short) if is_commit(revision) => short.to_owned(),
        _ => revision.to_owned(),
    }
}

/// The value of `"sha1"`, without reading the rest as JSON.
fn commit_of_package(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("\"sha1\"")?;
    rest.split('"').nth(1)
}
