//! SEND: the customer is sent to the provider, under our state.

use std::sync::Arc;

use futures_util::future::FutureExt as _;
use tokio::time::Instant;

use crate::domain::journey::{Choice, PhonePress};
use crate::domain::{Institution, Journey, ProviderRefusal, Purpose, Redirect, ResponseKind};
use crate::engine::visitor::{VisitCookie, Visitor};
use crate::engine::{Engine, ask, commit, conclude, derive, find, phone_code, redirect, visit, visitor};
use crate::engine::{deps::Result, phone_code::NoCode, visit::Visit};
use crate::provider::Requested;

/// Where a browser is sent, and the cookie that it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Where to.
    pub redirect: Redirect,
    /// The cookie by which it is known when it comes back.
    pub cookie: VisitCookie,
}

/// What became of a request to leave.
#[derive(Debug)]
pub enum SendResult {
    /// The browser leaves.
    Sent(Sent),
    /// The provider is late: the browser looks at our light page and asks again.
    Late(Box<Journey>),
    /// The customer must choose an institution, or a provider, first.
    Choose(Box<Journey>),
    /// The journey has ended; it can only go home.
    Ended(Box<Journey>),
    /// It has been tried too often.
    TooOften(Box<Journey>),
    /// The phone has no code that it may use.
    NoCode(NoCode, Box<Journey>),
    /// It is under way on the customer's other device, and cannot be begun here.
    Elsewhere(Box<Journey>),
    /// The provider could not be asked now.
    NoProvider(Box<Journey>),
    /// The provider refused the request: the browser goes where that leads.
    Refused(Redirect),
}

/// What a customer chose on our page.
#[derive(Debug, Clone, Copy)]
pub enum Chosen<'a> {
    /// The institution of this id.
    Institution(&'a str),
    /// The provider at this place among those that were offered.
    Provider(usize),
}

/// Who asks to be sent.
#[derive(Clone, Copy)]
pub enum Sender<'a> {
    /// The browser that has this link.
    Link(&'a str),
    /// The phone that has read this code, with the cookies that it shows.
    Phone(&'a str, &'a Visitor),
}

/// A request to leave.
#[derive(Clone, Copy)]
pub struct SendRequest<'a> {
    /// Who asks.
    pub sender: Sender<'a>,
    /// What the customer chose on our page.
    pub chosen: Option<Chosen<'a>>,
    /// The version of the text that asked for a consent there.
    pub text: Option<&'a str>,
    /// When head and body had been read.
    pub at: Instant,
}

/// Sends the customer of a link or of a phone code to the provider; a second press is the same visit. `None` when there
/// is no such link or code.
///
/// # Errors
/// When the store is in trouble, or the journey's key is gone.
pub async fn send_to_provider(engine: &Arc<Engine>, request: SendRequest<'_>) -> Result<Option<SendResult>> {
    let (journey, press) = match request.sender {
        Sender::Link(link) => match find::look(&engine.deps, link).await? {
            Some(journey) => (journey, None),
            None => return Ok(None),
        },
        // Boxed, so that links have no room for it.
        Sender::Phone(code, visitor) => match Box::pin(find::journey_of_phone_code(&engine.deps, code)).await? {
            Some((journey, code_at)) => match phone_code::press(&engine.deps, &journey, visitor, code_at) {
                Ok(press) => (journey, Some(press)),
                Err(why) => return Ok(Some(SendResult::NoCode(why, Box::new(journey)))),
            },
            None => return Ok(None),
        },
    };
    if !journey.opening().purpose.needs_customer() {
        return Ok(Some(SendResult::Ended(Box::new(journey))));
    }
    let chosen = choice(engine, &journey, (request.chosen, request.text));
    // A phone begins a visit of its own, whatever another device has chosen.
    let begins =
        |press: PhonePress| !journey.opening().choices.is_empty() && journey.visit_of_code(press.code_at).is_none();
    if chosen.is_none() && (journey.awaits_choice() || press.is_some_and(begins)) {
        return Ok(Some(SendResult::Choose(Box::new(journey))));
    }
    let provider = chosen.as_ref().map_or_else(|| last_provider(&journey), |chosen| &chosen.provider);
    if journey.final_outcome().is_none() && engine.deps.provider(provider).is_err() {
        let journey = Box::new(journey);
        let asks = journey.institution().is_none() && matches!(journey.opening().purpose, Purpose::Consent(_));
        return Ok(Some(if asks { SendResult::Choose(journey) } else { SendResult::NoProvider(journey) }));
    }
    let Some((journey, visit)) = commit::unless_gone(visit::begin_for(&engine.deps, journey, chosen, press).await)?
    else {
        return Ok(None);
    };
    Ok(Some(match visit {
        Visit::Ended => SendResult::Ended(Box::new(journey)),
        Visit::TooOften => SendResult::TooOften(Box::new(journey)),
        Visit::UnderWay(visit) => match journey.phone_visit(visit).map(|phone| phone.press) {
            own if own == press => send_off(engine, journey, visit, request.at).await?,
            Some(other) if press.is_some_and(|press| press.code_at == other.code_at) => {
                SendResult::NoCode(NoCode::Used, Box::new(journey))
            }
            // One that is ordered, or being closed, is no other device's to begin.
            _ => SendResult::Elsewhere(Box::new(journey)),
        },
    }))
}

/// The institutions where the customer of a journey may go: what was asked for holds to its end. Their provider is
/// there, and takes payments if it is to take one.
pub fn eligible<'a>(engine: &'a Engine, journey: &'a Journey) -> impl Iterator<Item = &'a Institution> {
    let purpose = &journey.opening().purpose;
    let named = purpose.institution();
    let can = move |institution: &&Institution| match purpose {
        Purpose::Consent(consent) => consent.scope_at(institution).is_some(),
        _ => named.is_none_or(|named| institution.id == named),
    };
    let shown = purpose.payee_beside(journey.opening().merchant_name.as_str());
    // As when it opens: what is no part of a request, a provider cannot be asked.
    let takes = move |institution: &&Institution| match engine.deps.provider(&institution.provider) {
        _ if !purpose.needs_payments() => true,
        Ok(provider) => provider.takes_payments() && provider.takes(purpose) && provider.pays(shown),
        Err(_) => false,
    };
    let mode = journey.opening().mode.unwrap_or(engine.deps.usual_mode);
    engine.deps.institutions_of((journey.opening().merchant, mode)).filter(can).filter(takes)
}

/// Where the customer wants to go, if it is the customer who decides, and may go there.
fn choice(engine: &Engine, journey: &Journey, (chosen, text): (Option<Chosen<'_>>, Option<&str>)) -> Option<Choice> {
    let purpose = &journey.opening().purpose;
    let wanted = match chosen? {
        Chosen::Institution(id) => id,
        Chosen::Provider(place) => {
            let provider = journey.opening().choices.get(place)?.clone();
            return Some(Choice { institution: None, provider, scope: Vec::new(), text: None });
        }
    };
    let chosen = eligible(engine, journey).find(|eligible| eligible.id == wanted)?;
    let chosen = Some(chosen).filter(|_| purpose.institution().is_none())?;
    let scope = purpose.consent().and_then(|consent| consent.scope_at(chosen)).unwrap_or_default();
    let (institution, provider) = (Some(chosen.id.clone()), chosen.provider.clone());
    Some(Choice { institution, provider, scope, text: text.map(str::to_owned) })
}

/// Asks the provider where to send the browser, and waits for that as long as the budget allows.
async fn send_off(engine: &Arc<Engine>, journey: Journey, visit: u8, at: Instant) -> Result<SendResult> {
    // However often it is pressed, there is one payment.
    if let Some(page) = derive::payment_page(&engine.deps, &journey, visit)? {
        return sent(engine, &journey, visit, page);
    }
    // Its app creates the payment, and sends the customer there itself.
    if journey.payment(visit).is_some_and(|payment| payment.attached) {
        return Ok(SendResult::NoProvider(Box::new(journey)));
    }
    let key = (journey.pay_id(), visit);
    let flight = engine.outbound.join(key, || {
        let (engine, journey) = (Arc::clone(engine), journey.clone());
        async move { ask::request(&engine.deps, &journey, visit).await }.boxed()
    });
    let Ok(asked) = tokio::time::timeout_at(at + engine.deps.provider_timeout(), flight).await else {
        return Ok(SendResult::Late(Box::new(journey)));
    };
    // A provider may let its answer be used once only: the next press asks for another.
    engine.outbound.forget(&key);
    match asked? {
        Ok(Requested::Refused(error)) => Box::pin(refused(engine, journey, visit, error, at)).await,
        Ok(Requested::Accepted(redirect) | Requested::Created { page: redirect, .. }) => {
            sent(engine, &journey, visit, redirect)
        }
        Err(trouble) => {
            tracing::warn!(provider = journey.provider_of(visit), error = %trouble, "send.provider_trouble");
            Ok(SendResult::NoProvider(Box::new(journey)))
        }
    }
}

fn sent(engine: &Engine, journey: &Journey, visit: u8, redirect: Redirect) -> Result<SendResult> {
    let cookie = visitor::visit_cookie(&engine.deps, journey, visit)?;
    Ok(SendResult::Sent(Sent { redirect, cookie }))
}

/// Concludes what a provider said before any browser came to it: the same as if the browser had brought the error
/// back.
async fn refused(
    engine: &Engine,
    journey: Journey,
    visit: u8,
    error: ProviderRefusal,
    at: Instant,
) -> Result<SendResult> {
    let response_id = match journey.payment(visit) {
        Some(_) => derive::payment_response_id(visit),
        None => derive::response_id(visit, &ResponseKind::Error(error.clone())),
    };
    let fact = ask::unpaid(&journey, visit, &error);
    let concluded = conclude::by_response(&engine.deps, journey, &fact, response_id).await?;
    commit::await_announcement(&engine.deps, concluded.announcement.clone(), at).await;
    // Somebody may have asked for its end while the provider was asked.
    let is_open = concluded.journey.final_outcome().is_none();
    let concluded = conclude::as_asked(&engine.deps, concluded, visit).await?;
    let journey = concluded.journey.as_ref().clone();
    if is_open && journey.final_outcome().is_some() {
        return Ok(SendResult::Ended(Box::new(journey)));
    }
    // No browser has brought this error: it leads this one on, which has just asked. What ended otherwise asks who
    // comes.
    if journey.counts(response_id) {
        return Ok(SendResult::Refused(redirect::to_end(&engine.deps, &journey, &concluded.end, Some(visit))?));
    }
    Ok(SendResult::Ended(Box::new(journey)))
}

/// The provider that the customer was last sent to, or will be.
fn last_provider(journey: &Journey) -> &str {
    journey.provider_of(journey.last_visit().unwrap_or_default())
}
