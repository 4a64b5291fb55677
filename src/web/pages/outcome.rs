//! What became of a journey, as pages say it.

use actix_web::HttpResponse;

use crate::domain::consent::{Kind, Status};
use crate::domain::{Cause, Consent, FinalOutcome, Journey, Outcome, ProviderRefusal, Purpose};
use crate::engine::Engine;
use crate::web::views::{ConsentEnd, ConsentEnded, Ended, How, Matter, Next, Request, words};
use crate::web::{reply, time::day};

/// What became of a journey, as a page; `None` while nothing has been proven.
pub(super) fn page(engine: &Engine, journey: &Journey, next: Next) -> Option<HttpResponse> {
    if let Purpose::Consent(_) = journey.opening().purpose {
        let end = consent_end(engine, journey)?;
        return Some(reply::page(&ConsentEnded {
            request: consent_request(journey),
            bank: bank_name(engine, journey),
            end,
            next,
        }));
    }
    Some(reply::page(&Ended {
        how: checkout_end(journey)?,
        merchant: journey.opening().merchant_name.as_str().to_owned(),
        payee: journey.payee().to_owned(),
        amount: amount(journey),
        note: journey.opening().purpose.note().to_owned(),
        next,
    }))
}

/// What became of a journey, as a sentence; `None` while nothing has been proven.
pub(super) fn sentence(engine: &Engine, journey: &Journey) -> Option<String> {
    if let Purpose::Consent(_) = journey.opening().purpose {
        return Some(consent_end(engine, journey)?.sentence(&consent_request(journey)));
    }
    let merchant = journey.opening().merchant_name.as_str();
    Some(checkout_end(journey)?.sentence(merchant, journey.payee(), &amount(journey)))
}

fn checkout_end(journey: &Journey) -> Option<How> {
    let final_outcome = journey.final_outcome()?;
    Some(match (final_outcome.outcome, &final_outcome.cause) {
        (Outcome::Paid | Outcome::Authorised | Outcome::Done, _) => How::Paid,
        (Outcome::Cancelled, Cause::Merchant) => How::Withdrawn,
        (Outcome::Cancelled, _) => How::Cancelled,
        (Outcome::Failed, _) => How::Failed(words::reason(code(final_outcome)).to_owned()),
        (Outcome::Expired, _) => How::Expired,
    })
}

/// How this round of a consent ended; `None` of one whose customer is home before the bank has proven anything.
fn consent_end(engine: &Engine, journey: &Journey) -> Option<ConsentEnd> {
    Some(match journey.round_status(engine.deps.clock.now())? {
        Status::Authorised | Status::Consumed => ConsentEnd::Agreed(day(journey.grant()?.expires_at)),
        Status::Rejected => ConsentEnd::Refused,
        Status::Revoked => ConsentEnd::Withdrawn,
        Status::Expired => ConsentEnd::Expired,
        Status::Failed => {
            let error = journey.final_outcome().map_or("", code);
            ConsentEnd::Failed(words::consent::reason(error).to_owned())
        }
        Status::Awaited | Status::AwaitedAgain => return None,
    })
}

/// The provider's word for why; empty where it gave none.
fn code(final_outcome: &FinalOutcome) -> &str {
    final_outcome.refusal().map_or("", ProviderRefusal::code)
}

/// The name of the institution that the customer was sent to, or will be.
pub(super) fn bank_name(engine: &Engine, journey: &Journey) -> Option<String> {
    engine.deps.institution(journey.institution()?).map(|institution| institution.name.clone())
}

/// What a consent's customer is asked to agree to, and by whom.
pub(super) fn consent_request(journey: &Journey) -> Request {
    let matter = match journey.opening().purpose.consent() {
        Some(Consent { kind: Kind::Payment { payee, reference, .. }, .. }) => {
            Matter::Payment { amount: amount(journey), payee: payee.clone(), reference: reference.clone() }
        }
        Some(Consent { kind: Kind::Accounts, .. }) | None => Matter::Accounts,
    };
    Request { merchant: journey.opening().merchant_name.as_str().to_owned(), matter }
}

/// The amount as people write it: `25.00 EUR`.
pub(in crate::web) fn amount(journey: &Journey) -> String {
    let amount = journey.opening().purpose.amount();
    amount.map_or_else(String::new, |amount| format!("{amount} {}", amount.currency()))
}
