//! A refused input: which field, which rule, what was expected.
//!
//! Every `parse` in the domain answers with this one type, so that each API can say the same thing in its own
//! envelope.

use std::fmt;

/// An input that broke a rule. It names the field, the rule and a way out, and never repeats a secret.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    field: String,
    rule: String,
    hint: Option<String>,
}

impl Invalid {
    /// Refuses `field` because it breaks `rule` (a sentence without its full stop).
    pub fn new(field: impl Into<String>, rule: impl Into<String>) -> Self {
        Self { field: field.into(), rule: rule.into(), hint: None }
    }

    /// Adds what would have been accepted.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Says the same of a more exact place, such as `callback_url item 2`.
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = field.into();
        self
    }

    /// Says the same of a field that stands under `to` where its sender is, and under `from` here.
    pub fn moved(self, from: &str, to: &str) -> Self {
        match self.field.strip_prefix(from).map(|rest| format!("{to}{rest}")) {
            Some(field) => self.at(field),
            None => self,
        }
    }

    /// The field that was refused, as its sender spells it.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// The rule that was broken.
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// What would have been accepted, where that can be said.
    pub fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.rule)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Invalid {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_moves_with_the_field_that_it_is_of() {
        let refused = |field: &str| Invalid::new(field, "is wrong").hint("leave it out");
        for (field, moved) in [
            ("initiation", "template"),
            ("initiation.amount.value", "template.amount.value"),
            ("linkConfig.initiation", "linkConfig.initiation"),
        ] {
            assert_eq!(refused(field).moved("initiation", "template"), refused(moved));
        }
    }
}
