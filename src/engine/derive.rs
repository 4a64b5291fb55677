//! What follows from a journey and the operator's keys: states, links, tokens, sealed texts. Nothing here reads the
//! store.

use crate::domain::consent::AnswerTo;
use crate::domain::dialect::{Dialect, hand_back_params};
use crate::domain::id::{JourneyId, MerchantId};
use crate::domain::journey::{FinalOutcome, HandBack, Journey, Proof, ProviderRedirect, Purpose};
use crate::domain::message::Message;
use crate::domain::outcome::{Evidence, ResponseKind};
use crate::domain::redirect::Redirect;
use crate::domain::secret::{Digest, Sealed, Secret};
use crate::domain::signature::GatewaySignature;
use crate::domain::terms::OneTime;
use crate::domain::token::{MintedToken, OneTimeToken};
use crate::engine::deps::{Deps, EngineError};
use crate::keys::{ConsentClaims, digest};
use crate::provider::VisitContext;
use crate::store::{Kept, Reservation};

/// What a store keeps of a one-time token.
pub(super) fn token_digest(token: &str) -> Digest {
    digest("one-time token", token.as_bytes())
}

/// What a store keeps of a state.
pub(super) fn state_digest(state: &str) -> Digest {
    digest("state", state.as_bytes())
}

/// What a store keeps of an API key.
pub(super) fn api_key_digest(key: &str) -> Digest {
    digest("api key", key.as_bytes())
}

pub(super) fn response_digest(kind: &ResponseKind) -> u64 {
    let digest = digest("answer", &kind.distinguishing());
    u64::from_be_bytes(*digest.as_bytes().first_chunk().unwrap_or(&[0; 8]))
}

pub(super) fn halves(entropy: [u8; 32]) -> [[u8; 16]; 2] {
    let (mut a, mut b) = ([0; 16], [0; 16]);
    a.copy_from_slice(&entropy[..16]);
    b.copy_from_slice(&entropy[16..]);
    [a, b]
}

pub(super) fn state(deps: &Deps, journey: &Journey, visit: u8) -> Result<String, EngineError> {
    deps.keys.state(journey, visit).ok_or_else(key_gone)
}

/// The `state` of a journey's latest visit, if it has one.
pub fn latest_state(deps: &Deps, journey: &Journey) -> Option<String> {
    let latest = u8::try_from(journey.visits().len().checked_sub(1)?).ok()?;
    state(deps, journey, latest).ok()
}

/// A page of ours about this journey.
pub(super) fn page(deps: &Deps, journey: &Journey, path: &'static str) -> Result<Redirect, EngineError> {
    let link = deps.keys.link(journey).ok_or_else(key_gone)?;
    Ok(Redirect::own(&deps.public_url, path, &[("link_id", &link)]))
}

/// The text that opens a journey's pages.
///
/// # Errors
/// When the journey's key is gone.
pub fn link(deps: &Deps, journey: &Journey) -> Result<String, EngineError> {
    deps.keys.link(journey).ok_or_else(key_gone)
}

/// The address at which a journey's customer begins: to pay, or to agree.
///
/// # Errors
/// When the journey's key is gone.
pub fn pay_link(deps: &Deps, journey: &Journey) -> Result<String, EngineError> {
    page(deps, journey, page_of(journey)).map(|page| page.as_str().to_owned())
}

/// The one-time token of a final outcome, where the journey's terms want one.
pub(super) fn token_of(deps: &Deps, journey: &Journey, number: u8) -> Result<Option<OneTimeToken>, EngineError> {
    if journey.opening().settings.one_time_token == OneTime::Off {
        return Ok(None);
    }
    deps.keys.one_time_token(journey, number).map(Some).ok_or_else(key_gone)
}

/// The token of a hand-back as the store keeps it.
pub(super) fn minted(deps: &Deps, journey: &Journey, number: u8) -> Result<Option<MintedToken>, EngineError> {
    let token = token_of(deps, journey, number)?;
    let expires_at = deps.clock.now().plus(journey.opening().settings.token_life);
    Ok(token.map(|token| MintedToken { digest: token_digest(token.reveal()), expires_at }))
}

/// What a provider has to know of a visit.
pub(super) fn context(deps: &Deps, journey: &Journey, visit: u8) -> Result<VisitTexts, EngineError> {
    let own = || deps.public_url.page(&format!("/return/{}", journey.provider_of(visit)), &[]);
    let redirect_uri = app_address(deps, journey)?.unwrap_or_else(own);
    Ok(VisitTexts {
        state: state(deps, journey, visit)?,
        verifier: deps.keys.verifier(journey, visit).ok_or_else(key_gone)?,
        redirect_uri,
        institution: journey.institution().and_then(|id| deps.institution(id)).map(|known| known.name.clone()),
    })
}

/// What a [`VisitContext`] is made of.
pub(super) struct VisitTexts {
    state: String,
    verifier: Secret,
    redirect_uri: String,
    institution: Option<String>,
}

impl VisitTexts {
    pub(super) fn of<'a>(&'a self, journey: &'a Journey) -> VisitContext<'a> {
        let Self { state, verifier, redirect_uri, institution } = self;
        // Yapily's `state` and `nonce` are one text, and its clients have seen them so.
        let institution = institution.as_deref();
        VisitContext { journey, state, nonce: state, verifier, redirect_uri, institution }
    }
}

/// The address of the app that takes the provider's answer itself, where one does: its provider knows no other.
///
/// # Errors
/// When the journey's dialect is gone.
pub(super) fn app_address(deps: &Deps, journey: &Journey) -> Result<Option<String>, EngineError> {
    let opening = journey.opening();
    if let Some(AnswerTo::App(url)) = opening.purpose.consent().map(|consent| &consent.answer_to) {
        return Ok(Some(url.clone()));
    }
    let dialect = deps.dialect(&opening.dialect)?;
    match opening.plan.destination_for(None).filter(|_| dialect.lets_app_answer(journey)) {
        Some(entry) => {
            let nothing = HandBack::default();
            Ok(Some(entry.url.filled(&hand_back_params(dialect, journey, &nothing))?))
        }
        None => Ok(None),
    }
}

/// Where the browser of a journey has to go, as its provider has said ahead. `None` while that is not known, and
/// when the journey was not opened so.
///
/// # Errors
/// When the journey's key is gone.
pub fn provider_redirect(deps: &Deps, journey: &Journey) -> Result<Option<String>, EngineError> {
    let Some(ProviderRedirect::Known { url, .. }) = journey.visits().last().and_then(|last| last.redirect.as_ref())
    else {
        return Ok(None);
    };
    let url = deps.keys.open(url, journey.id().as_bytes()).and_then(|text| String::from_utf8(text.to_vec()).ok());
    url.map(Some).ok_or_else(key_gone)
}

/// The consent token of a journey, if its customer has agreed: the same bytes every time.
pub fn consent_token(deps: &Deps, journey: &Journey) -> Option<Secret> {
    unseal(deps, journey, &journey.grant()?.token)
}

/// What the provider gave for the customer's agreement, as JSON.
pub fn provider_tokens(deps: &Deps, journey: &Journey) -> Option<Secret> {
    unseal(deps, journey, &journey.grant()?.provider_tokens)
}

fn unseal(deps: &Deps, journey: &Journey, sealed: &Sealed) -> Option<Secret> {
    let plain = deps.keys.open(sealed, journey.id().as_bytes())?;
    Some(Secret::new(std::str::from_utf8(&plain).ok()?))
}

pub(super) fn sign_consent(deps: &Deps, journey: &Journey) -> Result<Secret, EngineError> {
    let claims = claims(journey, journey.institution().unwrap_or_default());
    let claims = claims.ok_or_else(|| EngineError::Missing("consent in this journey".into()))?;
    deps.keys.sign_consent(&journey.opening().key, &claims).ok_or_else(key_gone)
}

/// What the token of a journey's consent says. `None` when it is about something else.
pub(super) fn claims(journey: &Journey, institution: &str) -> Option<ConsentClaims> {
    let consent = journey.opening().purpose.consent()?;
    Some(ConsentClaims {
        institution: institution.to_owned(),
        consent: journey.id().to_string(),
        application_user: consent.application_user.as_ref().map(|own| own.as_str().to_owned()),
        user: consent.user.to_string(),
    })
}

/// The signature that stands on a journey's way home, where its dialect has one.
///
/// # Errors
/// When the journey's key or dialect is gone.
pub fn gateway_signature(deps: &Deps, journey: &Journey) -> Result<Option<GatewaySignature>, EngineError> {
    let Some(final_outcome) = journey.final_outcome() else { return Ok(None) };
    signature(deps, deps.dialect(&journey.opening().dialect)?, journey, final_outcome)
}

/// The public keys that verify such signatures, the current one first.
pub fn gateway_keys(deps: &Deps) -> Vec<[u8; 32]> {
    deps.keys.gateway_keys()
}

pub(super) fn signature(
    deps: &Deps,
    dialect: &dyn Dialect,
    journey: &Journey,
    final_outcome: &FinalOutcome,
) -> Result<Option<GatewaySignature>, EngineError> {
    let Some(text) = dialect.signed_text(journey, final_outcome) else { return Ok(None) };
    deps.keys.gateway_signature(journey, text.as_bytes()).map(Some).ok_or_else(key_gone)
}

/// What a job sends. `None` when it is none, or its key is gone.
pub fn message_of(deps: &Deps, journey: &Journey) -> Option<Message> {
    let message = &journey.opening().purpose.job()?.message;
    let text = deps.keys.open(message, journey.id().as_bytes())?;
    Message::read(std::str::from_utf8(&text).ok()?)
}

/// What a job was finished with, as JSON. `None` when that is nothing.
///
/// # Errors
/// When its key is gone.
pub fn result_of(deps: &Deps, journey: &Journey) -> Result<Option<Secret>, EngineError> {
    let Some(sealed) = journey.result() else { return Ok(None) };
    let opened = deps.keys.open(sealed, journey.id().as_bytes());
    let text = opened.as_ref().and_then(|opened| std::str::from_utf8(opened).ok());
    text.map(|text| Some(Secret::new(text))).ok_or_else(key_gone)
}

pub(super) fn sealed_for(deps: &Deps, id: &JourneyId, text: &Secret) -> Result<Sealed, EngineError> {
    let sealed = deps.keys.seal(text.reveal().as_bytes(), id.as_bytes(), deps.clock.entropy());
    sealed.ok_or_else(|| EngineError::Missing("key to seal with".into()))
}

/// Seals a secret for a merchant, so that it can be kept.
///
/// # Errors
/// When the operator's keys cannot seal.
pub fn seal_for(deps: &Deps, merchant: MerchantId, secret: &Secret) -> Result<Sealed, EngineError> {
    let sealed = deps.keys.seal(secret.reveal().as_bytes(), merchant.as_bytes(), deps.clock.entropy());
    sealed.ok_or_else(|| EngineError::Missing("key to seal with".into()))
}

pub(super) fn holding(deps: &Deps, journey: &Journey, evidence: &Evidence) -> Result<Proof, EngineError> {
    let (code, signed) = (evidence.code.reveal(), evidence.signed.as_ref().map_or("", Secret::reveal));
    let text = format!("{}\n{code}{signed}", code.len());
    let sealed = deps.keys.seal(text.as_bytes(), journey.id().as_bytes(), deps.clock.entropy());
    let evidence = sealed.ok_or_else(key_gone)?;
    Ok(Proof::Held { evidence, until: deps.clock.now().plus(Journey::HELD) })
}

pub(super) fn unsealed(deps: &Deps, journey: &Journey, evidence: &Sealed) -> Option<Evidence> {
    let text = deps.keys.open(evidence, journey.id().as_bytes())?;
    let (length, rest) = std::str::from_utf8(&text).ok()?.split_once('\n')?;
    let (code, signed) = rest.split_at_checked(length.parse().ok()?)?;
    let signed = Some(signed).filter(|signed| !signed.is_empty()).map(Secret::new);
    Some(Evidence { code: Secret::new(code), signed })
}

/// What an `Idempotency-Key` of a merchant reserves for a request: a key counts for each route apart.
pub fn reservation_for(merchant: MerchantId, route: &str, key: &str, content: &[&[u8]]) -> Reservation {
    Reservation {
        key: digest("idempotency key", &[merchant.as_bytes(), route.as_bytes(), key.as_bytes()].join(&0)),
        request: digest("request", &content.join(&0)),
        kept: Kept::ADay,
    }
}

/// What a reference reserves that a merchant uses once on a route, for as long as its journey is kept.
pub fn reservation_for_reference(merchant: MerchantId, route: &str, reference: &str) -> Reservation {
    let key = [merchant.as_bytes(), route.as_bytes(), reference.as_bytes()].join(&0);
    Reservation { key: digest("reference", &key), request: digest("request", &[]), kept: Kept::WithItsJourney }
}

/// The key of a journey's texts is not in the operator's key ring any more.
pub(super) fn key_gone() -> EngineError {
    EngineError::Missing("key that this journey was opened under".into())
}

/// The page of a checkout: where it is paid while it is open, and what became of it afterwards.
pub const PAYMENT_PAGE: &str = "/payment";

/// The page of a consent: it leads to the provider while it is open, and says what became of it afterwards.
pub const CONSENT_PAGE: &str = "/consent";

/// The page that opens a checkout's app.
const PAYMENT_APP_PAGE: &str = "/payment/app";

/// The page that opens a consent's app.
const CONSENT_APP_PAGE: &str = "/consent/app";

/// The page of ours that a journey is on.
pub const fn page_of(journey: &Journey) -> &'static str {
    match journey.opening().purpose {
        Purpose::Checkout(_) | Purpose::Operation(_) | Purpose::Job(_) => PAYMENT_PAGE,
        Purpose::Consent(_) => CONSENT_PAGE,
    }
}

/// The page of ours that opens a journey's app.
pub(super) const fn app_page_of(journey: &Journey) -> &'static str {
    match journey.opening().purpose {
        Purpose::Checkout(_) | Purpose::Operation(_) | Purpose::Job(_) => PAYMENT_APP_PAGE,
        Purpose::Consent(_) => CONSENT_APP_PAGE,
    }
}
