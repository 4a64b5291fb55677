//! `POST /hosted/consent-requests` and `/hosted/payment-requests`: the customer is sent to one of our pages, and
//! chooses the institution there (contracts, section 10).

use super::auth_request::{Way, read_account};
use super::payment::{self, Dress, Types};
use super::{AuthRequest, Field, Form, Kept, Reach, Unsupported, Who, forms};
use crate::dialect::Object;
use crate::domain::{CountryCode, Institution, Invalid, LanguageTag, UnixMillis, consent::Kind};

/// The fields of a call that are answered back.
const REDIRECT_URL: &str = "redirectUrl";
const COUNTRY: &str = "institutionCountryCode";
const SETTINGS: &str = "userSettings";
const LANGUAGE: &str = "language";
const ACCOUNT: &str = "accountRequest";
const PAYMENT: &str = "paymentRequestDetails";

/// The object with the amount of a hosted payment, and the number in it.
pub(super) const AMOUNT: (&str, &str) = ("amountDetails", "amountToPay");

/// The longest reference: British schemes carry 18 characters, SEPA carries 140.
const MAX_REFERENCE: (usize, usize) = (18, 140);

const USER_SETTINGS: [Field; 2] = [Field::of(LANGUAGE, Form::Language), Field::of("location", Form::Country)];

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
    country: CountryCode,
    /// The request as any other one.
    pub request: AuthRequest,
}

impl HostedRequest {
    /// Reads a request.
    ///
    /// # Errors
    /// With the path of the first field that breaks a rule.
    pub fn read(body: &[u8], kind: HostedKind, now: UnixMillis) -> Result<Self, Invalid> {
        let body = Object::of_body(body)?;
        let place = body.needed_object("institutionIdentifiers")?;
        let country = place.needed_text(COUNTRY)?;
        let country = CountryCode::parse(&country).map_err(|invalid| invalid.at(place.at(COUNTRY)))?;
        let institution = place.text("institutionId")?;
        let redirect_url = body.needed_code(REDIRECT_URL)?;
        let way = Way::hosted(redirect_url.clone(), body.flag("oneTimeToken")?);
        let (asked, features, until, kept) = match kind {
            HostedKind::Consent => {
                let account = read_account(&body, now)?;
                let kept = Kept { account_request: body.kept(ACCOUNT), ..account.kept };
                (Kind::Accounts, account.features, account.until, kept)
            }
            HostedKind::Payment => {
                let reference = if country == CountryCode::GB { MAX_REFERENCE.0 } else { MAX_REFERENCE.1 };
                let dress = Dress { amount: AMOUNT.0, number: AMOUNT.1, reference, types: Types::Bare };
                let read = payment::read(&body.needed_object(PAYMENT)?, &dress)?;
                let kept = Kept { payment_request_details: body.kept(PAYMENT), ..Kept::default() };
                (read.kind, read.features, None, kept)
            }
        };
        let settings = body.object(SETTINGS)?;
        if let Some(settings) = &settings {
            forms::check(settings, &USER_SETTINGS)?;
        }
        let language = settings.map(|settings| settings.text(LANGUAGE)).transpose()?.flatten();
        let language = language.and_then(|tag| LanguageTag::parse(&tag).ok());
        let kept = Kept {
            redirect_url: Some(redirect_url),
            institution_country_code: Some(country.to_string()),
            user_settings: body.kept(SETTINGS),
            ..kept
        };
        let who = Who::read(&body, "userId")?;
        Ok(Self {
            country,
            request: AuthRequest { who, institution, kind: asked, features, until, kept, way, language },
        })
    }

    /// The institutions among these that the customer may end up at.
    ///
    /// # Errors
    /// When there is none.
    pub fn candidates<'a>(
        &self,
        institutions: impl Iterator<Item = &'a Institution>,
    ) -> Result<Vec<&'a Institution>, Invalid> {
        let in_country = |one: &&Institution| one.serves(self.country);
        let named = |one: &&Institution| self.request.institution.as_ref().is_none_or(|id| one.id == *id);
        let found: Vec<_> = institutions.filter(in_country).filter(named).collect();
        if !found.is_empty() {
            return Ok(found);
        }
        let (name, rule) = match self.request.institution {
            Some(_) => ("institutionId", "names no institution of that country here"),
            None => (COUNTRY, "is no country of an institution here"),
        };
        Err(Invalid::new(format!("institutionIdentifiers.{name}"), rule))
    }

    /// What it comes to: at the institution that was named, else where the customer may choose, which is at each of the
    /// candidates that can do it, and is `able`.
    ///
    /// # Errors
    /// When none of them can.
    pub fn reach(
        &self,
        candidates: &[&Institution],
        able: impl Fn(&Institution) -> bool,
    ) -> Result<Reach, Unsupported> {
        let features = &self.request.features;
        if let (Some(_), [named]) = (&self.request.institution, candidates) {
            return self.request.at(named);
        }
        let lives = candidates.iter().filter(|one| able(one) && features.scope_at(one).is_some());
        match lives.map(|one| one.consent_life).min() {
            Some(longest) => Ok(Reach { country: Some(self.country), features: features.clone(), longest }),
            None => Err(Unsupported::in_country(self.country, features)),
        }
    }
}
