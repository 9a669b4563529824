//! Templates: patterns with claims in them, such as `users.{sub}.>`, and what becomes of them for one token.

use fanfare_protocol::topic::NameError;
use fanfare_protocol::{Pattern, Topic};

/// A pattern that may name claims of a token: `users.{sub}.>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    text: Box<str>,
    form: Form,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    Plain(Pattern),
    Filled(Box<[Piece]>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(Box<str>),
    Claim(Box<str>),
}

/// The rule that a template breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// `{` without `}`, or the reverse.
    #[error("has a brace without its other; a claim is written like `{{sub}}`")]
    Unpaired,
    /// Between the braces stands no name of a claim.
    #[error("names no claim between braces; names are of `A-Z a-z 0-9 _ -`")]
    Claim,
    /// With a plain segment for each claim it would be no pattern.
    #[error(transparent)]
    Name(#[from] NameError),
}

/// Why a template grants nothing to a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Withheld {
    #[error("the token has no such claim, or one that is no text")]
    Missing,
    /// It could mean more than one segment, or topics of the broker.
    #[error("the claim's value is not one plain segment of a topic")]
    Unsafe,
}

impl Template {
    /// Takes a template from its text.
    ///
    /// # Errors
    /// Says which rule the text breaks.
    pub fn new(text: &str) -> Result<Self, TemplateError> {
        let pieces = pieces(text)?;
        let example: String = pieces.iter().map(Piece::example).collect();
        let pattern = Pattern::new(&example)?;
        let plain = !pieces.iter().any(|piece| matches!(piece, Piece::Claim(_)));
        let form = if plain { Form::Plain(pattern) } else { Form::Filled(pieces.into_boxed_slice()) };
        Ok(Self { text: text.into(), form })
    }

    /// The template as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is the same pattern for everyone.
    pub fn is_plain(&self) -> bool {
        matches!(self.form, Form::Plain(_))
    }

    /// The pattern for whoever has these claims.
    ///
    /// # Errors
    /// A claim is missing, or its value could widen the pattern; then it grants nothing at all.
    pub(crate) fn fill<'a>(&self, claim: impl Fn(&str) -> Option<&'a str>) -> Result<Pattern, Withheld> {
        let pieces = match &self.form {
            Form::Plain(pattern) => return Ok(pattern.clone()),
            Form::Filled(pieces) => pieces,
        };
        let mut filled = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Claim(name) => {
                    let value = claim(name).ok_or(Withheld::Missing)?;
                    filled.push_str(Some(value).filter(|value| is_safe(value)).ok_or(Withheld::Unsafe)?);
                }
            }
        }
        Pattern::new(&filled).map_err(|_| Withheld::Unsafe)
    }
}

impl Piece {
    /// The piece with a plain segment for a claim.
    fn example(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Claim(_) => "x",
        }
    }
}

/// Whether a value is one plain segment, and none that begins a topic of the broker.
fn is_safe(value: &str) -> bool {
    !value.contains('.') && !value.starts_with('$') && Topic::new(value).is_ok()
}

fn pieces(text: &str) -> Result<Vec<Piece>, TemplateError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}').ok_or(TemplateError::Unpaired)?;
        let known = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if name.is_empty() || !name.chars().all(known) {
            return Err(TemplateError::Claim);
        }
        push_text(&mut pieces, before)?;
        pieces.push(Piece::Claim(name.into()));
        rest = behind;
    }
    push_text(&mut pieces, rest)?;
    Ok(pieces)
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) -> Result<(), TemplateError> {
    if text.contains('}') {
        return Err(TemplateError::Unpaired);
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text.into()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fill(template: &str, sub: &str) -> Result<String, Withheld> {
        let template = Template::new(template).unwrap();
        let pattern = template.fill(|name| (name == "sub").then_some(sub))?;
        Ok(pattern.as_str().to_owned())
    }

    #[test]
    fn a_claim_takes_the_place_of_its_name() {
        assert_eq!(fill("users.{sub}.>", "alice"), Ok("users.alice.>".to_owned()));
        assert_eq!(fill("user-{sub}", "42"), Ok("user-42".to_owned()));
        assert_eq!(fill("{sub}.{sub}", "a"), Ok("a.a".to_owned()));
        assert_eq!(fill("rooms.>", "a"), Ok("rooms.>".to_owned()));
        assert_eq!(fill("users.{sub}", "jörg|42@example"), Ok("users.jörg|42@example".to_owned()));
    }

    #[test]
    fn a_value_that_could_widen_the_pattern_makes_it_grant_nothing() {
        let values =
            ["", "*", ">", "a.b", ".", "a.", "a*", "a>", "$sys", "a b", "a\tb", "a\u{7f}", "a\u{a0}b", "\0"];
        for value in values {
            for template in ["users.{sub}.>", "{sub}.>", "u-{sub}"] {
                assert_eq!(fill(template, value), Err(Withheld::Unsafe), "{template} with {value:?}");
            }
        }
    }

    #[test]
    fn a_value_is_never_looked_at_for_claims() {
        assert_eq!(fill("users.{sub}", "{sub}"), Ok("users.{sub}".to_owned()));
    }

    #[test]
    fn a_claim_that_is_missing_makes_it_grant_nothing() {
        assert_eq!(Template::new("t.{tenant}").unwrap().fill(|_| None), Err(Withheld::Missing));
    }

    #[test]
    fn a_value_that_makes_it_too_long_makes_it_grant_nothing() {
        assert_eq!(fill("users.{sub}.>", &"x".repeat(250)), Err(Withheld::Unsafe));
    }

    #[test]
    fn a_template_that_can_be_no_pattern_is_refused_with_its_rule() {
        for (text, expected) in [
            ("a.{sub", TemplateError::Unpaired),
            ("a.sub}", TemplateError::Unpaired),
            ("a.{}", TemplateError::Claim),
            ("a.{x.y}", TemplateError::Claim),
            ("a.{{sub}}", TemplateError::Claim),
            ("*{sub}", TemplateError::Name(NameError::MixedWildcard)),
            (">.{sub}", TemplateError::Name(NameError::TailNotLast)),
            ("", TemplateError::Name(NameError::Empty)),
        ] {
            assert_eq!(Template::new(text), Err(expected), "{text}");
        }
    }

    proptest! {
        /// Whatever a claim holds, the pattern is as wide as with any other plain segment in its place.
        #[test]
        fn no_value_ever_widens_a_pattern(
            value in prop_oneof![".*", "[a.*>$ ]{0,6}"],
            template in prop_oneof![
                Just("users.{sub}.>"), Just("{sub}.>"), Just("*.{sub}"), Just("a-{sub}.b")
            ],
        ) {
            if let Ok(filled) = fill(template, &value) {
                let before: Vec<_> = template.split('.').collect();
                let after: Vec<_> = filled.split('.').collect();
                prop_assert_eq!(before.len(), after.len());
                for (before, after) in before.iter().zip(&after) {
                    if before.contains('{') {
                        prop_assert_eq!(before.replace("{sub}", &value), *after);
                        prop_assert!(!after.contains(['*', '>']) && !after.starts_with('$'));
                    } else {
                        prop_assert_eq!(before, after);
                    }
                }
            }
        }
    }
}
