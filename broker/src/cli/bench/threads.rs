//! Threads of a run: each has a runtime, says when it is ready, and has an outcome.

use std::io;
use std::thread;

use tokio::runtime::LocalRuntime;
use tokio::sync::oneshot;

/// A thread that works.
pub(super) struct Working<T> {
    ready: oneshot::Receiver<()>,
    outcome: oneshot::Receiver<Result<T, String>>,
}

/// Starts a thread for some work, which is given what to say that it is ready with.
///
/// # Errors
/// The operating system has no thread to give.
pub(super) fn start<T, F>(
    name: &str,
    work: impl FnOnce(oneshot::Sender<()>) -> F + Send + 'static,
) -> io::Result<Working<T>>
where
    T: Send + 'static,
    F: Future<Output = Result<T, String>> + 'static,
{
    let (ready_said, ready) = oneshot::channel();
    let (told, outcome) = oneshot::channel();
    let run = move || {
        let worked = LocalRuntime::new().map_err(|error| error.to_string());
        // Who started it may have given up.
        let _ = told.send(worked.and_then(|runtime| runtime.block_on(work(ready_said))));
    };
    thread::Builder::new().name(name.to_owned()).spawn(run)?;
    Ok(Working { ready, outcome })
}

impl<T> Working<T> {
    /// Waits until the thread is ready.
    ///
    /// # Errors
    /// It ended before, for this reason.
    pub(super) async fn ready(&mut self) -> Result<(), String> {
        if (&mut self.ready).await.is_ok() {
            return Ok(());
        }
        match (&mut self.outcome).await {
            Ok(Err(why)) => Err(why),
            Ok(Ok(_)) | Err(_) => Err("a thread of the bench ended too early".to_owned()),
        }
    }

    /// Waits for the outcome.
    ///
    /// # Errors
    /// It failed, for this reason.
    pub(super) async fn outcome(self) -> Result<T, String> {
        self.outcome.await.unwrap_or_else(|_| Err("a thread of the bench ended too early".to_owned()))
    }
}
