//! The table of settings: each with its name, kind, default and text. Environment variables, the example file, the
//! reference page and `fanfare check --print` all come from it.

mod name;
mod row;
mod rows;

pub use name::Name;
pub(super) use row::{Applied, Fallback, Kind, Row};
use rows::{API_KEY, AUTH, ISSUER, LIMITS, PRESENCE, RIGHTS, ROLE, STREAM, TLS, TOP, TRACING};

/// How a section stands in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// The settings before any table.
    Top,
    /// `[name]`, once.
    Table,
    /// `[[name]]`, as often as wanted. If `implied`, one with every default is there where none is written.
    List { implied: bool },
    /// `[name.KEY]`, as often as wanted, each under a key of the operator's own.
    Named { example: &'static str },
}

/// Settings that stand together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section {
    /// Dotted, such as `auth.defaults`; empty at the top.
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    /// What it is for, in sentences.
    pub(super) doc: &'static str,
    pub(super) rows: &'static [Row],
}

/// Every section, in the order of the example file. A new one needs its rows here, and a reader in `written`; tests
/// see to it that the two know the same names.
pub(super) const SECTIONS: &[Section] = &[
    Section { name: "", shape: Shape::Top, doc: "", rows: TOP },
    Section {
        name: "tls",
        shape: Shape::Table,
        doc: "TLS on the client port: wss:// instead of ws://. All files are PEM. They are read again every two seconds: a \
              new certificate is used for new connections, without a restart, and one that can't be used leaves the old \
              one in force.",
        rows: TLS,
    },
    Section { name: "internal_tls", shape: Shape::Table, doc: "The same for the internal port.", rows: TLS },
    Section {
        name: "tracing",
        shape: Shape::Table,
        doc: "Traces of messages, for OpenTelemetry: how long publishing and delivering took, of a few of them.",
        rows: TRACING,
    },
    Section {
        name: "limits",
        shape: Shape::Table,
        doc: "What is bounded, and what happens beyond it.",
        rows: &LIMITS,
    },
    Section {
        name: "stream",
        shape: Shape::List { implied: true },
        doc: "What is retained. A topic is in one stream at most; topics in none are ephemeral. If there is no \
              [[stream]] at all, this one is there, so that a client that comes back soon has lost nothing.",
        rows: STREAM,
    },
    Section {
        name: "presence",
        shape: Shape::List { implied: false },
        doc: "Where it is kept who is there: a session is a member of a topic while it has a subscription to just that \
              topic. Clients ask with `presence`, and hear of joins and leaves on `$presence.<topic>`. None is kept \
              unless there is a [[presence]].",
        rows: PRESENCE,
    },
    Section {
        name: "auth",
        shape: Shape::Table,
        doc: "Who may enter. Authentication is on as soon as there is an [[auth.issuer]], an [[api_key]] or a pattern \
              in [auth.anonymous]; else everyone who reaches a port may do everything, and [auth.defaults], \
              [auth.roles] or an empty [auth.anonymous] is a fault.",
        rows: AUTH,
    },
    Section {
        name: "auth.issuer",
        shape: Shape::List { implied: false },
        doc: "Whose tokens (JWT) are accepted. Just one setting says where its keys come from: secret, secret_file, \
              public_key_file, jwks_file or jwks_url. Tokens must expire (`exp`).",
        rows: ISSUER,
    },
    Section {
        name: "auth.defaults",
        shape: Shape::Table,
        doc: "What every token may, beside its own claim `fanfare`. `{sub}` stands for the token's subject, and so does \
              any other claim that is text; a value that is not one plain segment makes that pattern grant nothing.",
        rows: RIGHTS,
    },
    Section {
        name: "auth.roles",
        shape: Shape::Named { example: "staff" },
        doc: "What tokens may that name this role in their claim `fanfare.roles`.",
        rows: ROLE,
    },
    Section {
        name: "auth.anonymous",
        shape: Shape::Table,
        doc: "What sessions without a token may. Without any pattern here they are refused where authentication is on.",
        rows: RIGHTS,
    },
    Section {
        name: "api_key",
        shape: Shape::List { implied: false },
        doc: "Keys for backends, which don't expire; `fanfare token key NAME` makes one with these lines. One that is taken out \
              ends what it has open, at the reload.",
        rows: API_KEY,
    },
];

impl Section {
    /// How its beginning is written: `[limits]`, `[[stream]]`, `[auth.roles.staff]`; nothing at the top.
    pub(super) fn header(&self) -> Option<String> {
        match self.shape {
            Shape::Top => None,
            Shape::Table => Some(format!("[{}]", self.name)),
            Shape::List { .. } => Some(format!("[[{}]]", self.name)),
            Shape::Named { example } => Some(format!("[{}.{example}]", self.name)),
        }
    }

    /// Whether there is just one of it, so that flags and environment variables can mean its settings.
    pub(super) fn is_single(&self) -> bool {
        matches!(self.shape, Shape::Top | Shape::Table)
    }
}

/// Every setting that a flag or an environment variable can give.
pub(super) fn single_rows() -> impl Iterator<Item = (Name, &'static Row)> {
    let single = SECTIONS.iter().filter(|section| section.is_single());
    single.flat_map(|section| {
        section.rows.iter().map(|row| (Name { section: section.name, key: row.key }, row))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::layers::{OTHER_VARIABLES, is_of_kubernetes};
    use super::*;

    #[test]
    fn every_setting_has_a_name_and_a_variable_of_its_own() {
        let paths: HashSet<_> = single_rows().map(|(setting, _)| setting.to_string()).collect();
        let variables: HashSet<_> = single_rows().map(|(setting, _)| setting.variable()).collect();
        assert_eq!((paths.len(), variables.len()), (single_rows().count(), single_rows().count()));
        for variable in variables {
            assert!(!OTHER_VARIABLES.contains(&variable.as_str()), "{variable} means something else");
            assert!(!is_of_kubernetes(&variable), "{variable} is set by Kubernetes for a service `fanfare`");
        }
    }

    #[test]
    fn every_text_is_a_sentence() {
        for section in SECTIONS {
            for row in section.rows {
                let sentence = row.doc.trim();
                assert!(
                    sentence.ends_with('.') && sentence.len() > 10,
                    "{} {}: {sentence}",
                    section.name,
                    row.key
                );
            }
        }
    }
}
