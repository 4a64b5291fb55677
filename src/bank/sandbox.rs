//! The sandbox bank: a test bank that is built in.
//!
//! Its wire is plain OAuth 2: the browser is sent to a page with `redirect_uri` and `state` in the query, and comes back
//! by a GET with `code` or `error`. It advertises no `iss` and needs no cookie. So that a script can play the bank, its
//! token side accepts any code: `fail:<error>` is that failure, `slow:<ms>` is approved after that many milliseconds
//! (`slow:<ms>:fail:<error>` fails then), and everything else is approved.

use std::time::Duration;

use async_trait::async_trait;

use super::{Answer, Bank, BankTrouble, Said, Trip};
use crate::domain::consent::BankTokens;
use crate::domain::institution::{Country, Environment, Institution};
use crate::domain::invalid::Invalid;
use crate::domain::journey::Purpose;
use crate::domain::outcome::{BankError, Fact, Offer};
use crate::domain::redirect::{PublicUrl, Redirect};
use crate::domain::secret::Secret;

/// Its id.
pub const NAME: &str = "sandbox";

/// The longest that its token side can be asked to be slow.
const SLOWEST: Duration = Duration::from_mins(1);

/// The sandbox bank, and the one redirect URI that is registered with it.
#[derive(Debug, Clone)]
pub struct Sandbox {
    base: PublicUrl,
}

/// The institutions that it speaks for: the two of Yapily's own examples.
pub fn institutions() -> Vec<Institution> {
    let features = [
        "ACCOUNT",
        "ACCOUNTS",
        "ACCOUNT_BALANCES",
        "ACCOUNT_TRANSACTIONS",
        "CREATE_DOMESTIC_SINGLE_PAYMENT",
        "EXISTING_PAYMENTS_DETAILS",
        "EXISTING_PAYMENT_INITIATION_DETAILS",
        "IDENTITY",
        "INITIATE_ACCOUNT_REQUEST",
        "INITIATE_DOMESTIC_SINGLE_PAYMENT",
    ];
    let institution = |id: &str, name: &str, environment| Institution {
        id: id.into(),
        name: name.into(),
        full_name: name.into(),
        countries: vec![Country { name: "United Kingdom".into(), code: "GB".into() }],
        media: Vec::new(),
        features: features.map(Into::into).into(),
        environment,
        bank: NAME.into(),
    };
    vec![
        institution("modelo-sandbox", "Modelo Sandbox", Environment::Sandbox),
        institution("mock-sandbox", "Mock Sandbox", Environment::Mock),
    ]
}

/// What its customer decides on its page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Yes, with this code.
    Code(String),
    /// No, with this error.
    Error(String),
}

impl Sandbox {
    /// A sandbox bank that lives under `base`, beside the gateway.
    pub const fn new(base: PublicUrl) -> Self {
        Self { base }
    }

    /// The only address that it sends browsers back to.
    pub fn redirect_uri(&self) -> String {
        self.base.page("/return/sandbox", &[])
    }

    /// Sends the browser back to `redirect_uri` with a decision.
    ///
    /// # Errors
    /// When that is not the registered redirect URI.
    pub fn answer(&self, redirect_uri: &str, state: &str, decision: &Decision) -> Result<Redirect, Invalid> {
        if redirect_uri != self.redirect_uri() {
            return Err(Invalid::new("redirect_uri", "is not the one that is registered with this bank"));
        }
        let (name, value) = match decision {
            Decision::Code(code) => ("code", code),
            Decision::Error(error) => ("error", error),
        };
        Ok(Redirect::own(&self.base, "/return/sandbox", &[(name, value), ("state", state)]))
    }
}

#[async_trait]
impl Bank for Sandbox {
    fn name(&self) -> &str {
        NAME
    }

    fn label(&self) -> &'static str {
        "Sandbox bank"
    }

    fn takes_payments(&self) -> bool {
        true
    }

    /// Its token side is a function of the code, so that asking it again changes nothing.
    fn asks_once(&self) -> bool {
        false
    }

    async fn depart(&self, trip: &Trip<'_>) -> Result<Redirect, BankTrouble> {
        let opening = trip.journey.opening();
        let merchant = opening.merchant.to_string();
        let amount = opening.purpose.amount().map(|amount| format!("{amount} {}", amount.currency()));
        let mut query =
            vec![("response_type", "code"), ("client_id", &merchant), ("client_name", opening.merchant_name.as_str())];
        query.extend(amount.as_ref().map(|amount| ("amount", amount.as_str())));
        if opening.purpose.consent().is_some() {
            query.push(("scope", "consent"));
        }
        query.extend([("redirect_uri", trip.redirect_uri), ("state", trip.state)]);
        Ok(Redirect::to_bank(self.base.page("/sandbox/authorise", &query)))
    }

    fn read_return(&self, answer: &Answer) -> Result<Said, Invalid> {
        Ok(answer.said())
    }

    async fn exchange(&self, trip: &Trip<'_>, offer: &Offer) -> Result<Fact, BankTrouble> {
        let (delay, code) = slowness(offer.code.reveal());
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        match code.strip_prefix("fail:") {
            Some(error) => Ok(Fact::refused(BankError::new(error, Some("The sandbox bank was asked to fail.")))),
            None => Ok(match trip.journey.opening().purpose {
                Purpose::Checkout(_) => Fact::paid(),
                Purpose::Consent(_) => Fact::authorised(BankTokens {
                    json: Secret::new(r#"{"access_token":"sandbox","token_type":"Bearer"}"#),
                    consent: None,
                }),
            }),
        }
    }
}

/// How slow a code asks the bank to be, and what it says besides.
fn slowness(code: &str) -> (Duration, &str) {
    let asked = code.strip_prefix("slow:").map(|rest| rest.split_once(':').unwrap_or((rest, "")));
    match asked.map(|(millis, rest)| (millis.parse(), rest)) {
        Some((Ok(millis), rest)) => (Duration::from_millis(millis).min(SLOWEST), rest),
        Some((Err(_), _)) | None => (Duration::ZERO, code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_sends_browsers_to_its_one_redirect_uri_alone() {
        let bank = Sandbox::new(PublicUrl::parse("https://pay.example").unwrap());
        let code = Decision::Code("c d".into());
        let answer = bank.answer("https://pay.example/return/sandbox", "s", &code).unwrap();
        assert_eq!(answer.as_str(), "https://pay.example/return/sandbox?code=c%20d&state=s");
        for other in ["https://evil.example/", "https://pay.example/return/sandbox/", ""] {
            assert!(bank.answer(other, "s", &code).is_err(), "{other}");
        }
    }

    #[test]
    fn slowness_is_bounded() {
        assert_eq!(slowness("slow:3000"), (Duration::from_secs(3), ""));
        assert_eq!(slowness("slow:3000:fail:x"), (Duration::from_secs(3), "fail:x"));
        assert_eq!(slowness("slow:99999999"), (SLOWEST, ""));
        assert_eq!(slowness("slow:x"), (Duration::ZERO, "slow:x"));
        assert_eq!(slowness("fail:x"), (Duration::ZERO, "fail:x"));
    }
}
