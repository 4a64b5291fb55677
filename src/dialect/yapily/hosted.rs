//! `POST /hosted/consent-requests`: the customer is sent to a page of ours, and chooses the institution there (contracts,
//! section 10).

use serde::Serialize;
use serde_json::value::RawValue;

use super::auth_request::{AskedFor, AuthRequest, Way, Who, kept, read_account};
use super::features::Unsupported;
use super::json::Object;
use super::{About, consent, extra, moments};
use crate::domain::consent::Status;
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

/// A request for account access on hosted pages.
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
    pub fn read(body: &[u8], now: Moment) -> Result<Self, Invalid> {
        let body = Object::of_body(body)?;
        let place = body.needed_object("institutionIdentifiers")?;
        let (country, institution) = (place.needed_text(COUNTRY)?, place.text("institutionId")?);
        let redirect_url = body.needed_code(REDIRECT_URL)?;
        let way = Way::hosted(redirect_url.clone(), body.flag("oneTimeToken")?);
        let account = body.object(ACCOUNT)?.map(|request| read_account(&request, now)).transpose()?.unwrap_or_default();
        let mut extras = account.extras;
        extras.extend([(REDIRECT_URL.to_owned(), redirect_url), (COUNTRY.to_owned(), country.clone())]);
        extras.extend([ACCOUNT, SETTINGS].into_iter().filter_map(|name| kept(&body, name)));
        let who = Who::read(&body, "userId")?;
        let asked = AskedFor::Accounts(account.scope);
        Ok(Self { country, request: AuthRequest { who, institution, asked, until: account.until, extras, way } })
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
    consent_request_id: String,
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
    hosted_url: &'a str,
    created_at: String,
    authorisation_expires_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
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

/// A hosted request. `None` when the journey was asked for in another way.
pub fn hosted_request<'a>(
    journey: &'a Journey,
    about: &'a About,
    hosted_url: &'a str,
    shown: Shown,
) -> Option<impl Serialize + use<'a>> {
    let opening = journey.opening();
    let (consent, redirect_url) = (opening.purpose.consent()?, extra(journey, REDIRECT_URL)?);
    let raw = |name| extra(journey, name).and_then(|text| RawValue::from_string(text.to_owned()).ok());
    let status = journey.consent_status(about.now).filter(|_| shown == Shown::Outcome);
    let in_force = matches!(status, Some(Status::Authorised | Status::AwaitedAgain));
    Some(View {
        consent_request_id: journey.id().to_string(),
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
        hosted_url,
        created_at: moments::written(opening.opened_at),
        authorisation_expires_at: moments::written(opening.expires_at),
        status: status.map(consent::status),
        consent_token: about.token.as_ref().filter(|_| in_force).map(Secret::reveal),
    })
}
