//! Rights: what a configuration or a token says that someone may do, with claims still in it.

use fanfare_protocol::Pattern;

use super::grants::Grants;
use super::template::Template;

/// What someone may do, before it is known who.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// What they may hear, live or retained.
    pub subscribe: Vec<Template>,
    /// Where they may publish.
    pub publish: Vec<Template>,
    /// On which topics they may ask who is present, and hear of it.
    pub presence: Vec<Template>,
    /// Whether they may see and close sessions, and revoke.
    pub admin: bool,
}

/// What one caller may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Granted {
    pub(super) subscribe: Grants,
    pub(super) publish: Grants,
    pub(super) presence: Grants,
    pub(super) admin: bool,
}

/// Rights from several places, being made into what one caller may do.
pub(super) struct Filling<'a, F> {
    claim: F,
    subscribe: Vec<Pattern>,
    publish: Vec<Pattern>,
    presence: Vec<Pattern>,
    admin: bool,
    /// Patterns that grant nothing, because of a claim.
    pub(super) withheld: Vec<&'a Template>,
}

impl<'a, 'c, F: Fn(&str) -> Option<&'c str>> Filling<'a, F> {
    /// Begins with nothing; `claim` gives the value of a claim that is text.
    pub(super) fn new(claim: F) -> Self {
        Self {
            claim,
            subscribe: Vec::new(),
            publish: Vec::new(),
            presence: Vec::new(),
            admin: false,
            withheld: Vec::new(),
        }
    }

    /// Adds rights.
    pub(super) fn add(&mut self, rights: &'a Rights) {
        let Rights { subscribe, publish, presence, admin } = rights;
        let subscribe = self.fill(subscribe);
        self.subscribe.extend(subscribe);
        let publish = self.fill(publish);
        self.publish.extend(publish);
        let presence = self.fill(presence);
        self.presence.extend(presence);
        self.admin |= admin;
    }

    /// The patterns that these templates mean for the caller.
    pub(super) fn fill(&mut self, templates: &'a [Template]) -> Vec<Pattern> {
        let mut patterns = Vec::new();
        for template in templates {
            match template.fill(&self.claim) {
                Ok(pattern) => patterns.push(pattern),
                Err(_) => self.withheld.push(template),
            }
        }
        patterns
    }

    /// Lets the caller hear these, too.
    pub(super) fn also_hear(&mut self, patterns: &[Pattern]) {
        self.subscribe.extend_from_slice(patterns);
    }

    pub(super) fn finish(self) -> Granted {
        Granted {
            subscribe: self.subscribe.into_iter().collect(),
            publish: self.publish.into_iter().collect(),
            presence: self.presence.into_iter().collect(),
            admin: self.admin,
        }
    }
}
