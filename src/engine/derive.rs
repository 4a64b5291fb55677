//! What follows from a journey and the operator's keys: states, links, tokens, sealed texts. Nothing here reads the
//! store.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::dialect::hand_back_params;
use crate::domain::journey::Proof;
use crate::domain::message::Message;
use crate::domain::{
    AnswerTo, CreatedPayment, Dialect, Digest, Evidence, FinalOutcome, GatewaySignature, HandBack, Journey, MerchantId,
    MintedToken, OneTime, OneTimeToken, PaymentReference, ProviderRedirect, Purpose, Redirect, ResponseId,
    ResponseKind, Sealed, Secret, UnixMillis,
};
use crate::engine::deps::{Deps, EngineError, Result};
use crate::keys::{ConsentClaims, LINK_LENGTH, digest};
use crate::provider::{Provider, VisitContext};
use crate::store::{Kept, Reservation};

/// What a store keeps of a one-time token: in another merchant's hands it is another one.
pub(super) fn token_digest(merchant: MerchantId, token: &OneTimeToken) -> Digest {
    digest("one-time token", &[merchant.as_bytes(), token.reveal().as_bytes()].concat())
}

/// What a store keeps of an API key.
pub(super) fn api_key_digest(key: &str) -> Digest {
    digest("api key", key.as_bytes())
}

/// Which response to a visit this is.
pub(super) fn response_id(visit: u8, kind: &ResponseKind) -> ResponseId {
    let digest = digest("answer", &kind.distinguishing());
    let response_digest = u64::from_be_bytes(*digest.as_bytes().first_chunk().unwrap_or(&[0; 8]));
    ResponseId { visit, response_digest }
}

pub(super) fn halves(entropy: [u8; 32]) -> [[u8; 16]; 2] {
    let (mut a, mut b) = ([0; 16], [0; 16]);
    a.copy_from_slice(&entropy[..16]);
    b.copy_from_slice(&entropy[16..]);
    [a, b]
}

pub(super) fn state(deps: &Deps, journey: &Journey, visit: u8) -> Result<String> {
    deps.keys.state(journey, visit).ok_or_else(key_gone)
}

/// The `state` of a journey's latest visit, if it has one, as an API of 32 hexadecimal digits answers it: no browser
/// comes back under that, so that who knows it has learned nothing.
pub fn latest_api_state(deps: &Deps, journey: &Journey) -> Option<String> {
    deps.keys.api_state(journey, journey.last_visit()?)
}

/// Our page about this journey.
pub(super) fn page(deps: &Deps, journey: &Journey, path: &'static str) -> Result<Redirect> {
    let link = deps.keys.link(journey).ok_or_else(key_gone)?;
    Ok(Redirect::own(&deps.public_url, path, &[("link_id", &link)]))
}

/// The text that opens a journey's pages.
///
/// # Errors
/// When the journey's key is gone.
pub fn link(deps: &Deps, journey: &Journey) -> Result<String> {
    deps.keys.link(journey).ok_or_else(key_gone)
}

/// The address at which a journey's customer begins: to pay, or to agree.
///
/// # Errors
/// When the journey's key is gone.
pub fn pay_link(deps: &Deps, journey: &Journey) -> Result<String> {
    page(deps, journey, page_of(journey)).map(|page| page.as_str().to_owned())
}

/// The one-time token of a final outcome, where the journey's settings want one.
pub(super) fn token_of(deps: &Deps, journey: &Journey, number: u8) -> Result<Option<OneTimeToken>> {
    if journey.opening().settings.one_time_token == OneTime::Off {
        return Ok(None);
    }
    deps.keys.one_time_token(journey, number).map(Some).ok_or_else(key_gone)
}

/// The token of a hand-back as the store keeps it.
pub(super) fn minted(deps: &Deps, journey: &Journey, number: u8) -> Result<Option<MintedToken>> {
    let (merchant, life) = (journey.opening().merchant, journey.opening().settings.token_life.get());
    Ok(token_of(deps, journey, number)?.map(|token| MintedToken { digest: token_digest(merchant, &token), life }))
}

/// The provider of a visit, and what it must know of it.
pub(super) fn visit_at<'a>(
    deps: &Deps,
    journey: &'a Journey,
    visit: u8,
) -> Result<(Arc<dyn Provider>, VisitContext<'a>)> {
    let provider = deps.provider(journey.provider_of(visit))?;
    let own = || deps.public_url.page(&format!("/return/{}", journey.provider_of(visit)), &[]);
    let context = VisitContext {
        journey,
        visit,
        redirect_uri: app_address(deps, journey)?.unwrap_or_else(own),
        state: state(deps, journey, visit)?,
        verifier: deps.keys.verifier(journey, visit).ok_or_else(key_gone)?,
        institution: journey.institution().and_then(|id| deps.institution(id)).map(|known| known.name.clone()),
    };
    Ok((provider, context))
}

/// A journey whose visit has just begun, with the payment that its provider is to create, where it creates one.
pub(super) fn intending_payment(deps: &Deps, journey: Journey, visit: u8) -> Journey {
    match deps.provider(journey.provider_of(visit)) {
        Ok(provider) if provider.creates_payment(&journey) => {
            let wait = provider.ask_schedule().wait(0, deps.clock.draw());
            let ask_at = by_expiry(&journey, deps.clock.now(), wait);
            journey.intending_payment(visit, ask_at)
        }
        Ok(_) | Err(_) => journey,
    }
}

/// The moment after this wait, or that of the journey's expiry where that comes before.
pub(super) fn by_expiry(journey: &Journey, now: UnixMillis, wait: Duration) -> UnixMillis {
    let (at, expires_at) = (now.plus(wait), journey.expires_at());
    if journey.final_outcome().is_none() && now < expires_at { at.min(expires_at) } else { at }
}

/// The key of the reservation under which a late payment is given back, once.
pub(super) fn late_refund_key(payment: &Journey) -> Digest {
    in_shard_of(payment, digest("late refund", payment.id().as_bytes()))
}

/// The key of the reservation under which an operation of a payment is opened, once, that its provider calls so.
pub(super) fn reported_operation_key(payment: &Journey, id: &str) -> Digest {
    in_shard_of(payment, digest("reported operation", &[payment.id().as_bytes(), id.as_bytes()].concat()))
}

/// A key in the shard of its journey.
fn in_shard_of(journey: &Journey, key: Digest) -> Digest {
    let mut key = *key.as_bytes();
    key[0] = journey.pay_id().shard().written_into(key[0]);
    Digest::new(key)
}

/// The answer that stands for whatever comes of a visit's payment, whether a browser has brought it or not.
pub(super) fn payment_response_id(visit: u8) -> ResponseId {
    response_id(visit, &ResponseKind::Returned)
}

/// The page where the customer of a visit pays; `None` while it is not known.
pub(super) fn payment_page(deps: &Deps, journey: &Journey, visit: u8) -> Result<Option<Redirect>> {
    let Some(created) = journey.payment(visit).and_then(|payment| payment.created.as_ref()) else { return Ok(None) };
    let Some(page) = &created.page else { return Ok(None) };
    let page = unseal(deps, journey, page).ok_or_else(key_gone)?;
    Ok(Some(Redirect::to_provider(page.reveal().to_owned())))
}

/// What an app needs that creates a journey's payment at the provider itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The reference that the payment must have.
    pub reference: String,
    /// Where its customer must be sent back to.
    pub return_url: String,
    /// Where the provider must notify.
    pub notification_url: String,
}

/// What the app needs that creates the payment of this journey itself; `None` of any other journey.
///
/// # Errors
/// When the journey's key is gone.
pub fn attachment(deps: &Deps, journey: &Journey) -> Result<Option<Attachment>> {
    if !journey.payment(0).is_some_and(|payment| payment.attached) {
        return Ok(None);
    }
    let (provider, state) = (journey.provider_of(0), state(deps, journey, 0)?);
    Ok(Some(Attachment {
        reference: PaymentReference { journey: journey.pay_id(), visit: 0 }.to_string(),
        return_url: deps.public_url.page(&format!("/return/{provider}"), &[("state", &state)]),
        notification_url: deps.public_url.page(&format!("/notify/{provider}"), &[]),
    }))
}

/// What a provider has created, as a journey keeps it.
pub(super) fn created_payment(
    deps: &Deps,
    journey: &Journey,
    reference: String,
    page: &Redirect,
) -> Result<CreatedPayment> {
    let page = seal(deps, journey.id().as_bytes(), page.as_str().as_bytes())?;
    Ok(CreatedPayment { reference, page: Some(page) })
}

/// The address of the app that takes the provider's answer itself, where one does: its provider knows no other.
///
/// # Errors
/// When the journey's dialect is gone.
pub(super) fn app_address(deps: &Deps, journey: &Journey) -> Result<Option<String>> {
    let opening = journey.opening();
    if let Some(AnswerTo::App(url)) = opening.purpose.consent().map(|consent| &consent.answer_to) {
        return Ok(Some(url.clone()));
    }
    let dialect = deps.dialect(&opening.dialect)?;
    match opening.plan.destination_for(None).filter(|_| dialect.lets_app_answer(journey)) {
        Some(entry) => Ok(Some(entry.url.filled(&hand_back_params(dialect, journey, &HandBack::default()))?)),
        None => Ok(None),
    }
}

/// Where the browser of a journey must go, as its provider has answered ahead. `None` while that is not known, and
/// when the journey was not opened so.
///
/// # Errors
/// When the journey's key is gone.
pub fn provider_redirect(deps: &Deps, journey: &Journey) -> Result<Option<String>> {
    let redirect = known_redirect(deps, journey, journey.last_visit().unwrap_or_default())?;
    Ok(redirect.map(|redirect| redirect.as_str().to_owned()))
}

/// [`provider_redirect`], of this visit.
pub(super) fn known_redirect(deps: &Deps, journey: &Journey, visit: u8) -> Result<Option<Redirect>> {
    match journey.visits().get(usize::from(visit)).and_then(|visit| visit.redirect.as_ref()) {
        Some(ProviderRedirect::Known { url, .. }) => {
            let url = unseal(deps, journey, url).ok_or_else(key_gone)?;
            Ok(Some(Redirect::to_provider(url.reveal().to_owned())))
        }
        _ => Ok(None),
    }
}

/// The consent token of a journey, if its customer has agreed: the same bytes every time.
pub fn consent_token(deps: &Deps, journey: &Journey) -> Option<Secret> {
    unseal(deps, journey, &journey.grant()?.token)
}

/// What the provider gave for the customer's agreement, as JSON.
pub fn provider_tokens(deps: &Deps, journey: &Journey) -> Option<Secret> {
    unseal(deps, journey, &journey.grant()?.provider_tokens)
}

pub(super) fn unseal(deps: &Deps, journey: &Journey, sealed: &Sealed) -> Option<Secret> {
    deps.keys.open_text(sealed, journey.id().as_bytes())
}

pub(super) fn sign_consent(deps: &Deps, journey: &Journey) -> Result<Secret> {
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

/// The signature on a journey's redirect home, where its dialect has one.
///
/// # Errors
/// When the journey's key or dialect is gone.
pub fn gateway_signature(deps: &Deps, journey: &Journey) -> Result<Option<GatewaySignature>> {
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
) -> Result<Option<GatewaySignature>> {
    let Some(text) = dialect.signed_text(journey, final_outcome) else { return Ok(None) };
    deps.keys.gateway_signature(journey, text.as_bytes()).map(Some).ok_or_else(key_gone)
}

/// What a job sends. `None` when it is none, or its key is gone.
pub fn message_of(deps: &Deps, journey: &Journey) -> Option<Message> {
    Message::read(unseal(deps, journey, &journey.opening().purpose.job()?.message)?.reveal())
}

/// What a job was finished with, as JSON. `None` when that is nothing.
///
/// # Errors
/// When its key is gone.
pub fn result_of(deps: &Deps, journey: &Journey) -> Result<Option<Secret>> {
    journey.result().map(|sealed| unseal(deps, journey, sealed).ok_or_else(key_gone)).transpose()
}

/// Seals a secret for a merchant, so that it can be kept.
///
/// # Errors
/// When the operator's keys cannot seal.
pub fn seal_for(deps: &Deps, merchant: MerchantId, secret: &Secret) -> Result<Sealed> {
    seal(deps, merchant.as_bytes(), secret.reveal().as_bytes())
}

/// Seals something for its owner, a merchant or a journey.
pub(super) fn seal(deps: &Deps, owner: &[u8], plain: &[u8]) -> Result<Sealed> {
    deps.keys.seal(plain, owner, deps.clock.entropy()).ok_or_else(no_key)
}

pub(super) fn no_key() -> EngineError {
    EngineError::Missing("key to seal with".into())
}

pub(super) fn holding(deps: &Deps, journey: &Journey, evidence: &Evidence) -> Result<Proof> {
    let (code, signed) = (evidence.code.reveal(), evidence.signed.as_ref().map_or("", Secret::reveal));
    let text = format!("{}\n{code}{signed}", code.len());
    let evidence = seal(deps, journey.id().as_bytes(), text.as_bytes())?;
    Ok(Proof::Held { evidence, until: deps.clock.now().plus(Journey::HELD) })
}

pub(super) fn unsealed(deps: &Deps, journey: &Journey, evidence: &Sealed) -> Option<Evidence> {
    let text = unseal(deps, journey, evidence)?;
    let (length, rest) = text.reveal().split_once('\n')?;
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

/// An address as long as that of any journey's [`PAYMENT_PAGE`].
pub fn longest_payment_page(deps: &Deps) -> String {
    deps.public_url.page(PAYMENT_PAGE, &[("link_id", &"x".repeat(LINK_LENGTH))])
}

/// The page of a consent: it leads to the provider while it is open, and says what became of it afterwards.
pub const CONSENT_PAGE: &str = "/consent";

/// The page that opens a checkout's app.
const PAYMENT_APP_PAGE: &str = "/payment/app";

/// The page that opens a consent's app.
const CONSENT_APP_PAGE: &str = "/consent/app";

/// The page that tells the merchant's page which has opened it how a payment ended.
pub(super) const POPUP_PAGE: &str = "/payment/popup";

/// Our page that a journey is on.
pub fn page_of(journey: &Journey) -> &'static str {
    match journey.opening().purpose {
        Purpose::Checkout(_) | Purpose::Operation(_) | Purpose::Job(_) => PAYMENT_PAGE,
        Purpose::Consent(_) => CONSENT_PAGE,
    }
}

/// Our page that opens a journey's app.
pub(super) fn app_page_of(journey: &Journey) -> &'static str {
    match journey.opening().purpose {
        Purpose::Checkout(_) | Purpose::Operation(_) | Purpose::Job(_) => PAYMENT_APP_PAGE,
        Purpose::Consent(_) => CONSENT_APP_PAGE,
    }
}
