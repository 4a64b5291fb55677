//! What a browser brings back from a provider, before anything of it is verified.

use crate::domain::{Evidence, Invalid, ProviderRefusal, ResponseKind, Secret};

/// What a browser says that the provider answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnverifiedResponse {
    /// The `state` under which it was asked, if the answer names one.
    pub state: Option<String>,
    /// Of which kind it is.
    pub kind: ResponseKind,
}

/// The parameters of a return, each at most once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuthorizationResponse {
    /// The `state`.
    pub state: Option<String>,
    /// The code.
    pub code: Option<Secret>,
    /// What Yapily says instead of a code (`one-time-token`).
    pub one_time_token: Option<Secret>,
    /// The `error`.
    pub error: Option<String>,
    /// The `error_description`.
    pub description: Option<String>,
    /// The issuer (RFC 9207).
    pub iss: Option<String>,
    /// The `id_token` beside a code.
    pub id_token: Option<Secret>,
    /// The whole response as a signed token (JARM).
    pub response: Option<Secret>,
    /// How the browser carried it.
    pub carried: Carried,
}

/// How a browser carried an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Carried {
    /// In the query of a GET.
    #[default]
    Query,
    /// Behind a `#`, posted to us by our page.
    Fragment,
    /// In a form that the provider's page posted.
    Form,
}

impl AuthorizationResponse {
    /// Reads the parameters that a browser brought. Those that are not ours to know are ignored.
    ///
    /// # Errors
    /// When one of them comes twice, or a code and an error come together: then somebody has tampered with it.
    pub fn read(carried: Carried, pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, Invalid> {
        let mut answer = Self { carried, ..Self::default() };
        for (name, value) in pairs {
            let twice = match name.as_str() {
                "state" => answer.state.replace(value).is_some(),
                "code" => answer.code.replace(Secret::new(value)).is_some(),
                "one-time-token" => answer.one_time_token.replace(Secret::new(value)).is_some(),
                "error" => answer.error.replace(value).is_some(),
                "error_description" => answer.description.replace(value).is_some(),
                "iss" => answer.iss.replace(value).is_some(),
                "id_token" => answer.id_token.replace(Secret::new(value)).is_some(),
                "response" => answer.response.replace(Secret::new(value)).is_some(),
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

    /// What an OAuth 2 answer says, with its state: a code, or else a refusal. Neither is a refusal of the provider's,
    /// with [`ProviderRefusal::MALFORMED`] as its error.
    pub fn unverified(&self) -> UnverifiedResponse {
        let kind = match &self.code {
            Some(code) if !code.reveal().is_empty() => {
                ResponseKind::Code(Evidence { code: code.clone(), signed: self.id_token.clone() })
            }
            _ => ResponseKind::Error(ProviderRefusal::new(
                self.error.as_deref().unwrap_or_default(),
                self.description.as_deref(),
            )),
        };
        UnverifiedResponse { state: self.state.clone(), kind }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<AuthorizationResponse, Invalid> {
        AuthorizationResponse::read(Carried::Query, url::form_urlencoded::parse(query.as_bytes()).into_owned())
    }

    #[test]
    fn a_repeated_or_contradictory_answer_is_refused() {
        for query in ["code=a&code=b", "state=a&state=a", "error=a&error=b", "code=a&error=b"] {
            assert!(read(query).is_err(), "{query}");
        }
        assert!(read("code=a&state=s&session_state=1&session_state=2").is_ok());
    }

    #[test]
    fn neither_code_nor_error_is_malformed_and_nobodys_refusal() {
        for query in ["", "state=s", "code=&state=s", "error=", "error_description=x", "error=%20"] {
            let ResponseKind::Error(error) = read(query).unwrap().unverified().kind else {
                panic!("{query} is a code")
            };
            assert_eq!((error.code(), error.is_customers_refusal()), (ProviderRefusal::MALFORMED, false), "{query}");
        }
        assert!(matches!(read("code=x").unwrap().unverified().kind, ResponseKind::Code(_)));
    }
}
