//! `/v2/payments`: asked for, read, and listed.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpResponse, web};
use serde::Serialize;

use super::answer::{ErrorBody, Reply, answer, answer_about, reply};
use super::call::Call;
use super::{BASE, at};
use crate::dialect::token_io::{
    self, EVENT, Flow, NAME, Offset, Payment, PaymentRequest, Query, Standing, Status, answered_by_app,
    is_token_request, partial_payment, payment, payment_id, read_payment_id,
};
use crate::domain::invalid::Invalid;
use crate::domain::journey::Journey;
use crate::domain::merchant::Merchant;
use crate::domain::moment::UnixMillis;
use crate::domain::open_request::OpenRequest;
use crate::domain::terms::{AnswersTo, SameBrowser};
use crate::engine::{
    Counted, Engine, EngineError, JourneyCursor, JourneyFilter, Page, ScanRange, Selected, derive, find, scan,
    use_cases,
};
use crate::web::body::Incoming;
use crate::web::patience::patience;

/// The most journeys that one answer of a list looks at: the next one goes on from there.
const LOOKED_AT: usize = 20_000;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    let payments = at("/v2/payments", "GET, POST").route(web::post().to(ask)).route(web::get().to(list));
    config.service(payments).service(at("/v2/payments/{id}", "GET").route(web::get().to(one)));
}

/// `{"payment": …}`.
#[derive(Serialize)]
struct One<'a> {
    payment: Payment<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Many<T> {
    payments: Vec<T>,
    page_info: PageInfo,
}

/// Which part of a list an answer is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageInfo {
    limit: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_offset: Option<String>,
    have_more: bool,
}

impl PageInfo {
    /// The first page names its place, too, so that it can be read again as it was; an empty one is where the next
    /// begins.
    fn of(part: Part, journeys: &[Journey], next: Option<Offset>) -> Self {
        let offset = part.offset.or_else(|| journeys.first().map(Offset::before));
        let have_more = next.is_some();
        let next = next.or_else(|| part.offset.filter(|_| journeys.is_empty()));
        let written = |offset: Option<Offset>| offset.map(|offset| offset.to_string());
        Self { limit: part.limit, offset: written(offset), next_offset: written(next), have_more }
    }
}

/// Which part of a member's journeys is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    /// How many journeys it has, at the most.
    pub limit: usize,
    /// Where it begins.
    pub offset: Option<Offset>,
    /// Only what was opened earlier.
    pub before: Option<UnixMillis>,
    /// Only what was opened later.
    pub after: Option<UnixMillis>,
}

impl Part {
    /// Finds it, with what an answer says of it.
    pub async fn find(
        self,
        engine: &Engine,
        merchant: &Merchant,
        wanted: impl Fn(&Journey) -> bool,
    ) -> Result<(Vec<Journey>, PageInfo), ErrorBody> {
        let page = Page { skip: 0, most: self.limit + 1 };
        let after = self.offset.map(|Offset { opened_at, pay_id }| JourneyCursor { opened_at, pay_id });
        let from = self.after.map(|after| after.plus(Duration::from_millis(1)));
        let (lists, before) = (vec![JourneyFilter::All], self.before);
        let stretch = ScanRange { lists, before, after, from, most: LOOKED_AT };
        let mut selected =
            scan::select_and_count(&engine.deps, merchant.id, &stretch, Counted { page, to: 0 }, wanted).await?;
        let next = self.next(&selected);
        selected.journeys.truncate(self.limit);
        let page_info = PageInfo::of(self, &selected.journeys, next);
        Ok((selected.journeys, page_info))
    }

    /// Where the next part begins, if there is one, or there may be: behind this one's last journey or, where the look
    /// has stopped, behind the last that it looked at.
    fn next(self, selected: &Selected) -> Option<Offset> {
        if selected.journeys.len() > self.limit {
            return selected.journeys.get(self.limit.checked_sub(1)?).map(Offset::behind);
        }
        selected.stopped.map(|JourneyCursor { opened_at, pay_id }| Offset { opened_at, pay_id })
    }
}

async fn ask(engine: web::Data<Engine>, incoming: Incoming) -> HttpResponse {
    let asked = async {
        let call = Call::read(&engine, incoming).await?;
        let patience = patience(&call.request)?;
        let request = PaymentRequest::read(&call.body, engine.deps.clock.now())?;
        let journey = open(&engine, &call, &request).await?;
        // What a page of ours asks the bank for, a browser waits for.
        let id = payment_id(*journey.id());
        let awaited = async {
            let journey = use_cases::ahead::await_way(&engine, journey, patience).await?;
            if Standing::now(&journey).status == Status::Pending && !call.says_how_long() {
                return Err(ErrorBody::deadline_exceeded(&id));
            }
            shown(&engine, &journey)
        };
        awaited.await.map_err(|refusal| refusal.about(&id))
    };
    answer(&engine, asked.await)
}

async fn one(engine: web::Data<Engine>, incoming: Incoming) -> HttpResponse {
    let request = incoming.request.clone();
    let found = async {
        let call = Call::read(&engine, incoming).await?;
        let mut journey = find(&engine, &call).await?;
        // Without the header the caller wants to know how it stands, and not how it ends.
        if call.says_how_long() {
            journey = find::await_change(&engine.deps, journey, patience(&call.request)?).await?;
        }
        shown(&engine, &journey)
    };
    answer_about(&engine, &request, found.await)
}

async fn list(engine: web::Data<Engine>, incoming: Incoming) -> HttpResponse {
    let listed = async {
        let call = Call::read(&engine, incoming).await?;
        let query = Query::read(call.query())?;
        let Query { limit, offset, created_before: before, created_after: after, partial, .. } = query;
        let part = Part { limit, offset, before, after };
        let (journeys, page_info) = part.find(&engine, &call.merchant, |journey| query.wants(journey)).await?;
        if partial {
            return reply(Many { payments: journeys.iter().map(partial_payment).collect(), page_info });
        }
        let ways = journeys.iter().map(|journey| way_of(&engine, journey)).collect::<Result<Vec<_>, _>>()?;
        let payments = journeys.iter().zip(&ways);
        let payments = payments.map(|(journey, way)| payment(journey, Standing::now(journey), way.as_deref()));
        reply(Many { payments: payments.collect(), page_info })
    };
    answer(&engine, listed.await)
}

async fn open(engine: &Arc<Engine>, call: &Call, request: &PaymentRequest) -> Result<Journey, ErrorBody> {
    let merchant = &call.merchant;
    check_bank(engine, request)?;
    if request.initiation.flow == Flow::ApiOnly && merchant.settings.same_browser == SameBrowser::Required {
        let invalid = Invalid::new("initiation.flowType", "sends browsers to the bank that this gateway has not seen");
        let hint = "this member's settings ask for the same browser on the way back: expected FULL_HOSTED_PAGES";
        return Err(token_io::Rejection::not_allowed(invalid.hint(hint)).into());
    }
    let open_request = answered(merchant, request.open_request(webhook(merchant)))?;
    opened(
        use_cases::open::open(engine, merchant, NAME, &open_request, call.reservation.as_ref()).await,
        "initiation.callbackUrl",
    )
}

/// The same open request where the merchant's app takes the bank's answers itself.
pub(super) fn answered(merchant: &Merchant, open_request: OpenRequest) -> Result<OpenRequest, ErrorBody> {
    match (merchant.settings.answers_to, merchant.settings.same_browser) {
        (AnswersTo::Gateway, _) => Ok(open_request),
        (AnswersTo::App, SameBrowser::Checked) => Ok(answered_by_app(open_request)),
        (AnswersTo::App, SameBrowser::Required) => {
            let message = "This member's settings have its app take the bank's answers, and ask for the same browser on \
                           the way back, which only this gateway could check";
            Err(ErrorBody::forbidden(message))
        }
    }
}

/// What was opened; a refusal of the callback names it as the call did.
pub(super) fn opened(opened: Result<Journey, EngineError>, callback: &str) -> Result<Journey, ErrorBody> {
    opened.map_err(|error| ErrorBody::from(error).renamed("callback_url", callback).renamed("callback", callback))
}

/// Refuses a bank that is none of ours, in the words that Token.io has for it.
fn check_bank(engine: &Engine, request: &PaymentRequest) -> Result<(), token_io::Rejection> {
    let Some(bank) = &request.initiation.bank else { return Ok(()) };
    match engine.deps.institution(bank) {
        None => Err(token_io::Rejection::NoSuchBank(bank.clone())),
        Some(institution) if !engine.deps.takes_payments(institution) => {
            Err(token_io::Rejection::NotByThisBank(bank.clone(), "takes no payments here".to_owned()))
        }
        Some(_) => Ok(()),
    }
}

/// Who is told of every change of a new payment, if anybody.
pub(super) fn webhook(merchant: &Merchant) -> Option<&str> {
    let webhook = merchant.webhook.as_ref()?;
    webhook.types.iter().any(|kind| kind == EVENT).then(|| webhook.url.as_str())
}

/// The payment that the path names.
pub(super) async fn find(engine: &Engine, call: &Call) -> Result<Journey, ErrorBody> {
    let id = call.request.match_info().query("id");
    let unknown = || ErrorBody::not_found("payment", Some(id));
    let journey = read_payment_id(id).map_err(|_| unknown())?;
    let found = find::current(&engine.deps, call.merchant.id, journey.pay_id()).await?;
    found.filter(|found| *found.id() == journey && is_own(found)).ok_or_else(unknown)
}

/// A payment as it stands now.
pub(super) fn shown(engine: &Engine, journey: &Journey) -> Result<Reply, ErrorBody> {
    let way = way_of(engine, journey)?;
    reply(One { payment: payment(journey, Standing::now(journey), way.as_deref()) })
}

/// Where a payment's browser has to go now, if it has to.
pub(super) fn way_of(engine: &Engine, journey: &Journey) -> Result<Option<String>, ErrorBody> {
    match Standing::now(journey).status {
        Status::PendingRedirectAuth => Ok(derive::known_way(&engine.deps, journey)?),
        Status::PendingRedirectHostedPage => {
            let page = format!("{BASE}/session/{}", payment_id(*journey.id()));
            Ok(Some(engine.deps.public_url.page(&page, &[])))
        }
        Status::PendingRedirectPaymentLink => Ok(Some(super::links::url_of(engine, journey))),
        _ => Ok(None),
    }
}

/// Token requests are the first API's alone.
fn is_own(journey: &Journey) -> bool {
    journey.opening().dialect == NAME && !is_token_request(journey)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::journey::tests::journey;

    #[test]
    fn a_list_goes_on_behind_the_last_that_was_shown_or_looked_at() {
        let part = |offset| Part { limit: 2, offset, before: None, after: None };
        let (behind, before) = (Offset::behind(&journey()), Offset::before(&journey()));
        let stopped =
            JourneyCursor { opened_at: UnixMillis::from_millis(1_790_000_000_000), pay_id: journey().pay_id() };
        let next = |count: usize, stopped: Option<JourneyCursor>| {
            part(None).next(&Selected { journeys: vec![journey(); count], count, stopped })
        };
        assert_eq!((next(2, None), next(3, None)), (None, Some(behind)));
        // Nothing was found, or not enough, and there may be more.
        let there = Offset { opened_at: stopped.opened_at, pay_id: stopped.pay_id };
        assert_eq!((next(0, Some(stopped)), next(1, Some(stopped))), (Some(there), Some(there)));

        let info = |offset, count: usize, next| PageInfo::of(part(offset), &vec![journey(); count], next);
        let first = info(None, 2, Some(behind));
        assert_eq!((first.offset, first.next_offset), (Some(before.to_string()), Some(behind.to_string())));
        let last = info(Some(behind), 1, None);
        assert_eq!((last.offset, last.next_offset, last.have_more), (Some(behind.to_string()), None, false));
        let empty = info(Some(behind), 0, None);
        assert_eq!((empty.next_offset, empty.have_more), (Some(behind.to_string()), false), "the vendor says so");
    }
}
