//! `/notify/{provider}`: a provider tells that something has become of a payment.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::{Incoming, Problem, ProblemKind, page_at};
use crate::engine::{Engine, Notification, NotificationError, NotifyResult, use_cases};
use crate::telemetry::metrics::Route;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(page_at("/notify/{provider}", "POST").app_data(Route::Notify).route(web::post().to(take)));
}

/// What the provider expects, 204 unless it says otherwise, for whatever is the provider's own, known here or not, so
/// that it is not sent again; the provider is asked behind that.
async fn take(
    engine: web::Data<Engine>,
    provider: web::Path<String>,
    incoming: Incoming,
) -> Result<HttpResponse, Problem> {
    let Incoming { request, body } = incoming;
    let body = body?;
    let header = |name: &str| request.headers().get(name)?.to_str().ok();
    let now = engine.deps.clock.now().as_millis() / 1000;
    let notification = Notification { header: &header, body: &body, now };
    match use_cases::payment::notify(&engine, &provider, &notification).await {
        Ok(NotifyResult::Accepted("")) => Ok(HttpResponse::NoContent().finish()),
        Ok(NotifyResult::Accepted(text)) => Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(text)),
        Ok(NotifyResult::Later) => {
            let detail = "What the notification tells of cannot be asked about now: send it again.";
            Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, ProblemKind::ProviderAway, detail))
        }
        Ok(NotifyResult::NoProvider | NotifyResult::Refused(NotificationError::NotSent)) => {
            Err(Problem::not_found("provider that notifies"))
        }
        Ok(NotifyResult::Refused(refused)) => {
            tracing::info!(provider = provider.as_str(), reason = %refused, "notification.refused");
            let (status, kind) = match refused {
                NotificationError::Unreadable => (StatusCode::BAD_REQUEST, ProblemKind::Body),
                NotificationError::NotSent | NotificationError::Unsigned | NotificationError::Outdated => {
                    (StatusCode::UNAUTHORIZED, ProblemKind::Unauthorised)
                }
            };
            Err(Problem::new(status, kind, format!("The notification is not accepted: {refused}.")))
        }
        Err(error) => Err(error.into()),
    }
}
