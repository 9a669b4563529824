//! What was built: the version, and the revision that it was built from.

use std::sync::LazyLock;

/// The version of this build.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The revision that this build was made from, where the builder said so in `FANFARE_REVISION`.
pub const REVISION: &str = match option_env!("FANFARE_REVISION") {
    Some(revision) => revision,
    None => "unknown",
};
/// Both, as `fanfare --version` tells them.
pub static BUILD: LazyLock<String> = LazyLock::new(|| format!("{VERSION} (revision {REVISION})"));
