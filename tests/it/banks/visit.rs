//! One visit to a bank, as the engine makes it: request, come back, read, check, exchange.

use std::sync::Arc;
use std::time::Duration;

use handback::clock::{Clock, SystemClock};
use handback::domain::consent::{self, AnswerTo, Consent, FeatureRequest, Kind};
use handback::domain::dialect_data::DialectData;
use handback::domain::id::{JourneyId, MerchantId, Shard, UserId};
use handback::domain::invalid::Invalid;
use handback::domain::journey::{Journey, Opening, Purpose};
use handback::domain::merchant::{MerchantName, Settings};
use handback::domain::outcome::{Cause, Evidence, Fact, Outcome, ProviderRefusal, ResponseKind};
use handback::domain::plan::CallbackPlan;
use handback::domain::redirect::Redirect;
use handback::domain::secret::Secret;
use handback::provider::oidc::Oidc;
use handback::provider::{AuthorizationResponse, Checked, Provider, ProviderError, Requested, VisitContext};

use super::customer::{Customer, Decision, Landing};
use super::process::Banks;

/// A visit under way.
pub struct Visit {
    journey: Journey,
    state: String,
    verifier: Secret,
    redirect_uri: String,
}

/// What a visit came to.
#[derive(Debug)]
pub enum Proven {
    /// The bank said so.
    Fact(Fact),
    /// A browser said no, or a signed answer did.
    Refused(ProviderRefusal),
    /// It is not how this bank answers.
    Invalid(Invalid),
    /// It has no state, or another one.
    OtherState,
    /// Something else.
    Trouble(ProviderError),
}

impl Visit {
    /// A visit for a consent, which the gateway takes the answer for.
    pub fn begin(banks: &Banks, kind: &str) -> Self {
        Self::answered_to(banks, kind, AnswerTo::Gateway)
    }

    pub fn answered_to(banks: &Banks, kind: &str, answer_to: AnswerTo) -> Self {
        let own = || format!("{}/return/{kind}", banks.public_url());
        let redirect_uri = match &answer_to {
            AnswerTo::Gateway => own(),
            AnswerTo::App(url) => url.clone(),
        };
        Self::of(kind, redirect_uri, Purpose::Consent(consent(answer_to)))
    }

    pub fn of(kind: &str, redirect_uri: String, purpose: Purpose) -> Self {
        let (now, entropy) = (SystemClock.now(), SystemClock.entropy());
        let id = |from: usize| -> [u8; 16] { entropy[from..from + 16].try_into().expect("16 bytes") };
        let journey = Journey::open(Opening {
            id: JourneyId::mint(id(0), Shard::of_byte(entropy[0])),
            merchant: MerchantId::mint(id(16)),
            merchant_name: MerchantName::parse("Shop").expect("a name"),
            dialect: "test".into(),
            provider: kind.into(),
            key: "k1".into(),
            purpose,
            dialect_data: DialectData::default(),
            plan: CallbackPlan::default(),
            settings: Settings::default().frozen(),
            opened_at: now,
            expires_at: now.plus(Duration::from_secs(3600)),
            mode: None,
            choices: Vec::new(),
            marks: None,
            popup: None,
        });
        let hex: String = entropy[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        // Of the 43 to 128 characters that a verifier has (RFC 7636, section 4.1).
        let verifier = Secret::new(format!("{hex}{hex}-~._"));
        Self { journey, state: hex, verifier, redirect_uri }
    }

    pub fn context(&self) -> VisitContext<'_> {
        let Self { journey, state, verifier, redirect_uri } = self;
        let (state, verifier, redirect_uri) = (state.clone(), verifier.clone(), redirect_uri.clone());
        VisitContext { journey, visit: 0, state, verifier, redirect_uri, institution: None }
    }

    /// Goes to the bank, decides there, and comes back.
    pub async fn decide(&self, banks: &Banks, bank: &Oidc, decision: Decision) -> Landing {
        let way = accepted(bank, &self.context()).await;
        let mut customer = Customer::new(banks.public_url(), banks.ca(bank.name()).as_deref());
        customer.decide(way.as_str(), decision).await
    }

    /// What an answer is worth.
    pub async fn prove(&self, bank: &Oidc, answer: &AuthorizationResponse) -> Proven {
        match self.offered(bank, answer) {
            Ok(evidence) => match self.genuine(bank, &evidence).await {
                Ok(()) => self.redeem(bank, &evidence).await,
                Err(proven) => proven,
            },
            Err(proven) => proven,
        }
    }

    /// The evidence of an answer, if it has one for this visit.
    pub fn offered(&self, bank: &Oidc, answer: &AuthorizationResponse) -> Result<Evidence, Proven> {
        let response = bank.read_return(answer).map_err(Proven::Invalid)?;
        if response.state.as_ref() != Some(&self.state) {
            return Err(Proven::OtherState);
        }
        match response.kind {
            ResponseKind::Code(evidence) => Ok(evidence),
            ResponseKind::Error(error) => Err(Proven::Refused(error)),
            ResponseKind::Returned => panic!("this bank gives codes"),
        }
    }

    pub async fn genuine(&self, bank: &Oidc, evidence: &Evidence) -> Result<(), Proven> {
        match bank.check(&self.context(), evidence).await {
            Ok(Checked::Genuine) => Ok(()),
            Ok(Checked::Refused(error)) => Err(Proven::Refused(error)),
            Ok(Checked::Onward) => panic!("this bank wants its customer once"),
            Err(trouble) => Err(Proven::Trouble(trouble)),
        }
    }

    pub async fn redeem(&self, bank: &Oidc, evidence: &Evidence) -> Proven {
        match bank.exchange(&self.context(), evidence).await {
            Ok(fact) => Proven::Fact(fact),
            Err(trouble) => Proven::Trouble(trouble),
        }
    }
}

impl Proven {
    /// The bank's tokens, of a fact that is a yes.
    #[track_caller]
    pub fn tokens(&self) -> serde_json::Value {
        let Self::Fact(fact) = self else { panic!("no fact: {self:?}") };
        assert_eq!(fact.outcome(), Outcome::Authorised, "{fact:?}");
        let tokens = fact.bank_tokens().expect("tokens");
        serde_json::from_str(tokens.json.reveal()).expect("JSON")
    }

    /// The error of a fact that is a no.
    #[track_caller]
    pub fn refused(&self) -> String {
        let Self::Fact(fact) = self else { panic!("no fact: {self:?}") };
        match fact.cause() {
            Cause::Provider(Some(error)) => error.code().to_owned(),
            cause => panic!("no refusal: {cause:?}"),
        }
    }
}

impl Proven {
    /// The field of an answer that this bank does not give.
    #[track_caller]
    pub fn invalid(&self) -> &str {
        let Self::Invalid(invalid) = self else { panic!("it is an answer of this bank's: {self:?}") };
        invalid.field()
    }

    /// The error of a refusal that came through the browser.
    #[track_caller]
    pub fn refusal(&self) -> &str {
        let Self::Refused(error) = self else { panic!("no refusal: {self:?}") };
        error.code()
    }

    /// The trouble with a bank.
    #[track_caller]
    pub fn trouble(&self) -> &ProviderError {
        let Self::Trouble(trouble) = self else { panic!("no trouble: {self:?}") };
        trouble
    }
}

/// Where the bank wants the browser.
pub async fn accepted(bank: &Oidc, context: &VisitContext<'_>) -> Redirect {
    match bank.request(context).await.expect("a way to the bank") {
        Requested::Accepted(redirect) => redirect,
        other => panic!("{other:?}"),
    }
}

/// A visit and what it came to, from the beginning to the end.
pub async fn visit(banks: &Banks, bank: &Oidc, decision: Decision) -> Proven {
    let visit = Visit::begin(banks, bank.name());
    let landing = visit.decide(banks, bank, decision).await;
    visit.prove(bank, &landing.answer()).await
}

/// A gateway's bank of a kind, which has been prepared.
pub async fn ready(banks: &Banks, kind: &str) -> Oidc {
    let bank = banks.bank(kind, Arc::new(SystemClock));
    bank.prepare().await.unwrap_or_else(|trouble| panic!("{kind}: {trouble}"));
    bank
}

fn consent(answer_to: AnswerTo) -> Consent {
    Consent {
        kind: Kind::Accounts,
        user: UserId::mint([7; 16], Shard::of_byte(7)),
        application_user: None,
        institution: Some("bank".into()),
        country: None,
        features: FeatureRequest::All(vec!["ACCOUNTS".into()]),
        longest: consent::LIFE,
        until: None,
        answer_to,
    }
}
