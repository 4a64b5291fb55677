//! What became of a journey, as pages say it.

use actix_web::{HttpRequest, HttpResponse};

use super::address::address;
use crate::domain::consent::{Kind, Status};
use crate::domain::{Cause, Consent, FinalOutcome, Journey, Outcome, ProviderRefusal, Purpose};
use crate::engine::{Engine, page_of};
use crate::language::Sentence;
use crate::web::views::{
    ConsentEnd, ConsentEnded, Ended, ForRecords, How, Matter, Next, PageContext, Request, SavedAsText as _, reason,
};
use crate::web::{in_language, reply};

/// What became of a journey, as a page; `None` while nothing has been proven. A browser that has its `link` may save a
/// copy.
pub(super) fn page(
    engine: &Engine,
    request: &HttpRequest,
    journey: &Journey,
    (next, link): (Next, Option<&str>),
) -> Option<HttpResponse> {
    let page = in_language::of_journey(request, journey);
    let records = for_records(&page, journey, link);
    Some(match journey.opening().purpose {
        Purpose::Consent(_) => reply::customers_page(&consent_ended(engine, page, journey, (next, records))?),
        _ => reply::customers_page(&ended(page, journey, (next, records))?),
    })
}

/// The copy of that page, as a file; `None` while nothing has been proven.
pub(super) fn copy(engine: &Engine, request: &HttpRequest, journey: &Journey) -> Option<HttpResponse> {
    let page = in_language::of_journey(request, journey);
    let rest = (Next::Close, for_records(&page, journey, None));
    let (name, text) = match journey.opening().purpose {
        Purpose::Consent(_) => ("consent", consent_ended(engine, page, journey, rest)?.saved_text()),
        _ => ("payment", ended(page, journey, rest)?.saved_text()),
    };
    Some(reply::saved_text(&format!("{name}-{}.txt", journey.pay_id()), text))
}

/// What a customer keeps of a journey; a copy of it, where the browser has its `link`.
pub(super) fn for_records(page: &PageContext, journey: &Journey, link: Option<&str>) -> ForRecords {
    ForRecords {
        reference: journey.pay_id().to_string(),
        day: journey.final_outcome().map(|final_outcome| page.day(final_outcome.at)),
        copy: link.map(|link| address(page_of(journey), "/copy", link)),
    }
}

fn ended(page: PageContext, journey: &Journey, (next, records): (Next, ForRecords)) -> Option<Ended> {
    Some(Ended {
        how: checkout_end(journey)?,
        merchant: journey.opening().merchant_name.as_str().to_owned(),
        payee: journey.payee().to_owned(),
        amount: amount(&page, journey),
        page,
        note: journey.opening().purpose.note().to_owned(),
        next,
        records,
    })
}

fn consent_ended(
    engine: &Engine,
    page: PageContext,
    journey: &Journey,
    (next, records): (Next, ForRecords),
) -> Option<ConsentEnded> {
    let end = consent_end(engine, &page, journey)?;
    let (request, bank) = (consent_request(&page, journey), bank_name(engine, journey));
    Some(ConsentEnded { page, request, bank, end, next, records })
}

/// What became of a journey, as a sentence; `None` while nothing has been proven.
pub(super) fn sentence(engine: &Engine, page: &PageContext, journey: &Journey) -> Option<Sentence> {
    if let Purpose::Consent(_) = journey.opening().purpose {
        return Some(consent_end(engine, page, journey)?.sentence(&consent_request(page, journey)));
    }
    let merchant = journey.opening().merchant_name.as_str();
    Some(checkout_end(journey)?.sentence(merchant, journey.payee(), &amount(page, journey)))
}

fn checkout_end(journey: &Journey) -> Option<How> {
    let final_outcome = journey.final_outcome()?;
    Some(match (final_outcome.outcome, &final_outcome.cause) {
        (Outcome::Authorised, _) if journey.opening().purpose.amount().is_none() => How::Registered,
        (Outcome::Paid | Outcome::Authorised | Outcome::Done, _) => How::Paid,
        (Outcome::Cancelled, Cause::Merchant) => How::Withdrawn,
        (Outcome::Cancelled, _) => How::Cancelled,
        (Outcome::Failed, _) => How::Failed(reason::payment(code(final_outcome))),
        (Outcome::Expired, _) => How::Expired,
    })
}

/// How this round of a consent ended; `None` of one whose customer is home before the bank has proven anything.
fn consent_end(engine: &Engine, page: &PageContext, journey: &Journey) -> Option<ConsentEnd> {
    Some(match journey.round_status(engine.deps.clock.now())? {
        Status::Authorised | Status::Consumed => ConsentEnd::Agreed(page.day(journey.grant()?.expires_at)),
        Status::Rejected => ConsentEnd::Refused,
        Status::Revoked => ConsentEnd::Withdrawn,
        Status::Expired => ConsentEnd::Expired,
        Status::Failed => {
            let error = journey.final_outcome().map_or("", code);
            ConsentEnd::Failed(reason::consent(error))
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
pub(super) fn consent_request(page: &PageContext, journey: &Journey) -> Request {
    let matter = match journey.opening().purpose.consent() {
        Some(Consent { kind: Kind::Payment { payee, reference, .. }, .. }) => {
            Matter::Payment { amount: amount(page, journey), payee: payee.clone(), reference: reference.clone() }
        }
        Some(Consent { kind: Kind::Accounts, .. }) | None => Matter::Accounts,
    };
    Request { merchant: journey.opening().merchant_name.as_str().to_owned(), matter }
}

/// The amount as people write it; empty where it is not about money.
pub(in crate::web) fn amount(page: &PageContext, journey: &Journey) -> String {
    journey.opening().purpose.amount().map_or_else(String::new, |amount| page.amount(amount))
}
