//! `POST /hosted/consent-requests` and `/hosted/payment-requests`: the customer is sent to a page of ours, and chooses the institution there (contracts,
//! section 10).

use serde::Serialize;
use serde_json::value::RawValue;

use super::auth_request::{AskedFor, AuthRequest, Way, Who, kept, read_account};
use super::features::Unsupported;
use super::json::Object;
use super::{About, consent, extra, moments, payment};
use crate::domain::consent::{Kind, Status};
use crate::domain::institution::Institution;
use crate::domain::invalid::Invalid;
use crate::domain::journey::Journey;
use crate::domain::moment::Moment;
use crate::domain::secret::Secret;
use crate::domain::user::ApplicationUser;

/// The fields that say that a journey was asked for here, and are answered back.
const REDIRECT_URL: &str = "redirectUrl";
const COUNTRY: &str = "institutionCountryCode";
const SETTINGS: &str = "userSettings";
const ACCOUNT: &str = "accountRequest";
const PAYMENT: &str = "paymentRequestDetails";

/// Where a hosted payment has its amount.
const AMOUNT: payment::Names = payment::Names { amount: "amountDetails", number: "amountToPay" };

/// Which of the two requests it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostedKind {
    /// Access to accounts.
    Consent,
    /// One payment.
    Payment,
}

/// A request on hosted pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostedRequest {
    country: String,
    request: AuthRequest,
}

impl HostedRequest {
    /// Reads a request.
    ///
    /// # Errors
    /// With the path of the first field that breaks a rule.
    pub fn read(body: &[u8], kind: HostedKind, now: Moment) -> Result<Self, Invalid> {
        let body = Object::of_body(body)?;
        let place = body.needed_object("institutionIdentifiers")?;
        let (country, institution) = (place.needed_text(COUNTRY)?, place.text("institutionId")?);
        let redirect_url = body.needed_code(REDIRECT_URL)?;
        let way = Way::hosted(redirect_url.clone(), body.flag("oneTimeToken")?);
        let (asked, until, mut extras) = match kind {
            HostedKind::Consent => {
                let account = body.object(ACCOUNT)?.map(|request| read_account(&request, now)).transpose()?;
                let account = account.unwrap_or_default();
                (AskedFor::Accounts(account.scope), account.until, account.extras)
            }
            HostedKind::Payment => {
                let read = payment::read(&body.needed_object(PAYMENT)?, &AMOUNT)?;
                (AskedFor::Payment(read.payment_type, read.kind), None, Vec::new())
            }
        };
        extras.extend([(REDIRECT_URL.to_owned(), redirect_url), (COUNTRY.to_owned(), country.clone())]);
        let shown = if kind == HostedKind::Payment { PAYMENT } else { ACCOUNT };
        extras.extend([shown, SETTINGS].into_iter().filter_map(|name| kept(&body, name)));
        let who = Who::read(&body, "userId")?;
        Ok(Self { country, request: AuthRequest { who, institution, asked, until, extras, way } })
    }

    /// The request as any other one.
    pub const fn request(&self) -> &AuthRequest {
        &self.request
    }

    /// The institutions that the customer may end up at.
    ///
    /// # Errors
    /// When there is none.
    pub fn candidates<'a>(&self, institutions: &'a [Institution]) -> Result<Vec<&'a Institution>, Invalid> {
        let in_country = |one: &&Institution| one.countries.iter().any(|country| country.code == self.country);
        let named = |one: &&Institution| self.request.institution().is_none_or(|id| one.id == id);
        let found: Vec<_> = institutions.iter().filter(in_country).filter(named).collect();
        match (found.is_empty(), self.request.institution()) {
            (false, _) => Ok(found),
            (true, Some(_)) => {
                Err(Invalid::new("institutionIdentifiers.institutionId", "names no institution of that country here"))
            }
            (true, None) => Err(Invalid::new(
                "institutionIdentifiers.institutionCountryCode",
                "is no country of an institution here",
            )),
        }
    }

    /// What the consent will allow: what each of the candidates can do.
    ///
    /// # Errors
    /// When that is nothing, or less than what is asked for.
    pub fn scope(&self, candidates: &[&Institution]) -> Result<Vec<String>, Unsupported> {
        let scopes = candidates.iter().map(|one| self.request.scope(one)).collect::<Result<Vec<_>, _>>()?;
        let mut scopes = scopes.into_iter();
        let first = scopes.next().unwrap_or_default();
        Ok(scopes.fold(first, |all, scope| all.into_iter().filter(|feature| scope.contains(feature)).collect()))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    consent_request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consent_id: Option<String>,
    user_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    application_user_id: Option<&'a str>,
    application_id: String,
    institution_identifiers: Identifiers<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_settings: Option<Box<RawValue>>,
    redirect_url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_request_details: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_request_details: Option<Box<RawValue>>,
    hosted_url: &'a str,
    created_at: String,
    authorisation_expires_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consent_status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consent_token: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Identifiers<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    institution_id: Option<&'a str>,
    institution_country_code: &'a str,
}

/// How much of a hosted request is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// What was asked for.
    Request,
    /// And what became of it.
    Outcome,
}

/// A hosted request of this kind. `None` when the journey was asked for in another way.
///
/// A payment's request is `ACTIVE`, the one status that is documented, and says where its consent stands by the field
/// that the documentation's prose has for it.
pub fn hosted_request<'a>(
    journey: &'a Journey,
    about: &'a About,
    hosted_url: &'a str,
    (kind, shown): (HostedKind, Shown),
) -> Option<impl Serialize + use<'a>> {
    let opening = journey.opening();
    let (consent, redirect_url) = (opening.purpose.consent()?, extra(journey, REDIRECT_URL)?);
    let is_payment = matches!(consent.kind, Kind::Payment { .. });
    if is_payment != (kind == HostedKind::Payment) {
        return None;
    }
    let id = || Some(journey.id().to_string());
    let raw = |name| extra(journey, name).and_then(|text| RawValue::from_string(text.to_owned()).ok());
    let status = journey.consent_status(about.now).filter(|_| shown == Shown::Outcome);
    let in_force = matches!(status, Some(Status::Authorised | Status::AwaitedAgain));
    Some(View {
        consent_request_id: if is_payment { None } else { id() },
        payment_request_id: if is_payment { id() } else { None },
        consent_id: status.map(|_| journey.id().to_string()),
        user_id: consent.user.to_string(),
        application_user_id: consent.application_user.as_ref().map(ApplicationUser::as_str),
        application_id: opening.merchant.to_string(),
        institution_identifiers: Identifiers {
            institution_id: journey.institution(),
            institution_country_code: extra(journey, COUNTRY).unwrap_or_default(),
        },
        user_settings: raw(SETTINGS),
        redirect_url,
        account_request_details: raw(ACCOUNT),
        payment_request_details: raw(PAYMENT),
        hosted_url,
        created_at: moments::written(opening.opened_at),
        authorisation_expires_at: moments::written(opening.expires_at),
        status: if is_payment { Some("ACTIVE") } else { status.map(consent::status) },
        consent_status: status.filter(|_| is_payment).map(consent::status),
        consent_token: about.token.as_ref().filter(|_| in_force).map(Secret::reveal),
    })
}
