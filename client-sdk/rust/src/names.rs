//! What may be given where a topic or a pattern is asked for.

use fanfare_protocol::{Pattern, Topic};

use crate::error::Error;

/// What names a topic: text, or a [`Topic`] that was checked before.
pub trait IntoTopic {
    /// The topic.
    ///
    /// # Errors
    /// Says which rule the text breaks.
    fn into_topic(self) -> Result<Topic, Error>;
}

/// What names a pattern: text, a [`Pattern`], or a [`Topic`] for just that one.
pub trait IntoPattern {
    /// The pattern.
    ///
    /// # Errors
    /// Says which rule the text breaks.
    fn into_pattern(self) -> Result<Pattern, Error>;
}

impl IntoTopic for &str {
    fn into_topic(self) -> Result<Topic, Error> {
        Topic::new(self).map_err(|rule| Error::name("topic", self, rule))
    }
}

impl IntoTopic for &String {
    fn into_topic(self) -> Result<Topic, Error> {
        self.as_str().into_topic()
    }
}

impl IntoTopic for String {
    fn into_topic(self) -> Result<Topic, Error> {
        self.as_str().into_topic()
    }
}

impl IntoTopic for Topic {
    fn into_topic(self) -> Result<Topic, Error> {
        Ok(self)
    }
}

impl IntoTopic for &Topic {
    fn into_topic(self) -> Result<Topic, Error> {
        Ok(self.clone())
    }
}

impl IntoPattern for &str {
    fn into_pattern(self) -> Result<Pattern, Error> {
        Pattern::new(self).map_err(|rule| Error::name("pattern", self, rule))
    }
}

impl IntoPattern for &String {
    fn into_pattern(self) -> Result<Pattern, Error> {
        self.as_str().into_pattern()
    }
}

impl IntoPattern for String {
    fn into_pattern(self) -> Result<Pattern, Error> {
        self.as_str().into_pattern()
    }
}

impl IntoPattern for Pattern {
    fn into_pattern(self) -> Result<Pattern, Error> {
        Ok(self)
    }
}

impl IntoPattern for &Pattern {
    fn into_pattern(self) -> Result<Pattern, Error> {
        Ok(self.clone())
    }
}

impl IntoPattern for &Topic {
    fn into_pattern(self) -> Result<Pattern, Error> {
        Ok(Pattern::from(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_name_is_shown_with_the_rule_that_it_breaks() {
        let error = "orders..eu".into_topic().unwrap_err().to_string();
        assert_eq!(error, "the topic \"orders..eu\" has an empty segment; remove the extra `.`");
        assert!("orders.*".into_topic().is_err());
        assert!("orders.*".into_pattern().is_ok());
    }
}
