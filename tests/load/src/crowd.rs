//! Many connections that subscribe: one after the other, or several at once where a server lets each wait.

use std::thread;

use crate::adapter::Adapter;
use crate::connection::Connection;
use crate::error::LoadError;
use crate::server::Server;

/// Connects and subscribes clients `0 … number`, each to its topics.
///
/// # Errors
/// The server doesn't answer one of them in time, or refuses it.
pub fn subscribe(
    server: &Server,
    adapter: &dyn Adapter,
    number: u32,
    topics: &(dyn Fn(u32) -> Vec<String> + Sync),
) -> Result<Vec<Connection>, LoadError> {
    let at_once = adapter.connect_at_once();
    let every = |first: u32| -> Result<Vec<Connection>, LoadError> {
        (first..number)
            .step_by(at_once as usize)
            .map(|client| Connection::subscribe_all(server, adapter, &topics(client)))
            .collect()
    };
    let lists = thread::scope(|scope| {
        // The first list is this thread's own.
        let others: Vec<_> = (1..at_once).map(|first| scope.spawn(move || every(first))).collect();
        let mut lists = vec![every(0)?];
        for other in others {
            lists.push(other.join().map_err(|_| LoadError::Machine("a thread died".into()))??);
        }
        Ok::<_, LoadError>(lists)
    })?;
    let mut lists: Vec<_> = lists.into_iter().map(Vec::into_iter).collect();
    Ok((0..number).filter_map(|client| lists[(client % at_once) as usize].next()).collect())
}
