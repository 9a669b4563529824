//! Room for a socket a connection: the operating system's bound on open files.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files beside those of connections: standard streams, runtimes, the reading of metrics.
const OTHER_FILES: u64 = 64;

/// Raises this process's bound on open files as far as so many files of connections need.
///
/// # Errors
/// The operating system allows fewer; the text says how many connections would do.
pub(super) fn make_room(files: usize) -> Result<(), String> {
    let needed = (files as u64).saturating_add(OTHER_FILES);
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|soft| soft >= needed) {
        return Ok(());
    }
    match limit.maximum {
        Some(hard) if hard < needed => {
            let most = hard.saturating_sub(OTHER_FILES);
            Err(format!(
                "this needs {needed} open files, and this process may have {hard}; give at most {most} connections (a \
                 publisher counts twice), or raise the hard limit (`ulimit -Hn` as root, LimitNOFILE in systemd)"
            ))
        }
        maximum => {
            let raised = Rlimit { current: Some(needed), maximum };
            setrlimit(Resource::Nofile, raised)
                .map_err(|error| format!("can't raise the limit of open files to {needed}: {error}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_sockets_than_any_machine_has_are_refused_with_a_way_out() {
        let refusal = make_room(usize::MAX / 2);
        // Where the operating system sets no bound, there is nothing to refuse.
        if getrlimit(Resource::Nofile).maximum.is_some() {
            assert!(refusal.unwrap_err().contains("give at most"));
        }
    }
}
