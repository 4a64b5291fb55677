//! SecPaid's endpoints, below `/secpaid`: every call is a POST with the header `token`, and every answer an envelope.

use actix_web::{FromRequest, Handler, HttpRequest, HttpResponse, Resource, http::StatusCode, web};
use serde::Serialize;
use serde_json::value::RawValue;

use super::answer::{self, ErrorWords, FailureKind};
use super::body::{BodyTrouble, Incoming, read_fields};
use super::idempotency;
use crate::dialect::fields::Fields;
use crate::dialect::secpaid::{self, Kind, Links, NAME, Query};
use crate::domain::{Cause, Invalid, Journey, Merchant, Outcome, PayId, Stage};
use crate::engine::{Engine, JourneyFilter, Page, Reservation, derive, find, pay_id_of_link, use_cases};
use crate::telemetry::metrics::Route;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    let basic = answered(|engine, incoming| create(engine, incoming, Kind::Basic), "Link created successfully");
    let split = answered(|engine, incoming| create(engine, incoming, Kind::Split), "Link created successfully");
    config.service(
        web::scope("/secpaid/api/v2")
            .app_data(Route::Dialect)
            .service(at("/createLink").route(web::post().to(basic)))
            .service(at("/createSplitLink").route(web::post().to(split)))
            // The typo is SecPaid's own, and clients have seen it.
            .service(
                at("/getPayInTransactions").route(web::post().to(answered(transactions, "List retrived successfully"))),
            )
            .service(at("/getMyUsedLinks").route(web::post().to(answered(used_links, "List retrieved successfully"))))
            .service(
                at("/getMyUnusedLinks").route(web::post().to(answered(unused_links, "List retrieved successfully"))),
            )
            .service(at("/deleteLink").route(web::post().to(answered(delete, "Link deleted successfully"))))
            .default_service(web::to(answered(no_such_call, ""))),
    );
}

/// A resource of this path, which takes POST alone.
fn at(path: &str) -> Resource {
    web::resource(path).default_service(web::to(answered(wrong_method, "")))
}

async fn wrong_method(_: web::Data<Engine>, _: HttpRequest) -> Result<(), ErrorBody> {
    Err(ErrorBody::new(StatusCode::METHOD_NOT_ALLOWED, "This call allows POST").allowing("POST"))
}

async fn no_such_call(_: web::Data<Engine>, _: HttpRequest) -> Result<(), ErrorBody> {
    let message = "There is no such call: every call is a POST below /secpaid/api/v2";
    Err(ErrorBody::new(StatusCode::NOT_FOUND, message))
}

async fn transactions(engine: web::Data<Engine>, incoming: Incoming) -> Result<impl Serialize, ErrorBody> {
    let call = Call::read(&engine, incoming).await?;
    let paid = call.select(&engine, 200, JourneyFilter::Proven, |_| true).await?;
    Ok(paid.iter().map(secpaid::transaction).collect::<Vec<_>>())
}

async fn used_links(engine: web::Data<Engine>, incoming: Incoming) -> Result<Vec<Box<RawValue>>, ErrorBody> {
    let call = Call::read(&engine, incoming).await?;
    links(&engine, &call.select(&engine, 10, JourneyFilter::Proven, |_| true).await?)
}

async fn unused_links(engine: web::Data<Engine>, incoming: Incoming) -> Result<Vec<Box<RawValue>>, ErrorBody> {
    let call = Call::read(&engine, incoming).await?;
    let now = engine.deps.clock.now();
    let unused = |journey: &Journey| journey.final_outcome().is_none() && !journey.is_lapsed(now);
    links(&engine, &call.select(&engine, 10, JourneyFilter::All, unused).await?)
}

/// An authenticated call.
struct Call {
    merchant: Merchant,
    fields: Fields,
    reservation: Option<Reservation>,
}

impl Call {
    async fn read(engine: &Engine, incoming: Incoming) -> Result<Self, ErrorBody> {
        let request = &incoming.request;
        let token = request.headers().get("token").and_then(|token| token.to_str().ok()).unwrap_or_default();
        if token.is_empty() {
            return Err(ErrorBody::unauthorised("Please enter token"));
        }
        let merchant = use_cases::authenticate::authenticate(engine, token).await?;
        let merchant = merchant.ok_or_else(|| ErrorBody::unauthorised("Incorrect token or missing token"))?;
        let fields = read_fields(request, incoming.body?).await?;
        // The fields, not the bytes: a client's retry writes another multipart boundary.
        let content: Vec<&[u8]> = fields.iter().flat_map(|(name, text)| [name.as_bytes(), text.as_bytes()]).collect();
        let reservation = idempotency::reservation(request, merchant.id, &content)?;
        Ok(Self { merchant, fields, reservation })
    }

    /// The merchant's journeys that the call's fields ask for, and `wanted` admits.
    async fn select(
        &self,
        engine: &Engine,
        default_limit: u64,
        which: JourneyFilter,
        wanted: impl Fn(&Journey) -> bool,
    ) -> Result<Vec<Journey>, ErrorBody> {
        let query = Query::read(&self.fields, default_limit)?;
        let now = engine.deps.clock.now();
        let wanted = |journey: &Journey| is_link(journey) && wanted(journey) && query.admits(journey, now);
        if let Some(pay_id) = query.pay_id {
            let one = find::journey(&engine.deps, self.merchant.id, pay_id).await?;
            let proven = |journey: &Journey| journey.final_outcome().is_some_and(|s| s.outcome.is_proven());
            return Ok(one.into_iter().filter(|j| (which == JourneyFilter::All || proven(j)) && wanted(j)).collect());
        }
        let page = Page { skip: query.limit.saturating_mul(query.page - 1), most: query.limit };
        Ok(use_cases::list::select(engine, self.merchant.id, which, page, wanted).await?)
    }
}

async fn create(engine: web::Data<Engine>, incoming: Incoming, kind: Kind) -> Result<Box<RawValue>, ErrorBody> {
    let call = Call::read(&engine, incoming).await?;
    let open_request = secpaid::read_wish(&call.fields, kind)?;
    let journey =
        use_cases::open::open(&engine, &call.merchant, NAME, &open_request, call.reservation.as_ref()).await?;
    written(&engine, &journey)
}

async fn delete(engine: web::Data<Engine>, incoming: Incoming) -> Result<Box<RawValue>, ErrorBody> {
    let call = Call::read(&engine, incoming).await?;
    let (merchant, pay_id) = (call.merchant.id, named_link(&call.fields)?);
    let link = find::journey(&engine.deps, merchant, pay_id).await?.filter(is_link).ok_or_else(ErrorBody::not_found)?;
    let withdrawn = use_cases::cancel::withdraw(&engine, merchant, link.pay_id()).await?;
    let journey = withdrawn.ok_or_else(ErrorBody::not_found)?;
    match journey.stage() {
        Stage::Concluded(s) if s.outcome == Outcome::Cancelled && s.cause == Cause::Merchant => {
            written(&engine, &journey)
        }
        Stage::Concluded(s) if s.outcome == Outcome::Expired => Err(ErrorBody::conflict("This link has expired")),
        Stage::Concluded(s) if s.outcome == Outcome::Cancelled => Err(ErrorBody::conflict("This link was cancelled")),
        // It is withdrawn as soon as the provider says that nobody has paid.
        Stage::Away { .. } if journey.open_payments().next().is_some() => Err(ErrorBody::conflict(
            "The payment of this link is being closed at its provider, which has not said yet that nobody has paid: the \
             link is withdrawn when it does",
        )),
        Stage::Away { .. } => Err(ErrorBody::conflict(
            "The customer of this link has left for the bank, and may be paying: try again when the payment has ended, or in \
             40 minutes",
        )),
        _ => Err(ErrorBody::conflict("This link is already used")),
    }
}

/// The link that `deleteLink` speaks of, in any of the names that SecPaid's pages have for it.
fn named_link(fields: &Fields) -> Result<PayId, ErrorBody> {
    let by_number = fields.any_of(&["id", "linktopay_id", "pay_id"])?.map(str::parse::<PayId>);
    let by_link = || fields.text("link_id").and_then(pay_id_of_link).map(Ok);
    match by_number.or_else(by_link) {
        Some(Ok(pay_id)) => Ok(pay_id),
        Some(Err(_)) => Err(ErrorBody::not_found()),
        None => Err(Invalid::new("id", "is required: the id of a link").into()),
    }
}

/// Whether a journey is a payment that was opened in these words: others are no links here, nor is what gives one back.
fn is_link(journey: &Journey) -> bool {
    journey.opening().dialect == NAME && journey.opening().purpose.checkout().is_some()
}

fn links(engine: &Engine, journeys: &[Journey]) -> Result<Vec<Box<RawValue>>, ErrorBody> {
    journeys.iter().map(|journey| written(engine, journey)).collect()
}

fn written(engine: &Engine, journey: &Journey) -> Result<Box<RawValue>, ErrorBody> {
    let link = derive::link(&engine.deps, journey)?;
    let qr_img = engine.deps.public_url.page("/payment/qr.png", &[("link_id", &link)]);
    let links = Links { pay_link: derive::pay_link(&engine.deps, journey)?, qr_img };
    Ok(secpaid::link(journey, &links)?)
}

/// A refusal, before it is put into the envelope.
type ErrorBody = answer::ErrorBody<Message>;

/// The `ResponseMsg` of a refusal.
struct Message(String);

impl ErrorBody {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self::worded(status, Message(message.into()))
    }

    fn unauthorised(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, message)
    }

    fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Link not found")
    }

    fn conflict(message: &str) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }
}

impl ErrorWords for Message {
    fn invalid(invalid: Invalid) -> ErrorBody {
        // The documented sentences stand alone; ours name their field first.
        let documented = invalid.rule().starts_with(char::is_uppercase);
        let message = if documented { invalid.rule().to_owned() } else { invalid.to_string() };
        ErrorBody::new(StatusCode::BAD_REQUEST, message)
    }

    fn unread(trouble: BodyTrouble) -> ErrorBody {
        ErrorBody::new(trouble.status(), trouble.to_string())
    }

    fn failed(kind: FailureKind) -> ErrorBody {
        let message = match kind {
            FailureKind::Disabled => "This merchant is disabled, ask the operator",
            FailureKind::KeyReused => "The Idempotency-Key was used for another request",
            FailureKind::StoreAway | FailureKind::Internal => "The gateway cannot answer at the moment, try again",
        };
        ErrorBody::new(kind.status(), message)
    }
}

/// A handler that writes what a call comes to: a success with this message.
fn answered<X, T, F, R>(call: F, message: &'static str) -> impl Handler<(web::Data<Engine>, X), Output = HttpResponse>
where
    X: FromRequest + 'static,
    T: Serialize + 'static,
    F: Fn(web::Data<Engine>, X) -> R + Clone + 'static,
    R: Future<Output = Result<T, ErrorBody>> + 'static,
{
    answer::answered(call, move |engine, reply| answer(engine, reply, message))
}

fn answer<T: Serialize>(engine: &Engine, reply: Result<T, ErrorBody>, message: &str) -> HttpResponse {
    let now = engine.deps.clock.now();
    match reply {
        Ok(data) => answer::json(StatusCode::OK, secpaid::success(data, message, now)),
        Err(refusal) => {
            let response = answer::json(refusal.status, secpaid::failure(&refusal.words.0, now));
            refusal.complete(response)
        }
    }
}
