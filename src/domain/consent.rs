//! Consents: what an app asks a bank's customer to agree to, and what is left when the customer has agreed.
//!
//! A consent begins as the purpose of a journey. When the bank proves it, the journey keeps a [`Grant`], which has
//! transitions of its own for as long as it lasts: confirmed, consumed, revoked, given anew.

use std::time::Duration;

use crate::domain::words::words;
use crate::domain::{Amount, ApplicationUser, Country, CountryCode, Institution, Sealed, Secret, UnixMillis, UserId};

/// How long a consent lasts unless less is asked for: 90 days, as account access does in the UK.
pub const LIFE: Duration = Duration::from_hours(90 * 24);
/// How long it lasts in the European Economic Area: 180 days.
pub const LIFE_IN_EEA: Duration = Duration::from_hours(180 * 24);

/// The usual life of a consent in these countries: the longer one only where the rules of all of them allow it.
pub fn usual_life(countries: &[Country]) -> Duration {
    let is_longer = !countries.is_empty() && countries.iter().all(|country| country.code.is_in_eea());
    if is_longer { LIFE_IN_EEA } else { LIFE }
}

/// A consent that a customer is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// To what.
    pub kind: Kind,
    /// Who is asked.
    pub user: UserId,
    /// The merchant's own id of that user, if it has one.
    pub application_user: Option<ApplicationUser>,
    /// At which institution; `None` where the customer chooses on our page.
    pub institution: Option<String>,
    /// In which country the customer chooses, where that was asked for.
    pub country: Option<CountryCode>,
    /// What is asked for.
    pub features: FeatureRequest,
    /// Until when it is asked for.
    pub until: Option<UnixMillis>,
    /// How long it lasts, at the most, after it has been given: the institution's rule, or where the customer chooses
    /// one, the shortest of those that may be chosen.
    pub longest: Duration,
    /// Who takes the bank's answer.
    pub answer_to: AnswerTo,
}

impl Consent {
    /// What it would allow at this institution. `None` when that one is not among those that it may be asked of.
    pub fn scope_at(&self, institution: &Institution) -> Option<Vec<String>> {
        let named = self.institution.as_ref().is_none_or(|id| *id == institution.id);
        let in_country = self.country.is_none_or(|country| institution.serves(country));
        if named && in_country { self.features.scope_at(institution) } else { None }
    }

    /// When it ends at the latest if it is given at `at`.
    pub fn ends_by(&self, at: UnixMillis) -> UnixMillis {
        self.promised_until(at).unwrap_or_else(|| at.plus(self.longest))
    }

    /// When it ends at the latest if it is given at `asked_at` or later, where an end was asked for: what may be
    /// promised.
    pub fn promised_until(&self, asked_at: UnixMillis) -> Option<UnixMillis> {
        self.until.map(|until| until.min(asked_at.plus(self.longest)))
    }
}

/// What an institution must be able to do, in the dialect's words, and what a consent then allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeatureRequest {
    /// All of these; they are what it allows.
    All(Vec<String>),
    /// At least one of these; it allows those that the institution has.
    Any(Vec<String>),
    /// One of `one_of`; it allows the first that the institution has, and those of `besides` that it has.
    First {
        /// The alternatives, the best one first.
        one_of: Vec<String>,
        /// What comes with it.
        besides: Vec<String>,
    },
}

impl FeatureRequest {
    /// What a consent allows at this institution. `None` when it cannot do what is asked for.
    pub fn scope_at(&self, institution: &Institution) -> Option<Vec<String>> {
        let has = |feature: &&String| institution.features.contains(feature);
        let those_of = |features: &[String]| features.iter().filter(has).cloned().collect::<Vec<_>>();
        match self {
            Self::All(features) => features.iter().all(|feature| has(&feature)).then(|| features.clone()),
            Self::Any(features) => Some(those_of(features)).filter(|scope| !scope.is_empty()),
            Self::First { one_of, besides } => {
                let first = one_of.iter().find(has)?.clone();
                Some([first].into_iter().chain(those_of(besides)).collect())
            }
        }
    }

    /// A feature that an institution lacks which cannot do what is asked for.
    pub fn missing_at(&self, institution: &Institution) -> Option<&str> {
        let lacking = |features: &[String]| features.iter().position(|one| !institution.features.contains(one));
        let features = match self {
            Self::All(features) | Self::Any(features) | Self::First { one_of: features, .. } => features,
        };
        if self.scope_at(institution).is_some() { None } else { features.get(lacking(features)?).map(String::as_str) }
    }

    /// All that it allows at any institution.
    pub fn at_most(&self) -> Vec<String> {
        match self {
            Self::All(features) | Self::Any(features) => features.clone(),
            Self::First { one_of, besides } => [&one_of[..], besides].concat(),
        }
    }

    /// What it allows at every institution that can do it; nothing where that depends on the institution.
    pub fn concluded(&self) -> &[String] {
        match self {
            Self::All(features) => features,
            Self::Any(_) | Self::First { .. } => &[],
        }
    }
}

/// What a consent is to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Reading accounts.
    Accounts,
    /// One payment, which the customer sees on our pages.
    Payment {
        /// How much.
        amount: Amount,
        /// To whom.
        payee: String,
        /// What for; may be empty.
        reference: String,
    },
}

/// Who takes the bank's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerTo {
    /// This gateway, at `/return/{bank}`.
    Gateway,
    /// The app, at an address that its merchant registered; it brings us the code itself.
    App(String),
}

/// What a customer's agreement left: the consent token, what the bank gave us, and how long it lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The consent token, signed once: every reader gets the same bytes.
    pub token: Sealed,
    /// What the bank's token endpoint answered, for the operator's own API.
    pub provider_tokens: Sealed,
    /// The bank's id of it, if the bank named one.
    pub bank_consent: Option<String>,
    /// When it was first given, or given anew.
    pub given_at: UnixMillis,
    /// When it ends by itself.
    pub expires_at: UnixMillis,
    /// When the customer last confirmed to the merchant that it shall go on.
    pub confirmed_at: UnixMillis,
    /// When the operator executed its payment.
    pub consumed_at: Option<UnixMillis>,
    /// When the merchant revoked it.
    pub revoked_at: Option<UnixMillis>,
}

words! {
    /// Where a consent stands, with its word in `/v1`.
    pub enum Status {
        /// The customer is asked.
        Awaited = "awaited",
        /// The customer has agreed before, and is asked again.
        AwaitedAgain = "awaited_again",
        /// The bank has proven the customer's agreement.
        Authorised = "authorised",
        /// Its one payment has been executed.
        Consumed = "consumed",
        /// The customer said no.
        Rejected = "rejected",
        /// The merchant ended it.
        Revoked = "revoked",
        /// The bank could not or would not.
        Failed = "failed",
        /// Its time is over, or it was not finished in time.
        Expired = "expired",
    }
}

/// What a bank's token endpoint gave, before it is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankTokens {
    /// Its answer, as JSON.
    pub json: Secret,
    /// The bank's id of the consent, if it named one.
    pub consent: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_consent_lasts_longer_only_where_every_country_of_an_institution_allows_it() {
        let life = |codes: &[&str]| {
            let country = |code: &&str| Country::from(CountryCode::parse(code).unwrap());
            usual_life(&codes.iter().map(country).collect::<Vec<_>>())
        };
        for (codes, days) in [
            (&["GB"][..], 90),
            (&["DE"], 180),
            (&["DE", "FR", "NO"], 180),
            (&["GB", "DE"], 90),
            (&["CH"], 90),
            (&[], 90),
        ] {
            assert_eq!(life(codes), Duration::from_hours(days * 24), "{codes:?}");
        }
    }
}
