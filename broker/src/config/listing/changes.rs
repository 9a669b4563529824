//! What differs between two listings.

use super::{Group, Listing, Setting};
use crate::config::table::Applied;

/// A setting whose value is another than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The setting in full, such as `limits.heartbeat`, or a whole entry of a list, such as `stream.orders`.
    pub setting: String,
    /// The value before, as TOML writes it.
    pub before: String,
    /// The value now.
    pub now: String,
    /// Whether a running broker takes it.
    pub live: bool,
}

impl Listing {
    /// What is otherwise than in an earlier listing, in the order of the table.
    pub fn changes_since(&self, earlier: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        for group in &self.groups {
            match earlier.find(group) {
                Some(before) => changes.extend(group.changes_since(before)),
                None => changes.push(group.came_or_went("not there", "added")),
            }
        }
        let gone = earlier.groups.iter().filter(|group| self.find(group).is_none());
        changes.extend(gone.map(|group| group.came_or_went("there", "removed")));
        changes
    }

    /// Notes that these settings of a section can't change now, though they mostly can.
    pub fn hold(&mut self, section: &str, keys: &[&str]) {
        let groups = self.groups.iter_mut().filter(|group| group.section.name == section);
        let settings = groups.flat_map(|group| &mut group.settings);
        settings.filter(|setting| keys.contains(&setting.row.key)).for_each(|setting| setting.held = true);
    }

    /// Takes over what a running broker does.
    pub fn adopt(&mut self, newer: &Self) {
        let is_live = |group: &Group| group.section.rows.iter().all(|row| row.applied == Applied::Live);
        for group in &mut self.groups {
            let Some(now) = newer.find(group) else { continue };
            for (setting, now) in group.settings.iter_mut().zip(&now.settings) {
                if now.is_live() {
                    setting.clone_from(now);
                }
            }
        }
        self.groups.retain(|group| !is_live(group) || newer.find(group).is_some());
        let added = newer.groups.iter().filter(|group| is_live(group) && self.find(group).is_none());
        let added: Vec<_> = added.cloned().collect();
        self.groups.extend(added);
    }

    fn find(&self, wanted: &Group) -> Option<&Group> {
        self.groups.iter().find(|group| group.name() == wanted.name())
    }
}

impl Group {
    /// Its name in full; empty at the top.
    pub(super) fn name(&self) -> String {
        let entry = self.entry.iter().map(String::as_str);
        let parts = [self.section.name].into_iter().chain(entry).filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join(".")
    }

    pub(super) fn name_of(&self, setting: &Setting) -> String {
        match self.name() {
            group if group.is_empty() => setting.row.key.to_owned(),
            group => format!("{group}.{}", setting.row.key),
        }
    }

    fn changes_since(&self, earlier: &Self) -> impl Iterator<Item = Change> {
        let pairs = self.settings.iter().zip(&earlier.settings);
        pairs.filter(|(now, before)| now.value != before.value).map(|(now, before)| Change {
            setting: self.name_of(now),
            before: before.shown(),
            now: now.shown(),
            live: now.is_live(),
        })
    }

    /// An entry of a list that is new, or gone. It is taken by a running broker if all of its settings are.
    fn came_or_went(&self, before: &str, now: &str) -> Change {
        Change {
            setting: self.name(),
            before: before.to_owned(),
            now: now.to_owned(),
            live: self.section.rows.iter().all(|row| row.applied == Applied::Live),
        }
    }
}
