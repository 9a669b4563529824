//! Open files: as many as the operating system allows, and a few of them kept for the broker itself.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::limits::half;

/// Files that clients can't take, beside the connections of the internal port: logs, what is read and saved.
const KEPT: u64 = 64;
/// Where there are few in all, at most this part of them is kept.
const KEPT_PART: u64 = 4;

/// Raises this process's bound on open files as far as it may; gives how many clients may have beside so many connections of
/// the internal port.
///
/// A refusal of the operating system is no failure: then what is allowed already is enough to work with.
pub(crate) fn make_room(internal: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum
        && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit })
    {
        tracing::warn!(%error, "the limit of open files can't be raised");
    }
    for_clients(getrlimit(Resource::Nofile).current, internal)
}

fn for_clients(files: Option<u64>, internal: usize) -> usize {
    let kept = KEPT.saturating_add(internal as u64);
    let rest = files.map(|files| files.saturating_sub(kept.min(files / KEPT_PART)));
    rest.and_then(|rest| usize::try_from(rest).ok()).unwrap_or(usize::MAX)
}

/// How many connections one address may have: as the limits say, and where there are fewer files for clients than
/// connections may be, at most half of those, so that it does not take all. An operator who grants one address as many as
/// all wants no share.
pub(super) fn share_of_files(per_address: usize, all: usize, files: usize) -> usize {
    let is_shared = per_address < all;
    let most = usize::try_from(half(files as u64)).unwrap_or(usize::MAX);
    if is_shared { per_address.min(most) } else { usize::MAX }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_files_are_kept_and_most_are_for_clients() {
        assert_eq!(for_clients(Some(20_000), 256), 19_680);
        assert_eq!(for_clients(Some(256), 256), 192);
        assert_eq!(for_clients(None, 256), usize::MAX);
    }

    #[test]
    fn however_few_files_there_are_one_address_leaves_half_of_them() {
        assert_eq!(share_of_files(20_000, 100_000, 768), 384);
        assert_eq!(share_of_files(20_000, 100_000, usize::MAX), 20_000);
        assert_eq!(share_of_files(20_000, 100_000, 1), 1);
        assert_eq!(share_of_files(100_000, 100_000, 768), usize::MAX, "no share is wanted");
    }
}
