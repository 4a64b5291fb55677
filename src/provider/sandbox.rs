//! The sandbox provider: a test provider that is built in.
//!
//! Its wire is plain OAuth 2: the browser is sent to a page with `redirect_uri` and `state` in the query, and comes
//! back by a GET with `code` or `error`. It advertises no `iss` and needs no cookie. So that a script can play the
//! provider, its token side accepts any code: `fail:<error>` is that failure, `slow:<ms>` is approved after that many
//! milliseconds (`slow:<ms>:fail:<error>` fails then), and everything else is approved; unless its journey holds a part
//! for it to play (`part.rs`), or the bank holds its payment (`payment.rs`). It is slow to begin, too, where a script wants that: a payment whose reference is
//! `slow:<ms>`, or begins with `slow:<ms>:`, learns only after that time where its customer must go. One whose reference is
//! `twice`, or begins with `twice:`, has a customer who is wanted twice: the first yes leads to the page once more.

mod part;
mod payment;

use std::time::Duration;

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::{
    AuthorizationResponse, Checked, PaymentContext, PaymentReport, Performed, Provider, Requested, Result,
    UnverifiedResponse, VisitContext,
};
use crate::domain::{
    AnswerTo, BankTokens, Country, CountryCode, Environment, Evidence, Fact, Institution, Invalid, Journey, Mode,
    PublicUrl, Purpose, Redirect, Secret,
};
use crate::domain::{consent, params::percent_encoded};

/// Its id.
pub const NAME: &str = "sandbox";

/// The longest that its token side can be asked to be slow.
const SLOWEST: Duration = Duration::from_mins(1);

/// How a reference begins whose customer is wanted twice.
const TWICE: &str = "twice";

/// The sandbox provider. One redirect URI is registered with it; where an app takes the provider's answer itself, the
/// gateway vouches for the app's address, so that the provider's page leads nowhere else.
#[derive(Debug, Clone)]
pub struct Sandbox {
    base: PublicUrl,
    key: Secret,
}

/// Where an answer goes, as it stands in the provider's page.
#[derive(Debug, Clone, Copy)]
pub struct ReturnTo<'a> {
    /// The redirect URI.
    pub redirect_uri: &'a str,
    /// The state that travels along.
    pub state: &'a str,
    /// The gateway's word for a redirect URI that is not the registered one; empty for that.
    pub app_url_signature: &'a str,
}

/// Its institutions: the two of Yapily's own examples.
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
        countries: vec![Country { name: "United Kingdom".into(), code: CountryCode::GB }],
        media: Vec::new(),
        features: features.map(Into::into).into(),
        environment,
        consent_life: consent::LIFE,
        provider: NAME.into(),
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
    /// A sandbox provider that lives under `base`, beside the gateway, and knows the gateway's word by `key`.
    pub const fn new(base: PublicUrl, key: Secret) -> Self {
        Self { base, key }
    }

    /// The address that is registered with it.
    pub fn redirect_uri(&self) -> String {
        self.base.page("/return/sandbox", &[])
    }

    /// Whether it sends browsers back there.
    ///
    /// # Errors
    /// When that is neither the registered redirect URI nor one that the gateway vouches for.
    pub fn check(&self, to: &ReturnTo<'_>) -> Result<(), Invalid> {
        let refused = || Invalid::new("redirect_uri", "is not the one that is registered with this bank");
        if to.redirect_uri == self.redirect_uri() {
            return Ok(());
        }
        let app_url_signature = URL_SAFE_NO_PAD.decode(to.app_url_signature).map_err(|_| refused())?;
        let mac = self.mac(to.redirect_uri, to.state).ok_or_else(refused)?;
        // In constant time.
        mac.verify_slice(&app_url_signature).map_err(|_| refused())
    }

    /// Sends the browser back with a decision.
    ///
    /// # Errors
    /// As [`Sandbox::check`].
    pub fn answer(&self, to: &ReturnTo<'_>, decision: &Decision) -> Result<Redirect, Invalid> {
        self.check(to)?;
        let (name, value) = match decision {
            Decision::Code(code) => ("code", code),
            Decision::Error(error) => ("error", error),
        };
        let query = format!("{name}={}&state={}", percent_encoded(value), percent_encoded(to.state));
        let mark = if to.redirect_uri.contains('?') { '&' } else { '?' };
        Ok(Redirect::to_provider(format!("{}{mark}{query}", to.redirect_uri)))
    }

    fn app_url_signature(&self, redirect_uri: &str, state: &str) -> Option<String> {
        Some(URL_SAFE_NO_PAD.encode(self.mac(redirect_uri, state)?.finalize().into_bytes()))
    }

    fn mac(&self, redirect_uri: &str, state: &str) -> Option<Hmac<Sha256>> {
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(self.key.reveal().as_bytes()).ok()?;
        mac.update(&u32::try_from(redirect_uri.len()).ok()?.to_be_bytes());
        mac.update(redirect_uri.as_bytes());
        mac.update(state.as_bytes());
        Some(mac)
    }
}

#[async_trait]
impl Provider for Sandbox {
    fn mode(&self) -> Mode {
        Mode::Test
    }

    fn name(&self) -> &str {
        NAME
    }

    fn label(&self) -> &'static str {
        "Test bank"
    }

    fn takes_payments(&self) -> bool {
        true
    }

    fn creates_payment(&self, journey: &Journey) -> bool {
        payment::is_held(journey)
    }

    async fn payment(&self, context: &PaymentContext<'_>) -> Result<PaymentReport> {
        payment::report(context, false)
    }

    async fn close(&self, context: &PaymentContext<'_>) -> Result<PaymentReport> {
        payment::report(context, true)
    }

    /// Its token side is a function of the code, so that asking it again changes nothing.
    fn asks_once(&self) -> bool {
        false
    }

    async fn request(&self, context: &VisitContext<'_>) -> Result<Requested> {
        let opening = context.journey.opening();
        let (delay, _) = slowness(opening.purpose.note());
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let merchant = opening.merchant.to_string();
        let amount = opening.purpose.amount().map(|amount| format!("{amount} {}", amount.currency()));
        let mut query =
            vec![("response_type", "code"), ("client_id", &merchant), ("client_name", opening.merchant_name.as_str())];
        // What its customer agrees to there is what our own pages say.
        if let Some(amount) = &amount {
            query.extend([("payee", context.journey.payee()), ("amount", amount)]);
        }
        query.extend(Some(("reference", opening.purpose.note())).filter(|(_, reference)| !reference.is_empty()));
        if opening.purpose.consent().is_some() {
            query.push(("scope", "consent"));
        }
        query.extend(context.institution.as_deref().map(|name| ("bank_name", name)));
        query.extend([("redirect_uri", context.redirect_uri.as_str()), ("state", context.state.as_str())]);
        let foreign = context.redirect_uri != self.redirect_uri();
        let app_url_signature =
            foreign.then(|| self.app_url_signature(&context.redirect_uri, &context.state)).flatten();
        query.extend(
            app_url_signature.as_ref().map(|app_url_signature| ("app_url_signature", app_url_signature.as_str())),
        );
        let page = Redirect::to_provider(self.base.page("/sandbox/authorise", &query));
        Ok(if payment::is_held(context.journey) {
            Requested::Created { reference: format!("sandbox-{}", context.payment_reference()), page }
        } else {
            Requested::Accepted(page)
        })
    }

    fn read_return(&self, answer: &AuthorizationResponse) -> Result<UnverifiedResponse, Invalid> {
        Ok(answer.unverified())
    }

    /// Where it plays a bank that wants its customer twice, the first visit decides nothing.
    async fn check(&self, context: &VisitContext<'_>, _: &Evidence) -> Result<Checked> {
        let (journey, visit) = (context.journey, context.visit);
        let wants_two = journey.opening().purpose.note().split(':').next() == Some(TWICE);
        // An app that brings a consent's code is told of no second page.
        let consent = journey.opening().purpose.consent();
        let is_told = consent.is_none_or(|consent| consent.answer_to == AnswerTo::Gateway);
        let leads_on = wants_two && is_told && !journey.was_led_to(visit);
        Ok(if leads_on { Checked::Onward } else { Checked::Genuine })
    }

    async fn perform(&self, journey: &Journey, _original: Option<&Journey>) -> Result<Performed> {
        Ok(part::applied(journey))
    }

    async fn exchange(&self, context: &VisitContext<'_>, evidence: &Evidence) -> Result<Fact> {
        let played = part::code(context.journey);
        let (delay, code) = slowness(played.as_deref().unwrap_or_else(|| evidence.code.reveal()));
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        match code.strip_prefix("fail:") {
            Some(error) => Ok(part::asked_to_fail(error)),
            None => Ok(match context.journey.opening().purpose {
                Purpose::Checkout(_) | Purpose::Operation(_) | Purpose::Job(_) => part::yes(context.journey),
                Purpose::Consent(_) => Fact::authorised(BankTokens {
                    json: Secret::new(r#"{"access_token":"sandbox","token_type":"Bearer"}"#),
                    consent: None,
                }),
            }),
        }
    }
}

/// How slow a code or a reference asks the provider to be, and what it says besides.
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

    fn sandbox(key: &str) -> Sandbox {
        Sandbox::new(PublicUrl::parse("https://pay.example").unwrap(), Secret::new(key))
    }

    #[test]
    fn it_sends_browsers_to_its_registered_redirect_uri() {
        let code = Decision::Code("c d".into());
        let to = ReturnTo { redirect_uri: "https://pay.example/return/sandbox", state: "s", app_url_signature: "" };
        let answer = sandbox("k").answer(&to, &code).unwrap();
        assert_eq!(answer.as_str(), "https://pay.example/return/sandbox?code=c%20d&state=s");
        for other in ["https://evil.example/", "https://pay.example/return/sandbox/", ""] {
            for app_url_signature in ["", "AAAA", "*"] {
                let to = ReturnTo { redirect_uri: other, state: "s", app_url_signature };
                assert!(sandbox("k").answer(&to, &code).is_err(), "{other}");
            }
        }
    }

    #[test]
    fn it_sends_browsers_to_an_app_that_the_gateway_vouches_for_and_to_nobody_else() {
        let error = Decision::Error("access_denied".into());
        let app = "https://app.example/cb?a=1";
        let app_url_signature = sandbox("k").app_url_signature(app, "s").unwrap();
        let to = ReturnTo { redirect_uri: app, state: "s", app_url_signature: &app_url_signature };
        let answer = sandbox("k").answer(&to, &error).unwrap();
        assert_eq!(answer.as_str(), "https://app.example/cb?a=1&error=access_denied&state=s");
        for (redirect_uri, state, key) in [
            ("https://evil.example/", "s", "k"),
            (app, "t", "k"),
            ("https://app.example/cb?a=1s", "", "k"),
            (app, "s", "l"),
        ] {
            let to = ReturnTo { redirect_uri, state, app_url_signature: &app_url_signature };
            assert!(sandbox(key).answer(&to, &error).is_err(), "{redirect_uri} {state} {key}");
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
