//! The longest URLs that a journey could end in, written when it opens: none of them is found too long when it matters.

use crate::domain::callback::{RESUME, check_length, place};
use crate::domain::dialect::hand_back_params;
use crate::domain::{
    Cause, Dialect, ExtraOutcomes, FinalOutcome, HandBack, Invalid, Journey, JourneyId, OneTimeToken, Opening, Outcome,
    Params, ProviderRefusal, Purpose,
};
use crate::engine::deps::{Deps, Result};
use crate::engine::derive;
use crate::keys::Keys;

/// An id whose number is the largest there can be, for journeys that are only rehearsed.
pub(super) const LARGEST: JourneyId = JourneyId::from_bytes([0xff; 16]);

/// Writes every URL that such a journey could ever end in, so that none of them is too long when it matters. Whether
/// it is refused must not depend on the number that it happens to get.
pub(super) fn check_longest(deps: &Deps, opening: &Opening, dialect: &dyn Dialect) -> Result<()> {
    let longest = ProviderRefusal::new(&"x".repeat(ProviderRefusal::MAX_CODE), Some(&"x".repeat(Params::LEAST_TEXT)));
    let journey = Journey::open(Opening { id: LARGEST, ..opening.clone() });
    let (token, consent_token) = (derive::token_of(deps, &journey, 0)?, consent_token(deps, &journey));
    let (alone, longest_url) = (opening.plan.background.is_empty(), dialect.longest_url());
    let fits = |written: Result<String, Invalid>| written.and_then(|url| check_length(&url, longest_url));
    let ends = ends(&journey, &longest);
    for (index, entry) in opening.plan.entries().enumerate() {
        // Where saved callbacks must cover it, the call has one callback, and calls it so.
        let covered = opening.purpose.consent().is_some();
        let field = if covered { "callback".to_owned() } else { place(index, alone) };
        let tokens = (token.as_ref().filter(|_| index == 0), Some(consent_token.as_str()));
        if entry.device_urls.have_store() {
            let handle = deps.keys.resume_handle(&journey, 0).ok_or_else(derive::key_gone)?;
            let params = Params::default().append(RESUME, &handle);
            fits(entry.url.with(&params, entry.params_in)).map_err(|invalid| invalid.at(&field))?;
        }
        for final_outcome in &ends {
            let params = params(deps, dialect, &journey, final_outcome, tokens)?;
            fits(entry.url.with(&params, entry.params_in)).map_err(|invalid| invalid.at(&field))?;
            for (device, url) in entry.device_urls.urls() {
                fits(url.with(&params, entry.params_in)).map_err(|invalid| {
                    Invalid::new(&field, format!("has a URL for {device} that {}", invalid.rule()))
                })?;
            }
        }
    }
    for (field, entry) in opening.plan.apart_entries() {
        for final_outcome in &ends {
            let params = params(deps, dialect, &journey, final_outcome, (token.as_ref(), None))?;
            fits(entry.url.with(&params, entry.params_in)).map_err(|invalid| invalid.at(field))?;
        }
    }
    for endpoint in &opening.plan.endpoints {
        for final_outcome in &ends {
            let hand_back = HandBack { final_outcome: Some(final_outcome), ..HandBack::default() };
            let written = endpoint.url.filled(&hand_back_params(dialect, &journey, &hand_back));
            fits(written).map_err(|invalid| invalid.at("payment_endpoint"))?;
        }
    }
    Ok(())
}

/// What a hand-back with this outcome would append, and a signature as long as its own: with the one-time token, and
/// with the consent token if its customer has agreed.
pub(super) fn params(
    deps: &Deps,
    dialect: &dyn Dialect,
    journey: &Journey,
    final_outcome: &FinalOutcome,
    (token, consent_token): (Option<&OneTimeToken>, Option<&str>),
) -> Result<Params> {
    let consent_token = consent_token.filter(|_| final_outcome.outcome == Outcome::Authorised);
    let signature = derive::signature(deps, dialect, journey, final_outcome)?;
    let hand_back = HandBack { final_outcome: Some(final_outcome), token, consent_token, signature };
    Ok(deps.keys.rehearse_return(journey, hand_back_params(dialect, journey, &hand_back)))
}

/// A text as long as the consent token of this journey will be; empty when it is about something else.
pub(super) fn consent_token(deps: &Deps, journey: &Journey) -> String {
    let longest = deps.institutions.iter().map(|institution| institution.id.as_str()).max_by_key(|id| id.len());
    let institution = journey.institution().or(longest).unwrap_or_default();
    let claims = derive::claims(journey, institution);
    claims.map_or_else(String::new, |claims| "x".repeat(Keys::consent_token_length(&journey.opening().key, &claims)))
}

/// Every way in which a journey with these settings can reach a merchant.
pub(super) fn ends(journey: &Journey, error: &ProviderRefusal) -> Vec<FinalOutcome> {
    let at = journey.opening().opened_at;
    let end = |outcome, cause| FinalOutcome { outcome, at, cause, instrument: None };
    let mut ends = vec![end(journey.yes(), Cause::Provider(None)), end(Outcome::Cancelled, Cause::Customer)];
    if let Purpose::Consent(_) = journey.opening().purpose {
        let failed = end(Outcome::Failed, Cause::Provider(Some(error.clone())));
        return vec![end(Outcome::Authorised, Cause::Provider(None)), failed, end(Outcome::Expired, Cause::Time)];
    }
    if journey.opening().settings.extra_outcomes == ExtraOutcomes::On {
        ends.push(end(Outcome::Failed, Cause::Provider(Some(error.clone()))));
        ends.push(end(Outcome::Expired, Cause::Time));
    }
    ends
}
