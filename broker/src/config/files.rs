//! Which of the files that a configuration names are opened when it is read.

/// How far files are looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Files {
    /// Not at all: they may be on another machine. What comes of it is for no broker to run with.
    Unopened,
    /// What the configuration needs of them, which is keys.
    #[default]
    Keys,
    /// Certificates, too, which a broker opens with its ports.
    All,
}
