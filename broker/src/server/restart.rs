//! A planned restart: the start goes on with what the last run saved, and the end saves what this one has.

use std::time::Duration;

use super::ServerError;
use crate::auth::{Authority, read_revocations};
use crate::clock;
use crate::config::Config;
use crate::engine::{DataDir, DataDirError, KeyLimits, LastRun, MemoryEngine, Run, SavedStream, Written};
use crate::hub::{Hub, HubError};
use crate::journal::{Journal, JournalError};

/// A `data_dir` whose saved streams were read and are not used up yet.
pub(super) struct Restart {
    dir: DataDir,
    /// Whether the file that was read is to be kept aside.
    keep_file: bool,
}

/// The engine, with what the last run saved; and the `data_dir`, if there is one. Changes nothing there, so that a
/// start that fails for another reason loses nothing.
pub(super) fn load(config: &Config) -> Result<(MemoryEngine, Option<Restart>), ServerError> {
    let begun = clock::read();
    let (mut saved, mut file_bytes, mut restart) = (Vec::new(), 0, None);
    if let Some(path) = &config.data_dir {
        let dir = DataDir::open(path)?;
        let last_run = dir.load(&config.streams, begun.moment)?;
        let keep_file = tell(&last_run);
        if let LastRun::Saved { content, bytes } = last_run {
            (saved, file_bytes) = (content.streams, bytes);
        }
        restart = Some(Restart { dir, keep_file });
    }
    let (streams, messages) = (saved.len(), count_messages(&saved));
    let engine = MemoryEngine::new(&config.streams, KeyLimits::from(&config.limits), saved, clock::read())
        .map_err(HubError::from)?;
    if streams > 0 {
        let ms = millis(clock::now().since(begun.moment));
        tracing::info!(
            streams,
            messages,
            bytes = file_bytes,
            ms,
            "going on with the streams that the last run saved"
        );
    }
    Ok((engine, restart))
}

/// Shuts out whom the last run did; gives the file in which that is kept, if there is a `data_dir`. Changes nothing there.
pub(super) fn shut_out(
    restart: Option<&Restart>,
    authority: &Authority,
) -> Result<Option<Journal>, ServerError> {
    let Some(restart) = restart else { return Ok(None) };
    let path = restart.dir.revocations();
    let damaged = |what: String| DataDirError::Revocations { path: path.clone(), what };
    let (journal, found) = Journal::read(&path).map_err(|error| match error {
        JournalError::Io(error) => DataDirError::Io { deed: "read", path: path.clone(), error },
        damage @ JournalError::Damaged(_) => damaged(damage.to_string()),
    })?;
    if found.torn {
        tracing::warn!(
            path = %path.display(),
            "the last line is not whole, as after a crash, and is left out; who was revoked by it was not told so"
        );
    }
    let changes = found.lines.iter().enumerate().map(|(at, line)| {
        read_revocations(line).map_err(|error| damaged(format!("line {}: {error}", at + 1)))
    });
    authority.restore(changes.collect::<Result<Vec<_>, _>>()?.into_iter().flatten());
    if authority.sweep(clock::read()) > 0 {
        tracing::info!(revocations = authority.revocations(), "who was shut out stays out");
    }
    Ok(Some(journal))
}

/// Tells what of the last run does not go on; true if its file is to be kept aside.
fn tell(last_run: &LastRun) -> bool {
    match last_run {
        LastRun::None => false,
        LastRun::Unsaved => {
            tracing::warn!(
                "the last run saved nothing: it crashed, was killed or could not. Every stream has a new epoch"
            );
            false
        }
        LastRun::Refused(reason) => {
            tracing::warn!(
                %reason,
                "streams.saved is not used, and every stream has a new epoch; look at it as streams.refused"
            );
            true
        }
        LastRun::Saved { content, .. } => {
            for left_out in &content.left_out {
                tracing::warn!(
                    stream = %left_out.name,
                    reason = %left_out.why,
                    messages = left_out.messages,
                    "a saved stream does not go on; its messages are kept in streams.refused"
                );
            }
            !content.left_out.is_empty()
        }
    }
}

impl Restart {
    /// Uses up what was read. Comes before the first message.
    pub(super) fn begin(self) -> Result<Run, ServerError> {
        Ok(self.dir.begin_run(self.keep_file)?)
    }
}

/// Saves all streams for the next start. Publishing has been stopped.
pub(super) fn save(run: &Run, hub: &Hub) -> Result<(), ServerError> {
    let begun = clock::read();
    let streams = hub.save(begun);
    let Written { messages, bytes } = run.save(&streams).map_err(ServerError::NotSaved)?;
    let ms = millis(clock::now().since(begun.moment));
    tracing::info!(streams = streams.len(), messages, bytes, ms, "saved the streams for the next start");
    Ok(())
}

fn count_messages(streams: &[SavedStream]) -> usize {
    streams.iter().map(|stream| stream.messages.len()).sum()
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
