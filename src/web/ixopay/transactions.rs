//! `POST /transaction/{apiKey}/{kind}`: a transaction is asked for (contracts/ixopay.md, sections 4 and 5).

use std::{sync::Arc, time::Duration};

use actix_web::{HttpResponse, web};
use tokio::time::timeout;

use super::answer::{ErrorBody, answer};
use super::lookup::{found, reservation};
use super::{at, call::Call};
use crate::dialect::ixopay::{self, Asked, Kind, NAME, is_played_at_once, played_chargeback, redirect_path};
use crate::domain::{Invalid, Journey, Merchant, MerchantId, OpenRequest, OperationKind};
use crate::engine::{Engine, EngineError, Ordered, derive, use_cases};
use crate::web::Incoming;

/// How long a call waits for what its bank does at once. It is done all the same afterwards, and the callback has the
/// outcome.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) fn routes(config: &mut web::ServiceConfig) {
    for kind in Kind::asked() {
        let path = format!("/api/v3/transaction/{{api_key}}/{}", kind.as_str());
        let ask = move |engine: web::Data<Engine>, incoming: Incoming| ask(engine, incoming, kind);
        config.service(at(&path, "POST").route(web::post().to(ask)));
    }
}

async fn ask(engine: web::Data<Engine>, incoming: Incoming, kind: Kind) -> HttpResponse {
    let asked = async {
        let call = Call::read_json(&engine, incoming).await?;
        let asked = Asked::read(kind, &call.body)?;
        asked.check_intermediate(
            &engine.deps.rules,
            call.merchant.settings.one_off_urls,
            &derive::longest_payment_page(&engine.deps),
        )?;
        check_reference(&engine, call.merchant.id, &asked).await?;
        let journey = begun(&engine, &call, asked).await?;
        written(&engine, &journey)
    };
    answer(asked.await)
}

/// The transaction before this one must be the merchant's; one that is repeated must have succeeded, and must not
/// have been forgotten.
async fn check_reference(engine: &Engine, merchant: MerchantId, asked: &Asked) -> Result<(), ErrorBody> {
    let Some(reference) = asked.reference else { return Ok(()) };
    match found(engine, merchant, reference).await? {
        Some(journey) if asked.kind.follows() || is_repeatable(&journey) => Ok(()),
        Some(_) => Err(Invalid::new("referenceUuid", "names a transaction that cannot be repeated")
            .hint("expected one that has succeeded, and was not deregistered")
            .into()),
        None => Err(Invalid::new("referenceUuid", "names no transaction of yours").into()),
    }
}

fn is_repeatable(journey: &Journey) -> bool {
    let forgotten = journey.operations().iter().any(|applied| applied.kind == OperationKind::Deregister);
    !forgotten && journey.is_proven()
}

/// Opens the transaction, and has the bank conclude what needs no customer.
async fn begun(engine: &Arc<Engine>, call: &Call, asked: Asked) -> Result<Journey, ErrorBody> {
    let (id, reservation) = (asked.id.clone(), reservation(call.merchant.id, &asked.id));
    let open_request = asked.open_request(call.notice_type.clone(), call.hash);
    let ordered = use_cases::open::order(engine, &call.merchant, NAME, &open_request, &reservation).await;
    match ordered.map_err(renamed)? {
        Ordered::New(journey) => Ok(Box::pin(applied(engine, &call.merchant, journey)).await),
        Ordered::Repeated(_) => Err(ErrorBody::duplicate(&id)),
    }
}

/// The transaction as far as it has come. It exists, and its callback will tell how it ended: whatever fails from here
/// on must not be said as a system error, which says that there is none. What is not concluded stays pending, and
/// expires.
async fn applied(engine: &Arc<Engine>, merchant: &Merchant, journey: Journey) -> Journey {
    if journey.opening().purpose.needs_customer() && !is_played_at_once(&journey) {
        return journey;
    }
    let applied = match timeout(OPERATION_TIMEOUT, use_cases::perform::perform(engine, journey.clone())).await {
        Ok(Ok(applied)) => applied,
        Ok(Err(error)) => {
            tracing::error!(error = %error, pay_id = %journey.pay_id(), "ixopay.not_performed");
            return journey;
        }
        Err(_) => {
            tracing::warn!(pay_id = %journey.pay_id(), "ixopay.performed_later");
            return journey;
        }
    };
    if let Some(open_request) = played_chargeback(&applied) {
        match timeout(OPERATION_TIMEOUT, taken_back(engine, merchant, &open_request)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(error = %error, pay_id = %applied.pay_id(), "ixopay.not_taken_back"),
            Err(_) => tracing::warn!(pay_id = %applied.pay_id(), "ixopay.taken_back_later"),
        }
    }
    applied
}

/// Opens and performs the chargeback that the test bank plays.
async fn taken_back(engine: &Arc<Engine>, merchant: &Merchant, open_request: &OpenRequest) -> Result<(), EngineError> {
    let journey = use_cases::open::open(engine, merchant, NAME, open_request, None).await?;
    use_cases::perform::perform(engine, journey).await.map(drop)
}

/// This refusal, its field under the name that it has here.
fn renamed(error: EngineError) -> EngineError {
    match error {
        EngineError::Refused(invalid) => {
            let own = match invalid.field() {
                "success" | "callback_url" => "successUrl",
                "cancel" => "cancelUrl",
                "error" => "errorUrl",
                "payment_endpoint" => "callbackUrl",
                "repeats" => "referenceUuid",
                other => other,
            };
            EngineError::Refused(invalid.clone().at(own))
        }
        other => other,
    }
}

fn written(engine: &Engine, journey: &Journey) -> Result<String, ErrorBody> {
    let path = redirect_path(journey, &derive::link(&engine.deps, journey)?).unwrap_or_default();
    Ok(ixopay::answer(journey, &engine.deps.public_url.page(&format!("/ixopay{path}"), &[]))?)
}
