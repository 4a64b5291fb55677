//! The bank-facing side: where a browser is sent, how its answer is read, and what an answer is worth.

pub mod sandbox;

use async_trait::async_trait;

use crate::domain::invalid::Invalid;
use crate::domain::journey::Journey;
use crate::domain::outcome::{BankError, Fact, Hint};
use crate::domain::redirect::Redirect;
use crate::domain::secret::Secret;

/// A bank, as the engine sees one.
#[async_trait]
pub trait Bank: Send + Sync {
    /// Its id, as it is frozen into journeys and stands in `/return/{bank}`.
    fn name(&self) -> &str;

    /// Its name for people.
    fn label(&self) -> &str;

    /// Where to send the browser, so that the bank asks its customer under this `state`.
    ///
    /// # Errors
    /// When the bank cannot be asked now.
    async fn depart(&self, journey: &Journey, state: &str) -> Result<Redirect, BankTrouble>;

    /// What the browser says the bank said.
    ///
    /// # Errors
    /// When the answer is not one that this bank gives.
    fn read_return(&self, answer: &Answer) -> Result<Hint, Invalid>;

    /// What the bank itself says of a code. A refusal is a fact; not being able to ask is trouble.
    ///
    /// # Errors
    /// When the bank cannot be asked now.
    async fn prove(&self, journey: &Journey, code: &Secret) -> Result<Fact, BankTrouble>;
}

/// A bank that could not be asked. The sentence is for the log; it holds nothing that the bank sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the bank could not be asked: {0}")]
pub struct BankTrouble(pub String);

impl BankTrouble {
    /// The trouble as a customer meets it: `temporarily_unavailable` (RFC 6749, section 4.1.2.1).
    pub fn as_error(&self) -> BankError {
        BankError::new("temporarily_unavailable", Some("The bank did not answer."))
    }
}

/// The parameters of a return, each at most once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    state: Option<String>,
    code: Option<Secret>,
    error: Option<String>,
    description: Option<String>,
}

impl Answer {
    /// Reads the parameters that a browser brought. Those that are not ours to know are ignored.
    ///
    /// # Errors
    /// When one of ours comes twice, or a code and an error come together: then somebody has tampered with it.
    pub fn read(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, Invalid> {
        let mut answer = Self::default();
        for (name, value) in pairs {
            let twice = match name.as_str() {
                "state" => answer.state.replace(value).is_some(),
                "code" => answer.code.replace(Secret::new(value)).is_some(),
                "error" => answer.error.replace(value).is_some(),
                "error_description" => answer.description.replace(value).is_some(),
                _ => false,
            };
            if twice {
                return Err(Invalid::new(name, "came twice"));
            }
        }
        if answer.code.is_some() && answer.error.is_some() {
            return Err(Invalid::new("code", "came together with an error"));
        }
        Ok(answer)
    }

    /// The `state`, if there is one.
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// What an OAuth 2 answer says: a code, or else a refusal; neither is a refusal too.
    pub fn hint(&self) -> Hint {
        match &self.code {
            Some(code) if !code.reveal().is_empty() => Hint::Code(code.clone()),
            _ => Hint::Refusal(BankError::new(self.error.as_deref().unwrap_or_default(), self.description.as_deref())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Answer, Invalid> {
        Answer::read(url::form_urlencoded::parse(query.as_bytes()).into_owned())
    }

    #[test]
    fn a_repeated_or_contradictory_answer_is_refused() {
        for query in ["code=a&code=b", "state=a&state=a", "error=a&error=b", "code=a&error=b"] {
            assert!(read(query).is_err(), "{query}");
        }
        assert!(read("code=a&state=s&session_state=1&session_state=2").is_ok());
    }

    #[test]
    fn neither_code_nor_error_means_access_denied() {
        for query in ["", "state=s", "code=&state=s", "error="] {
            let Hint::Refusal(error) = read(query).unwrap().hint() else { panic!("{query} is a code") };
            assert_eq!(error.code(), "access_denied");
        }
        assert!(matches!(read("code=x").unwrap().hint(), Hint::Code(_)));
    }
}
