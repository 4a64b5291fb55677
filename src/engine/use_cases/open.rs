//! OPEN: a merchant's call becomes a journey, with its callbacks resolved and frozen.

use crate::domain::dialect::hand_back_params;
use crate::domain::{
    AppLinks, CallbackUrl, Cause, Device, DeviceResponse, FinalOutcome, HandBack, Invalid, Journey, Merchant,
    OpenRequest, Outcome, Params, PlannedCallback, ProviderRefusal, WebhookEndpoint,
};
use crate::engine::{Engine, accounts, create, derive, draft, lapse, longest, visit};
use crate::engine::{deps::Result, longest::LARGEST};
use crate::store::{Opened, Reservation};

/// What a journey would be, without being one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsed {
    /// Where it would end: the destination, then the background callbacks.
    pub entries: Vec<Rehearsal>,
    /// The payment endpoints that would get a webhook.
    pub endpoints: Vec<WebhookEndpoint>,
}

/// Where a journey would end, without being one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// The callback.
    pub entry: PlannedCallback,
    /// The exact URL of each outcome.
    pub urls: Vec<(Outcome, String)>,
    /// How many bytes the longest URL has, of the callback or of its URLs for devices.
    pub longest: usize,
    /// What each kind of device is given, where our page decides that.
    pub devices: Vec<(Device, Vec<(Outcome, DeviceResponse)>)>,
}

/// What a merchant's order came to.
#[derive(Debug)]
pub enum Ordered {
    /// Its journey, as it stands now.
    New(Journey),
    /// The journey that the same reservation opened before.
    Repeated(Journey),
}

/// Opens a journey for a merchant's call; the same reservation opens the same journey. The first visit of a consent
/// whose institution is named is written down at once, so that its `state` is known from the start.
///
/// # Errors
/// When a callback breaks a rule, the reservation's key was used for another call, or the store is in trouble.
pub async fn open(
    engine: &Engine,
    merchant: &Merchant,
    dialect: &str,
    open_request: &OpenRequest,
    reservation: Option<&Reservation>,
) -> Result<Journey> {
    let (journey, _) = create::open(&engine.deps, merchant, dialect, open_request, reservation).await?;
    let is_consent = journey.opening().purpose.consent().is_some();
    if !is_consent || journey.institution().is_none() || !journey.visits().is_empty() {
        return Ok(journey);
    }
    visit::begin_round(&engine.deps, journey).await
}

/// Opens a journey for a merchant's call, and answers whether this call has opened it: for references that may be used
/// once only.
///
/// # Errors
/// As [`open`].
pub async fn order(
    engine: &Engine,
    merchant: &Merchant,
    dialect: &str,
    open_request: &OpenRequest,
    reservation: &Reservation,
) -> Result<Ordered> {
    if let Some(before) = opened_by(engine, reservation).await? {
        return Ok(Ordered::Repeated(before));
    }
    // Another call may have been faster by a moment.
    let (journey, own) = create::open(&engine.deps, merchant, dialect, open_request, Some(reservation)).await?;
    Ok(if own { Ordered::New(journey) } else { Ordered::Repeated(journey) })
}

/// What a reservation has opened. `None` when it is new, or forgotten.
///
/// # Errors
/// When the store is in trouble.
pub async fn opened_by(engine: &Engine, reservation: &Reservation) -> Result<Option<Journey>> {
    Ok(match engine.deps.store.opened_by(reservation).await? {
        Some(Opened::Repeated(journey)) => {
            accounts::know_providers(&engine.deps, &journey).await?;
            Some(lapse::lapse(&engine.deps, *journey).await?)
        }
        Some(Opened::New | Opened::Taken | Opened::Reused) | None => None,
    })
}

/// The exact URL of every outcome that an open request could have, and which endpoints would get a webhook, without
/// opening anything. The number is the largest there can be, and the one-time token and the signature are nobody's.
///
/// # Errors
/// Exactly when [`open`] would refuse the open request.
pub fn rehearse(engine: &Engine, merchant: &Merchant, dialect: &str, open_request: &OpenRequest) -> Result<Rehearsed> {
    let journey = draft::draft(&engine.deps, merchant, dialect, open_request, (LARGEST, None))?;
    let dialect = engine.deps.dialect(dialect)?;
    let (token, consent_token) =
        (derive::token_of(&engine.deps, &journey, 0)?, longest::consent_token(&engine.deps, &journey));
    let final_outcomes = longest::ends(&journey, &ProviderRefusal::new("server_error", None));
    let settings = journey.opening().settings.app_links;
    let entries = journey.opening().plan.entries().enumerate().map(|(index, entry)| {
        let token = token.as_ref().filter(|_| index == 0);
        let params = final_outcomes.iter().map(|final_outcome| {
            let tokens = (token, Some(consent_token.as_str()));
            Ok((final_outcome.outcome, longest::params(&engine.deps, dialect, &journey, final_outcome, tokens)?))
        });
        Ok(rehearsed(entry, &params.collect::<Result<Vec<_>>>()?, settings)?)
    });
    let entries = entries.collect::<Result<_>>()?;
    Ok(Rehearsed { entries, endpoints: journey.opening().plan.endpoints.clone() })
}

/// Where the browser of a journey is handed back with each outcome that there can be: the exact URL, but for what is
/// known only then (the provider's error, a one-time token, a signature). Nothing of an outcome that ends on our own
/// page.
///
/// # Errors
/// When this gateway lacks the journey's dialect.
pub fn outcome_urls(engine: &Engine, journey: &Journey) -> Result<Vec<(Outcome, String)>> {
    let (opening, dialect) = (journey.opening(), engine.deps.dialect(&journey.opening().dialect)?);
    let ends = longest::ends(journey, &ProviderRefusal::new("", None)).into_iter();
    let urls = ends.filter_map(|end| {
        // Its error is not known yet.
        let end = FinalOutcome { cause: Cause::Time, ..end };
        let entry = opening.plan.destination_for(Some(end.outcome))?;
        let hand_back = HandBack { final_outcome: Some(&end), ..HandBack::default() };
        let url = entry.url.with(&hand_back_params(dialect, journey, &hand_back), entry.params_in);
        Some(url.map(|url| (end.outcome, url)))
    });
    Ok(urls.collect::<Result<_, Invalid>>()?)
}

/// Where an entry leads with these parameters.
fn rehearsed(entry: &PlannedCallback, params: &[(Outcome, Params)], settings: AppLinks) -> Result<Rehearsal, Invalid> {
    let all = |url: &CallbackUrl| {
        let written = params.iter().map(|(outcome, params)| Ok((*outcome, url.with(params, entry.params_in)?)));
        written.collect::<Result<Vec<_>, Invalid>>()
    };
    let urls = all(&entry.url)?;
    let device_urls = entry.device_urls.urls().map(|(_, url)| all(url)).collect::<Result<Vec<_>, _>>()?;
    let longest = urls.iter().chain(device_urls.iter().flatten()).map(|(_, url)| url.len()).max();
    let given = |device| {
        let given = params.iter().map(|(outcome, params)| Ok((*outcome, entry.response_for(device, params, None)?)));
        Ok((device, given.collect::<Result<_, Invalid>>()?))
    };
    // The background has no device, and no app link either.
    let devices = Device::ALL.into_iter().filter(|_| entry.needs_page(settings)).map(given);
    Ok(Rehearsal {
        entry: entry.clone(),
        urls,
        longest: longest.unwrap_or_default(),
        devices: devices.collect::<Result<_, Invalid>>()?,
    })
}
