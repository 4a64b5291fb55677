//! Payments, as Token.io writes them (contracts, section 5), and where a journey stands in its words (section 6).

use serde::Serialize;
use serde_with::skip_serializing_none;

use super::ids::{member_id, payment_id};
use super::{Flow, Kept, Status, moments};
use crate::dialect::Json;
use crate::domain::{
    Cause, FinalOutcome, Journey, JourneyEvent, LedTo, Outcome, ProviderRefusal, ProviderVisit, RecordedResponse,
    Stage, UnixMillis,
};

/// The longest `statusReasonInformation`, in characters.
const MAX_REASON: usize = 256;

/// Where a payment stood at a moment of its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing<'a> {
    /// Its status.
    pub status: Status,
    /// Since when.
    pub since: UnixMillis,
    final_outcome: Option<&'a FinalOutcome>,
}

/// A payment's object.
#[skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Payment<'a> {
    id: String,
    member_id: String,
    initiation: Option<Json>,
    pisp_consent_accepted: Option<bool>,
    status: &'static str,
    status_reason_information: Option<String>,
    bank_payment_status: Option<&'a str>,
    authentication: Option<Authentication<'a>>,
    created_date_time: String,
    updated_date_time: String,
    payment_link_status: Option<&'static str>,
    error_info: Option<ErrorInfo>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Authentication<'a> {
    redirect_url: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorInfo {
    http_error_code: u16,
    message: String,
    token_external_error: bool,
    token_trace_id: String,
}

/// Writes a payment. `redirect_url` is where its browser must go, where that is known and may be shown.
///
/// A status that sends the browser somewhere says where; others do not.
pub fn payment<'a>(journey: &'a Journey, standing: Standing<'a>, redirect_url: Option<&'a str>) -> Payment<'a> {
    let rejection = standing.final_outcome.filter(|final_outcome| !final_outcome.outcome.is_proven());
    let bank_error = rejection.and_then(FinalOutcome::refusal);
    let reason = rejection.map(|final_outcome| reason(final_outcome, standing.status));
    let kept = Kept::of(journey);
    Payment {
        id: payment_id(*journey.id()),
        member_id: member_id(journey.opening().merchant),
        payment_link_status: kept.payment_template.is_some().then(|| link_status(standing)),
        initiation: kept.initiation,
        pisp_consent_accepted: kept.consented.then_some(true),
        status: standing.status.as_str(),
        status_reason_information: reason.as_ref().map(|reason| reason.chars().take(MAX_REASON).collect()),
        bank_payment_status: bank_error.map(ProviderRefusal::code),
        authentication: redirect_url
            .filter(|_| standing.status.sends_browser())
            .map(|redirect_url| Authentication { redirect_url }),
        created_date_time: moments::written(journey.opening().opened_at),
        updated_date_time: moments::written(standing.since),
        error_info: reason.map(|message| ErrorInfo {
            http_error_code: http_error_code(standing.status),
            message,
            token_external_error: bank_error.is_some(),
            token_trace_id: journey.id().to_string().replace('-', ""),
        }),
    }
}

/// A payment of which id and status are enough.
#[derive(Debug, Serialize)]
pub struct PartialPayment {
    id: String,
    status: &'static str,
}

/// Writes a payment's id and status.
pub fn partial_payment(journey: &Journey) -> PartialPayment {
    PartialPayment { id: payment_id(*journey.id()), status: Standing::now(journey).status.as_str() }
}

/// What has become of the link behind a payment.
fn link_status(standing: Standing<'_>) -> &'static str {
    match (standing.status, standing.final_outcome) {
        (Status::PendingRedirectPaymentLink, _) => "LINK_ACTIVE",
        (Status::Canceled, _) => "LINK_CANCELED",
        (_, Some(final_outcome)) if final_outcome.outcome == Outcome::Expired => "LINK_EXPIRED",
        _ => "LINK_REDEEMED",
    }
}

/// How the browser of a payment gets to the bank.
pub fn flow(journey: &Journey) -> Flow {
    Kept::of(journey).flow()
}

impl<'a> Standing<'a> {
    /// Where a payment stands now.
    pub fn now(journey: &'a Journey) -> Self {
        let opened = journey.opening().opened_at;
        let last = journey.visits().last();
        let since = |visit: Option<&ProviderVisit>| visit.map_or(opened, |visit| visit.left_at);
        match journey.stage() {
            Stage::Concluded(final_outcome) => Self::concluded(journey, final_outcome),
            Stage::Open(Some(_)) => Self::undecided(waiting(journey), answered_at(last).unwrap_or(opened)),
            Stage::Open(None) => Self::undecided(waiting(journey), opened),
            Stage::HandedBack => Self::verified(last, opened),
            Stage::Away { .. } if last.is_some_and(|last| last.answers.iter().any(is_proven_now)) => {
                Self::verified(last, opened)
            }
            Stage::Away { .. } => match last.and_then(ProviderVisit::redirect_known_at) {
                Some(at) if !flow(journey).is_hosted() => Self::undecided(Status::PendingRedirectAuth, at),
                _ => Self::undecided(waiting(journey), since(last)),
            },
        }
    }

    /// Where it stood at this event. `None` for a final outcome that it has not had.
    pub fn at(journey: &'a Journey, event: JourneyEvent) -> Option<Self> {
        let opened = journey.opening().opened_at;
        let visit = |number: u8| journey.visits().get(usize::from(number));
        Some(match event {
            JourneyEvent::Opened => Self::undecided(waiting(journey), opened),
            JourneyEvent::Ready(number) => {
                let since = visit(number).and_then(ProviderVisit::redirect_known_at).unwrap_or(opened);
                Self::undecided(Status::PendingRedirectAuth, since)
            }
            JourneyEvent::Returned(number) => Self::verified(visit(number), opened),
            JourneyEvent::Concluded(_) => Self::concluded(journey, journey.outcome_of(event)?),
        })
    }

    const fn undecided(status: Status, since: UnixMillis) -> Self {
        Self { status, since, final_outcome: None }
    }

    fn verified(visit: Option<&ProviderVisit>, opened: UnixMillis) -> Self {
        let since = answered_at(visit).unwrap_or(opened);
        Self::undecided(Status::PendingRedirectAuthVerification, since)
    }

    fn concluded(journey: &Journey, final_outcome: &'a FinalOutcome) -> Self {
        Self { status: status_of(journey, final_outcome), since: final_outcome.at, final_outcome: Some(final_outcome) }
    }
}

/// The status of a payment whose browser is not at the bank yet.
fn waiting(journey: &Journey) -> Status {
    match flow(journey) {
        Flow::PaymentLink => Status::PendingRedirectPaymentLink,
        Flow::ApiOnly => Status::Pending,
        Flow::FullHostedPages | Flow::EmbeddedHostedPages | Flow::TokenRequest => Status::PendingRedirectHostedPage,
    }
}

/// The status of a payment whose customer comes home with this outcome, or before there is any.
pub fn status_at(journey: &Journey, final_outcome: Option<&FinalOutcome>) -> &'static str {
    let undecided = Status::PendingRedirectAuthVerification;
    final_outcome.map_or(undecided, |final_outcome| status_of(journey, final_outcome)).as_str()
}

/// The status that an outcome is. An authentication that nobody finished in time has failed; a bank that was asked what
/// came of one, and did not say in time, has let it expire.
fn status_of(journey: &Journey, final_outcome: &FinalOutcome) -> Status {
    match (final_outcome.outcome, &final_outcome.cause) {
        (Outcome::Paid | Outcome::Authorised | Outcome::Done, _) => Status::Completed,
        (Outcome::Cancelled, Cause::Merchant) => Status::Canceled,
        (Outcome::Cancelled, _) => Status::Declined,
        (Outcome::Expired, _) if !journey.visits().last().is_some_and(came_back) => Status::Failed,
        (Outcome::Expired, _) => Status::Expired,
        (Outcome::Failed, Cause::Provider(Some(error))) => match error.code() {
            "temporarily_unavailable" => Status::Failed,
            "answer_lost" | "answer_unreadable" => Status::NoFinalStatusAvailable,
            "insufficient_funds" => Status::RejectedInsufficientFunds,
            _ => Status::Rejected,
        },
        (Outcome::Failed, _) => Status::Rejected,
    }
}

fn reason(final_outcome: &FinalOutcome, status: Status) -> String {
    match &final_outcome.cause {
        Cause::Provider(Some(error)) => error.description().unwrap_or(error.code()).to_owned(),
        Cause::Provider(None) => "The bank gave no reason.".to_owned(),
        Cause::Customer => "The customer did not agree.".to_owned(),
        Cause::Merchant => "It was withdrawn.".to_owned(),
        Cause::Time if status == Status::Failed => "Nobody finished the authentication in time.".to_owned(),
        Cause::Time => "The bank did not answer in time.".to_owned(),
    }
}

/// The code of `errorInfo`: as if the call that asked for the payment had waited for this end.
const fn http_error_code(status: Status) -> u16 {
    match status {
        Status::Declined | Status::Canceled => 403,
        Status::Failed => 503,
        Status::Expired | Status::NoFinalStatusAvailable => 504,
        _ => 400,
    }
}

/// Whether a browser has come back from this visit.
fn came_back(visit: &ProviderVisit) -> bool {
    visit.payment.as_ref().map_or(!visit.answers.is_empty(), |payment| payment.returned.is_some())
}

fn answered_at(visit: Option<&ProviderVisit>) -> Option<UnixMillis> {
    visit?.answers.iter().map(|answer| answer.at).min()
}

/// Whether the bank is being asked what this answer is worth.
fn is_proven_now(answer: &RecordedResponse) -> bool {
    answer.proof.is_some() || answer.end == Some(LedTo::HandedBackEarly)
}
