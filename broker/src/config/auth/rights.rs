//! What somebody may: patterns read, with and without claims.

use super::written::WrittenRights;
use crate::auth::{Rights, Template};
use crate::config::fault::{Fault, Located};

/// Rights whose patterns may name claims.
pub(super) fn resolve_rights(written: &WrittenRights, faults: &mut Vec<Fault>) -> Rights {
    let mut templates = |written: &[Located<String>]| {
        written.iter().filter_map(|pattern| resolve_template(pattern, faults)).collect::<Vec<_>>()
    };
    Rights {
        subscribe: templates(&written.subscribe),
        publish: templates(&written.publish),
        presence: templates(&written.presence),
        admin: written.admin,
    }
}

fn resolve_template(written: &Located<String>, faults: &mut Vec<Fault>) -> Option<Template> {
    let template = Template::new(&written.value);
    let fault = |error| {
        let what = format!("pattern {:?} {error}", written.value);
        faults.push(Fault::new(written.place, what, "write it like \"rooms.>\" or \"users.{sub}.>\""));
    };
    template.map_err(fault).ok()
}

/// Rights of those who have no claims.
pub(super) fn resolve_plain(written: &WrittenRights, section: &str, faults: &mut Vec<Fault>) -> Rights {
    for Located { value, place } in
        [&written.subscribe, &written.publish, &written.presence].into_iter().flatten()
    {
        if Template::new(value).is_ok_and(|template| !template.is_plain()) {
            let what = format!("pattern {value:?} names a claim, and who comes by {section} has none");
            faults.push(Fault::new(*place, what, "write it without braces"));
        }
    }
    resolve_rights(written, faults)
}
