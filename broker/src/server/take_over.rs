//! Which parts of the broker take over a new configuration, and what each needs before anything changes.

use std::rc::Rc;
use std::sync::Arc;

use super::reload::Part;
use crate::engine::KeyLimits;
use crate::hub::Hub;
use crate::limits::LiveLimits;

/// Why a reload may not switch authentication off.
const OPENED: &str = "without an [[auth.issuer]] or [[api_key]] everyone could enter by the ports that are open beyond \
                      loopback, and those change at a restart only; restart, or configure authentication";

/// What takes over a new configuration. Whatever reads files for it says so before anything changes. `may_be_open` is
/// whether the broker as it runs may do without authentication: what the new configuration says of its ports waits.
pub(super) fn parts(
    hub: &Arc<Hub>,
    limits: &Arc<LiveLimits>,
    log_level: Box<dyn Fn(&str)>,
    may_be_open: bool,
) -> Vec<Part> {
    vec![
        bounds(Arc::clone(limits)),
        streams(Arc::clone(hub)),
        entrance(Arc::clone(hub), may_be_open),
        logs(Rc::from(log_level)),
    ]
}

fn bounds(limits: Arc<LiveLimits>) -> Part {
    Box::new(move |config| {
        let (limits, new) = (Arc::clone(&limits), config.limits.clone());
        Ok(Box::new(move || limits.put(&new)))
    })
}

fn streams(hub: Arc<Hub>) -> Part {
    Box::new(move |config| {
        hub.check_retune(&config.streams)?;
        let (hub, keys, streams) =
            (Arc::clone(&hub), KeyLimits::from(&config.limits), config.streams.clone());
        Ok(Box::new(move || hub.retune(&streams, keys)))
    })
}

/// Files with keys were read with the configuration: what could be wrong with them is a fault of it.
fn entrance(hub: Arc<Hub>, may_be_open: bool) -> Part {
    Box::new(move |config| {
        if !may_be_open && !config.auth.is_on() {
            return Err(OPENED.to_owned());
        }
        let (hub, settings) = (Arc::clone(&hub), config.auth.clone());
        Ok(Box::new(move || {
            hub.authority().replace(settings);
            let sessions = hub.end_without_key();
            if sessions > 0 {
                tracing::info!(
                    sessions,
                    "ended the sessions of API keys that are not in the configuration any more"
                );
            }
        }))
    })
}

fn logs(log_level: Rc<dyn Fn(&str)>) -> Part {
    Box::new(move |config| {
        let (log_level, level) = (Rc::clone(&log_level), config.log_level.clone());
        Ok(Box::new(move || log_level(&level)))
    })
}
