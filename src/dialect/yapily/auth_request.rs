//! `POST /account-auth-requests` and `POST /payment-auth-requests`, read (contracts, sections 3.1 and 3.2).

use std::time::Duration;

use super::{Field, Form, Kept, Unsupported, features, forms, moments, payment};
use crate::dialect::Object;
use crate::domain::consent::Kind;
use crate::domain::{
    AnswerTo, ApplicationUser, Consent, CountryCode, FeatureRequest, Institution, Invalid, LanguageTag, OneTime,
    OpenRequest, Placement, Purpose, RequestedCallbacks, UnixMillis, User, UserId, WebhookOptions,
};

/// A consent that an app asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthRequest {
    /// Who is asked.
    pub who: Who,
    /// The id of the institution; `None` where the customer chooses one on one of our pages.
    pub institution: Option<String>,
    pub(super) kind: Kind,
    pub(super) features: FeatureRequest,
    pub(super) until: Option<UnixMillis>,
    pub(super) kept: Kept,
    pub(super) way: Way,
    /// The customer's language, where it is said.
    pub(super) language: Option<LanguageTag>,
}

/// Who is asked: at least one of the two is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// The user's id here.
    pub user: Option<UserId>,
    /// The merchant's own id of the user.
    pub application_user: Option<ApplicationUser>,
}

/// How far a request reaches: what it comes to where it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// In which country the customer chooses.
    pub country: Option<CountryCode>,
    /// What must be there, and is allowed then.
    pub features: FeatureRequest,
    /// How long the consent lasts at the most.
    pub longest: Duration,
}

/// Where the customer goes afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Way {
    callback: RequestedCallbacks,
    answer_to: AnswerTo,
    token: OneTime,
}

impl AuthRequest {
    /// Reads a request for account access.
    ///
    /// # Errors
    /// With the path of the first field that breaks a rule.
    pub fn read_account(body: &[u8], now: UnixMillis) -> Result<Self, Invalid> {
        let body = Object::of_body(body)?;
        let account = read_account(&body, now)?;
        let kept = Kept { account_request: body.kept("accountRequest"), ..account.kept };
        let request = Self::of(&body, Kind::Accounts, account.features, kept)?;
        Ok(Self { until: account.until, ..request })
    }

    /// Reads a request for a payment.
    ///
    /// # Errors
    /// With the path of the first field that breaks a rule.
    pub fn read_payment(body: &[u8]) -> Result<Self, Invalid> {
        let body = Object::of_body(body)?;
        let payment = payment::read(&body.needed_object("paymentRequest")?, &payment::CLASSIC)?;
        let kept = Kept { payment_request: body.kept("paymentRequest"), ..Kept::default() };
        Self::of(&body, payment.kind, payment.features, kept)
    }

    fn of(body: &Object, kind: Kind, features: FeatureRequest, kept: Kept) -> Result<Self, Invalid> {
        let institution = Some(body.needed_text("institutionId")?);
        let (who, way) = (Who::read(body, "userUuid")?, Way::read(body)?);
        Ok(Self { who, institution, kind, features, until: None, kept, way, language: None })
    }

    /// What it comes to at this institution.
    ///
    /// # Errors
    /// When the institution cannot do it.
    pub fn at(&self, institution: &Institution) -> Result<Reach, Unsupported> {
        let scope = features::scope_at(&self.features, institution)?;
        Ok(Reach { country: None, features: FeatureRequest::All(scope), longest: institution.consent_life })
    }

    /// Whether money is to be paid.
    pub const fn is_payment(&self) -> bool {
        matches!(self.kind, Kind::Payment { .. })
    }

    /// The open request of this request, for this user and as far as it reaches. The callbacks carry a one-time token
    /// if the request says so, whatever the merchant's settings are: Yapily's clients rely on what they asked for.
    pub fn open_request(&self, user: &User, reach: Reach) -> OpenRequest {
        OpenRequest {
            purpose: Purpose::Consent(Consent {
                kind: self.kind.clone(),
                user: user.id,
                application_user: user.application_user.clone(),
                institution: self.institution.clone(),
                country: reach.country,
                features: reach.features,
                until: self.until,
                longest: reach.longest,
                answer_to: self.way.answer_to.clone(),
            }),
            provider: None,
            dialect_data: self.kept.written(),
            callback: self.way.callback.clone(),
            params_in: Placement::Query,
            endpoints: RequestedCallbacks::OwnPage,
            webhook_options: WebhookOptions::default(),
            one_time_token: Some(self.way.token),
            extra_outcomes: None,
            expiry: None,
            language: self.language,
            in_popup: false,
        }
    }
}

impl Who {
    pub(super) fn read(body: &Object, user: &str) -> Result<Self, Invalid> {
        let id = body.text(user)?.map(|text| text.parse::<UserId>().map_err(|invalid| invalid.at(body.at(user))));
        let own = body.text("applicationUserId")?.map(|text| ApplicationUser::parse(&text));
        let who = Self { user: id.transpose()?, application_user: own.transpose()? };
        if who.user.is_none() && who.application_user.is_none() {
            let rule = "is required, unless applicationUserId is given";
            return Err(Invalid::new(body.at(user), rule));
        }
        Ok(who)
    }
}

impl Way {
    /// Home to this address, from one of our pages.
    pub(super) fn hosted(redirect_url: String, one_time_token: Option<bool>) -> Self {
        let token = if one_time_token.unwrap_or(false) { OneTime::On } else { OneTime::Off };
        Self { callback: RequestedCallbacks::Covered(redirect_url), answer_to: AnswerTo::Gateway, token }
    }

    fn read(body: &Object) -> Result<Self, Invalid> {
        if body.texts("forwardParameters")?.is_some_and(|names| !names.is_empty()) {
            let refused = Invalid::new("forwardParameters", "are not offered by this gateway");
            return Err(refused.hint("put parameters of your own into the callback's query, which is kept"));
        }
        let callback = body.code("callback")?;
        let redirect = body.object("redirect")?.map(|redirect| read_redirect(&redirect)).transpose()?;
        let token = if body.flag("oneTimeToken")?.unwrap_or(false) { OneTime::On } else { OneTime::Off };
        if callback.is_some() && redirect.is_some() {
            let refused = Invalid::new("redirect", "came together with callback");
            return Err(refused.hint("with redirect.url the bank answers the app, and nobody is called back"));
        }
        if token == OneTime::On && callback.is_none() {
            return Err(Invalid::new("oneTimeToken", "needs a callback to be carried by"));
        }
        Ok(Self {
            callback: callback.map_or(RequestedCallbacks::OwnPage, RequestedCallbacks::Covered),
            answer_to: redirect.map_or(AnswerTo::Gateway, AnswerTo::App),
            token,
        })
    }
}

/// A redirect URI is sent to the bank as it is: nothing is filled into it, and it has no fragment (RFC 6749, 3.1.2).
fn read_redirect(redirect: &Object) -> Result<String, Invalid> {
    let url = redirect.needed_code("url")?;
    match url.find(['{', '}', '#']) {
        Some(_) => Err(Invalid::new(redirect.at("url"), "holds a brace or a fragment, which no redirect URI may")),
        None => Ok(url),
    }
}

const ACCOUNT_INFO: [Field; 2] =
    [Field::of("accountId", Form::Text), Field::needed("accountIdentification", Form::Object(&payment::ACCOUNT))];

/// What an account request may name besides, and nothing here reads.
const ACCOUNT_REQUEST: [Field; 3] = [
    Field::of("accountIdentifiers", Form::Object(&ACCOUNT_INFO)),
    Field::of("accountIdentifiersForTransaction", Form::Objects(&ACCOUNT_INFO)),
    Field::of("accountIdentifiersForBalance", Form::Objects(&ACCOUNT_INFO)),
];

/// `accountRequest`, read.
pub(super) struct Account {
    /// The features.
    pub features: FeatureRequest,
    /// Until when.
    pub until: Option<UnixMillis>,
    /// What is kept for the answers.
    pub kept: Kept,
}

/// Reads `accountRequest`; without one, all that an institution offers is asked for.
pub(super) fn read_account(body: &Object, now: UnixMillis) -> Result<Account, Invalid> {
    let Some(request) = &body.object("accountRequest")? else {
        return Ok(Account { features: features::of_accounts(&[]), until: None, kept: Kept::default() });
    };
    let until = request.moment("expiresAt")?;
    if until.is_some_and(|until| until <= now) {
        return Err(Invalid::new(request.at("expiresAt"), "is not in the future"));
    }
    forms::check(request, &ACCOUNT_REQUEST)?;
    let (from, to) = (request.checked_moment("transactionFrom")?, request.checked_moment("transactionTo")?);
    if from.zip(to).is_some_and(|(from, to)| from > to) {
        return Err(Invalid::new(request.at("transactionFrom"), "is after transactionTo"));
    }
    let scope = request.texts("featureScope")?.unwrap_or_default();
    features::check_names(&request.at("featureScope"), &scope)?;
    let (transaction_from, transaction_to) = (from.map(moments::written), to.map(moments::written));
    let kept = Kept { transaction_from, transaction_to, ..Kept::default() };
    Ok(Account { features: features::of_accounts(&scope), until, kept })
}
