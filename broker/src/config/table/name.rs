//! A setting's name in full, and what it is called in the file, the environment and on the command line.

use std::fmt;

/// Which setting: its section and its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// Dotted; empty at the top.
    pub(in crate::config) section: &'static str,
    pub(in crate::config) key: &'static str,
}

/// Settings with a flag of their own; all others are set by `--set`.
const FLAGS: &[(&str, &str)] = &[
    ("listen", "--listen"),
    ("internal", "--internal"),
    ("shards", "--shards"),
    ("allow_anonymous", "--allow-anonymous"),
    ("data_dir", "--data-dir"),
    ("log_level", "--log-level"),
    ("log_format", "--log-format"),
];

impl Name {
    /// A setting at the top of the file.
    pub const fn top(key: &'static str) -> Self {
        Self { section: "", key }
    }

    /// The environment variable: `FANFARE_`, then the name in capitals with `_` for each dot.
    pub fn variable(self) -> String {
        format!("FANFARE_{}", self.to_string().replace('.', "_").to_uppercase())
    }

    /// The flag, as one types it before the value.
    pub fn flag(self) -> String {
        let own = FLAGS.iter().find(|(key, _)| self == Self::top(key));
        own.map_or_else(|| format!("--set {self}"), |(_, flag)| (*flag).to_owned())
    }
}

impl fmt::Display for Name {
    /// Dotted: `limits.heartbeat`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.section.is_empty() {
            write!(f, "{}.", self.section)?;
        }
        f.write_str(self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_has_one_name_everywhere() {
        let heartbeat = Name { section: "limits", key: "heartbeat" };
        assert_eq!(heartbeat.to_string(), "limits.heartbeat");
        assert_eq!(heartbeat.variable(), "FANFARE_LIMITS_HEARTBEAT");
        assert_eq!(heartbeat.flag(), "--set limits.heartbeat");
        assert_eq!(Name::top("data_dir").variable(), "FANFARE_DATA_DIR");
        assert_eq!(Name::top("data_dir").flag(), "--data-dir");
    }
}
