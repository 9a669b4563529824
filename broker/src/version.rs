//! What was built: the version, and the revision that it was built from.

/// The version of this build.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The revision that this build was made from, as `build.rs` found it; `unknown` where nothing told it.
pub const REVISION: &str = env!("FANFARE_REVISION");
/// Both, as `fanfare --version` tells them.
pub const BUILD: &str = concat!(env!("CARGO_PKG_VERSION"), " (revision ", env!("FANFARE_REVISION"), ")");

#[cfg(test)]
#[path = "../build/revision.rs"]
mod revision;

#[cfg(test)]
mod tests {
    use super::revision::{Sources, check_version};

    const COMMIT: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";

    #[expect(clippy::unnecessary_wraps, reason = "what the source of a revision holds")]
    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn what_the_builder_says_goes_before_what_the_source_tells() {
        let git = some(&format!("{COMMIT}\n"));
        let said = Sources { said: some("build-7"), git: git.clone(), ..Sources::default() };
        assert_eq!(said.revision(), Ok("build-7".to_owned()));
        let empty = Sources { said: some(""), git, ..Sources::default() };
        assert_eq!(
            empty.revision(),
            Ok("0a1b2c3d4e5f".to_owned()),
            "an empty argument of a build says nothing"
        );
    }

    #[test]
    fn a_package_and_an_archive_know_their_commit_without_git() {
        let package = format!(
            "{{\n  \"git\": {{\n    \"sha1\": \"{COMMIT}\"\n  }},\n  \"path_in_vcs\": \"broker\"\n}}"
        );
        let package = Sources { package: Some(package), archive: some("$Format:%H$"), ..Sources::default() };
        assert_eq!(package.revision(), Ok("0a1b2c3d4e5f".to_owned()));
        let archive = Sources { archive: some(&format!("{COMMIT}\n")), ..Sources::default() };
        assert_eq!(archive.revision(), Ok("0a1b2c3d4e5f".to_owned()));
    }

    #[test]
    fn a_source_that_tells_nothing_is_of_an_unknown_revision() {
        let clone = Sources { archive: some("$Format:%H$\n"), ..Sources::default() };
        assert_eq!(clone.revision(), Ok("unknown".to_owned()));
        assert_eq!(Sources::default().revision(), Ok("unknown".to_owned()));
    }

    #[test]
    fn a_revision_that_would_break_a_line_is_refused() {
        for said in ["two words", "a\"b", &"x".repeat(65)] {
            let refused = Sources { said: some(said), ..Sources::default() }.revision();
            assert!(refused.unwrap_err().contains("FANFARE_REVISION"), "{said}");
        }
    }

    #[test]
    fn a_tag_of_another_version_is_refused() {
        assert_eq!((check_version(None, "1.2.3"), check_version(Some(""), "1.2.3")), (Ok(()), Ok(())));
        assert_eq!(check_version(Some("v1.2.3"), "1.2.3"), Ok(()));
        assert!(check_version(Some("1.2.4"), "1.2.3").unwrap_err().contains("1.2.3"));
    }
}
