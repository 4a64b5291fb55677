//! `GET /status/…`: where a transaction stands (contracts/ixopay.md, section 6).

use actix_web::{HttpResponse, web};
use percent_encoding::percent_decode_str;

use super::answer::{ErrorBody, answer};
use super::lookup::{found, reservation};
use super::{at, call::Call, rates::Rates};
use crate::dialect::ixopay::{Reference, status};
use crate::domain::{Journey, MerchantId};
use crate::engine::{Engine, use_cases};
use crate::web::Incoming;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    let by_uuid = at("/api/v3/status/{api_key}/getByUuid/{id}", "GET");
    let by_own_id = at("/api/v3/status/{api_key}/getByMerchantTransactionId/{id}", "GET");
    config.service(by_uuid.route(web::get().to(of_uuid))).service(by_own_id.route(web::get().to(of_own_id)));
}

async fn of_uuid(engine: web::Data<Engine>, rates: web::Data<Rates>, incoming: Incoming) -> HttpResponse {
    let asked = async {
        let (merchant, id) = counted(&engine, &rates, incoming).await?;
        let reference = Reference::parse(&id).ok_or_else(ErrorBody::unknown_transaction)?;
        shown(&engine, &rates, found(&engine, merchant, reference).await?)
    };
    answer(asked.await)
}

async fn of_own_id(engine: web::Data<Engine>, rates: web::Data<Rates>, incoming: Incoming) -> HttpResponse {
    let asked = async {
        let (merchant, id) = counted(&engine, &rates, incoming).await?;
        let mut journey = use_cases::open::opened_by(&engine, &reservation(merchant, &id)).await?;
        if let (None, Some(reference)) = (&journey, Reference::of_own_id(&id)) {
            journey = found(&engine, merchant, reference).await?.filter(Reference::has_own_id);
        }
        shown(&engine, &rates, journey)
    };
    answer(asked.await)
}

/// Who asks, and by which id, unless it asks too often.
async fn counted(engine: &Engine, rates: &Rates, incoming: Incoming) -> Result<(MerchantId, String), ErrorBody> {
    // As it was sent: what stands for a slash is no slash in the router's eyes.
    let sent = incoming.request.uri().path().rsplit('/').next().unwrap_or_default();
    let id = percent_decode_str(sent).decode_utf8_lossy().into_owned();
    let merchant = Call::read(engine, incoming).await?.merchant.id;
    rates.count_user(merchant, engine.deps.clock.now())?;
    Ok((merchant, id))
}

/// The status of what was found, unless it is asked for too often: by its number, whichever id named it.
fn shown(engine: &Engine, rates: &Rates, journey: Option<Journey>) -> Result<String, ErrorBody> {
    let journey = journey.ok_or_else(ErrorBody::unknown_transaction)?;
    rates.count_transaction(journey.pay_id(), engine.deps.clock.now())?;
    Ok(status(&journey)?)
}
